from articles.models.article import Article, Reference
from articles.models.audit_event import AuditAddress, AuditEvent
from articles.models.figure_proposal import FigureProposal
from articles.models.former_address import FormerAddress
from articles.models.legacy_path import LegacyPath
from articles.models.monthly_issue import MonthlyIssue, MonthlyIssueItem
from articles.models.page_version import (
    CONTENT,
    CONVERSATION,
    SITE,
    WAITING,
    Due,
    PageVersion,
    article_scope,
)
from articles.models.picture import Picture
from articles.models.presence import Presence
from articles.models.publishing_waiver import PublishingWaiver
from articles.models.ranking import (
    Ranking,
    RankingEntry,
    RankingPeriod,
    RankingTable,
)
from articles.models.ranking_correction import RankingCorrection
from articles.models.ranking_subject import RankingSubject, SubjectAddress
from articles.models.reading import ArticleReading
from articles.models.release import (
    Release,
    recheck_coming_releases,
    recheck_releases,
    take_off_releases,
)
from articles.models.remark import Remark
from articles.models.review import Review, ShownState
from articles.models.revision import Revision
from articles.models.search_document import SearchDocument
from articles.models.search_state import AnotherRun, SearchState
from articles.models.share_link import ShareLink
from articles.models.taxonomy import Category, SitePage, Tag
from articles.models.waiting_change import WaitingChange
from articles.models.working_copy import WorkingCopy
from articles.rankings.row_validation import EntryRow

__all__ = [
    "CONTENT",
    "CONVERSATION",
    "SITE",
    "WAITING",
    "AnotherRun",
    "Article",
    "ArticleReading",
    "AuditAddress",
    "AuditEvent",
    "Category",
    "Due",
    "EntryRow",
    "FigureProposal",
    "FormerAddress",
    "LegacyPath",
    "MonthlyIssue",
    "MonthlyIssueItem",
    "PageVersion",
    "Picture",
    "Presence",
    "PublishingWaiver",
    "Ranking",
    "RankingCorrection",
    "RankingEntry",
    "RankingPeriod",
    "RankingSubject",
    "RankingTable",
    "Reference",
    "Release",
    "Remark",
    "Review",
    "Revision",
    "SearchDocument",
    "SearchState",
    "ShareLink",
    "ShownState",
    "SitePage",
    "SubjectAddress",
    "Tag",
    "WaitingChange",
    "WorkingCopy",
    "article_scope",
    "recheck_coming_releases",
    "recheck_releases",
    "take_off_releases",
]
