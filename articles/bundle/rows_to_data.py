"""Rows of the database to plain data."""

from collections.abc import Callable
from typing import Any

from articles.bundle.data import (
    SEOUL,
    ArticleData,
    CategoryData,
    ColumnData,
    EntryData,
    IssueData,
    IssueItemData,
    PageData,
    PeriodData,
    PictureData,
    RankingData,
    ReferenceData,
    SubjectData,
    TableData,
    TagData,
    TotalData,
)
from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingSubject,
    SitePage,
    Tag,
)


def category_data(category: Category) -> CategoryData:
    return CategoryData(slug=category.slug, name=category.name, position=category.position)


def tag_data(tag: Tag) -> TagData:
    return TagData(slug=tag.slug, name=tag.name)


def page_data(page: SitePage) -> PageData:
    return PageData(slug=page.slug, title=page.title, position=page.position, body=page.body)


def subject_data(subject: RankingSubject) -> SubjectData:
    return SubjectData(
        slug=subject.slug,
        name=subject.name,
        country=subject.country,
        aliases=tuple(subject.aliases),
        former_slugs=tuple(address.slug for address in subject.addresses.all()),
    )


def ranking_data(ranking: Ranking) -> RankingData:
    keys = [column["key"] for column in ranking.cell_columns]
    return RankingData(
        slug=ranking.slug,
        title=ranking.title,
        rank_heading=ranking.rank_heading,
        columns=tuple(ColumnData(**column) for column in ranking.columns),
        periods=tuple(
            PeriodData(
                label=period.label,
                as_of=period.as_of,
                published_at=_moment(period.published_at),
                entries=tuple(
                    EntryData(
                        rank=entry.rank,
                        tied=entry.tied,
                        subject=entry.subject.slug,
                        label=entry.label,
                        # In the order of the columns: a database may keep another.
                        cells={key: entry.cells[key] for key in keys if key in entry.cells},
                    )
                    for entry in period.entries.all()
                ),
                total=_total(period.total, keys),
            )
            for period in ranking.periods.prefetch_related("entries__subject")
        ),
    )


def picture_data(picture: Picture) -> PictureData:
    return PictureData(
        name=picture.name,
        alternative_text=picture.alternative_text,
        is_decorative=picture.is_decorative,
        caption=picture.caption,
        credit=picture.credit,
        focal_x=picture.focal_x,
        focal_y=picture.focal_y,
    )


def issue_data(issue: MonthlyIssue) -> IssueData:
    return IssueData(
        month=month_text(issue),
        title=issue.title,
        state=issue.state,
        published_at=_moment(issue.published_at),
        items=tuple(
            IssueItemData(category=item.category, headline=item.headline, body=item.body)
            for item in issue.items.all()
        ),
    )


def month_text(issue: MonthlyIssue) -> str:
    return f"{issue.month.year:04}-{issue.month.month:02}"


def article_data(article: Article) -> ArticleData:
    issue = article.monthly_issue
    return ArticleData(
        uid=article.uid,
        title=article.title,
        slug=article.slug,
        kicker=article.kicker,
        byline=article.byline,
        category=article.category.slug,
        tags=tuple(sorted(tag.slug for tag in article.tags.all())),
        monthly_issue=month_text(issue) if issue else "",
        leads_month=bool(issue) and issue.lead_article_id == article.pk,
        summary=article.summary,
        lead_picture=article.lead_picture.name if article.lead_picture else "",
        state=article.state,
        published_at=_moment(article.published_at),
        withdrawn_at=_moment(article.withdrawn_at),
        kogl=article.kogl,
        comment_policy=article.comment_policy,
        comments_open_days=article.comments_open_days,
        comments_close_at=_moment(article.comments_close_at),
        tables=tuple(
            TableData(
                slug=table.slug,
                ranking=table.ranking.slug,
                periods=tuple(period.as_of for period in table.periods.all()),
                caption=table.caption,
                source_note=table.source_note,
                source_url=table.source_url,
            )
            for table in article.ranking_tables.select_related("ranking")
        ),
        references=tuple(
            ReferenceData(
                title=reference.title,
                publisher=reference.publisher,
                url=reference.url,
                accessed_date=reference.accessed_date,
            )
            for reference in article.references.all()
        ),
        legacy_paths=tuple(sorted(legacy.path for legacy in article.legacy_paths.all())),
        body=article.body,
    )


# By Django's names of the models; each is one file of a bundle.
_WHOLE: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "article": (ArticleData, article_data),
    "monthlyissue": (IssueData, issue_data),
    "sitepage": (PageData, page_data),
    "ranking": (RankingData, ranking_data),
}


def whole_data(row: Article | MonthlyIssue | SitePage | Ranking) -> Any:
    """Return the data of all that is saved together with `row`."""
    return _WHOLE[row._meta.model_name or ""][1](row)


def data_class_of(model_name: str) -> type:
    return _WHOLE[model_name][0]


def _total(total, keys):
    cells = total.get("cells", {})
    in_order = {key: cells[key] for key in keys if key in cells}
    return TotalData(total["label"], in_order) if total else None


def _moment(value):
    return value and value.astimezone(SEOUL)
