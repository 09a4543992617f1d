"""What is typed into each of the staff's forms, and what must then be stored.

A form that a group finds and that has no entry here fails the test: add one, in the list of a group
that may send it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group, User

from articles.models import (
    Article,
    Category,
    FigureProposal,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingEntry,
    RankingSubject,
    Release,
    Remark,
    Review,
    Revision,
    ShareLink,
    SitePage,
    Tag,
)
from comments.models import (
    Comment,
    CommentRevision,
    FigureReport,
    ModerationEvent,
    ModerationRule,
    PersonalDataView,
    Report,
    StaffSubscription,
    Takedown,
    Thread,
)
from openup.models import StaffSession
from tests.articles.test_pasted_table import EXCEL
from tests.factories import PASSWORD, picture_file

# Instead of a field's name: press what adds a row to a part; tick a list's row that holds a text.
ADD, TICK = "add", "tick"
NEW_PASSWORD = "another right horse key"
PICTURE = picture_file(width=20)
CONFIRM = "예, 삭제합니다"


@dataclass
class Form:
    # Its page's URL name and its button, as the test names them.
    name: str
    fields: Sequence[tuple[str, str | bytes]] = ()
    # Tell whether what was sent is stored. A form that only leads to another has none.
    stored: Callable[[], object] | None = None
    # The row whose page it is, where it is not just the first one found.
    row: Callable[[], object] | None = None
    # The form on the page that answers.
    then: "Form | None" = None
    # Words on the page that answers, where nothing is stored.
    shown: str = ""


def row(queryset):
    """Return the key of what `queryset` finds when it is asked."""
    return lambda: str(queryset.all().get().pk)


def exists(queryset):
    return lambda: queryset.all().exists()


def is_gone(queryset):
    return lambda: not queryset.all().exists()


def has_state(body, state):
    return exists(Comment.objects.filter(body=body, state=state))


def deletions(model, field, one, other, **left):
    """Return what deletes a row on its own page, and another by the list's action.

    `left` are conditions of the rows that are not deleted.
    """
    name = model._meta.label_lower.replace(".", "_")
    rows = [model.objects.filter(**{field: value}, **left) for value in (one, other)]
    confirmed = Form(f"{name}_changelist {CONFIRM}", stored=is_gone(rows[1]))
    return [
        Form(f"{name}_delete {CONFIRM}", stored=is_gone(rows[0]), row=row(rows[0])),
        Form(f"{name}_changelist delete_selected", [(TICK, other)], then=confirmed),
    ]


def search(model, words):
    """Return the search of a model's list, for words that a row has."""
    name = model._meta.label_lower.replace(".", "_")
    return Form(f"{name}_changelist changelist-search", [("q", words)], shown=words)


def in_bulk(action, title, fields=(), stored=None):
    """Return what chooses an article in the list, and agrees to what the page before says."""
    agreed = Form("articles_article_changelist agree", fields, stored)
    return Form(f"articles_article_changelist {action}", [(TICK, title)], then=agreed)


def sign_in(user):
    return Form(
        "login login-form",
        [("username", user), ("password", PASSWORD)],
        exists(User.objects.filter(username=user, last_login__isnull=False)),
    )


SIGN_OUT = Form("logout logout-form", stored=is_gone(StaffSession.objects))

EDITOR = [
    Form(
        "articles_article_add _save",
        [
            ("kicker", "11월"),
            ("title", "새로 쓴 글"),
            ("body", "## 첫 소식\n\n- 첫째 줄\n\n[[ranking:models]]"),
            ("summary", "한 줄 요약"),
            ("category", "빈 갈래"),
            ("tags", "열린 자료"),
            (ADD, "ranking_tables"),
            ("ranking_tables-0-slug", "models"),
            ("ranking_tables-0-ranking", "새 순위"),
            ("ranking_tables-0-periods", "2025년 11월"),
            ("ranking_tables-0-caption", "모형 순위"),
            (ADD, "references"),
            ("references-0-title", "참고한 글"),
            ("references-0-url", "https://example.org/report"),
        ],
        exists(
            Article.objects.filter(
                title="새로 쓴 글",
                category__slug="empty",
                tags__name="열린 자료",
                references__title="참고한 글",
                ranking_tables__periods__label="2025년 11월",
            )
        ),
    ),
    Form(
        "articles_article_history 비교",
        row=row(Article.objects.filter(title="쓰던 글")),
        shown="나중 요약",
    ),
    Form(
        "articles_article_revision_compare 이름 저장",
        [("name", "보여 준 글")],
        exists(Revision.objects.filter(name="보여 준 글")),
        row(Article.objects.filter(title="쓰던 글")),
    ),
    Form(
        "articles_article_revision_restore 되돌리기",
        [("note", "요약은 나중에")],
        exists(Revision.objects.filter(kind="restored", note="요약은 나중에")),
        row(Article.objects.filter(title="쓰던 글")),
    ),
    Form(
        "articles_article_copy 복사",
        [("text", "empty")],
        lambda: Article.objects.filter(title="지울 글").count() == 2,
        row(Article.objects.filter(title="지울 글")),
    ),
    Form(
        "articles_article_change _save",
        [("title", "고친 제목"), ("state", "in_review")],
        exists(Article.objects.filter(title="고친 제목", state="in_review")),
        row(Article.objects.filter(title="쓰던 글")),
    ),
    Form(
        "articles_article_change _next",
        row=row(Article.objects.filter(title="지울 다른 글")),
        then=Form(
            "articles_article_submit ask",
            [("reviewers", "publisher"), ("note", "한 번 봐 주세요")],
            exists(Article.objects.filter(title="지울 다른 글", reviews__answer="")),
        ),
    ),
    Form(
        "articles_article_review take_back",
        stored=exists(Article.objects.filter(title="내보낼 원고", state="draft")),
        row=row(Article.objects.filter(title="내보낼 원고")),
    ),
    Form(
        "articles_article_related confirm",
        [("others", "따라가는 글")],
        exists(Article.objects.filter(title="고친 제목", related__title="따라가는 글")),
        row(Article.objects.filter(title="고친 제목")),
    ),
    Form(
        "outside_links links-form",
        row=row(Article.objects.filter(references__url="https://example.org/")),
        shown="그런 이름의 사이트가 없습니다.",
    ),
    Form(
        "share_links share-form",
        [("purpose", "감수할 사람"), ("days", "30")],
        exists(ShareLink.objects.filter(purpose="감수할 사람", days=30)),
        row(Article.objects.filter(title="나눌 글")),
    ),
    Form(
        "share_links revoke",
        stored=exists(ShareLink.objects.filter(purpose="받은 사람", revoked_at__isnull=False)),
        row=row(Article.objects.filter(title="거둘 글")),
    ),
    Form(
        "article_preview 의견 보내기",
        [("text", "출처가 있나요?")],
        exists(Remark.objects.filter(text="출처가 있나요?", article__title="나눌 글")),
        row(Article.objects.filter(title="나눌 글")),
    ),
    Form(
        "issue_preview 의견 보내기",
        [("text", "달이 맞나요?")],
        exists(Remark.objects.filter(text="달이 맞나요?").exclude(issue=None)),
    ),
    Form(
        "revision_preview 의견 보내기",
        [("text", "저장본이 맞나요?")],
        exists(Remark.objects.filter(text="저장본이 맞나요?", article__title="고친 제목")),
        row(Article.objects.filter(title="고친 제목")),
    ),
    Form(
        "remarks remark-form",
        [("quote", "첫째 줄"), ("text", "줄이 맞나요?")],
        exists(Remark.objects.filter(text="줄이 맞나요?", quote="첫째 줄")),
        row(Article.objects.filter(title="나눌 글")),
    ),
    Form(
        "remarks reply",
        [("answer", "맞습니다.")],
        exists(Remark.objects.filter(text="맞습니다.", parent__text="열린 의견")),
        row(Article.objects.filter(title="거둘 글")),
    ),
    Form(
        "remarks delete",
        stored=is_gone(Remark.objects.filter(text="마친 의견")),
        row=row(Article.objects.filter(title="거둘 글")),
    ),
    Form(
        "remarks settle",
        stored=exists(Remark.objects.filter(text="열린 의견", settled_at__isnull=False)),
        row=row(Article.objects.filter(title="거둘 글")),
    ),
    Form(
        "remarks reopen",
        stored=exists(Remark.objects.filter(text="열린 의견", settled_at=None)),
        row=row(Article.objects.filter(title="거둘 글")),
    ),
    search(Article, "고친 제목"),
    in_bulk(
        "submit_chosen",
        "지울 글",
        stored=exists(Article.objects.filter(title="지울 글", reviews__answer="")),
    ),
    in_bulk(
        "tag_chosen",
        "지울 글",
        [("tags", "빈 태그")],
        exists(Article.objects.filter(title="지울 글", tags__name="빈 태그")),
    ),
    in_bulk(
        "move_chosen",
        "지울 글",
        [("month", "2025-11 주목할 만한 월간 이슈(10월)")],
        exists(Article.objects.filter(title="지울 글", monthly_issue__month="2025-11-01")),
    ),
    Form(
        "articles_article_from_file file-form",
        [("file", "[3월] 원고에서 만든 글\n2026.03.02\n\n본문 한 줄.")],
        then=Form(
            "articles_article_from_file draft-form",
            [("byline", "원고실")],
            exists(Article.objects.filter(title="원고에서 만든 글", byline="원고실")),
        ),
    ),
    Form(
        "articles_monthlyissue_add _save",
        [
            ("month", "2026-03-01"),
            ("title", "월간 이슈(3월)"),
            (ADD, "items"),
            ("items-0-category", "정책"),
            ("items-0-headline", "새 전략"),
            ("items-0-body", "- 첫째"),
        ],
        exists(MonthlyIssue.objects.filter(title="월간 이슈(3월)", items__headline="새 전략")),
    ),
    Form(
        "articles_monthlyissue_change _save",
        [("title", "월간 이슈(11월)"), ("items-0-headline", "고친 소식")],
        exists(MonthlyIssue.objects.filter(title="월간 이슈(11월)", items__headline="고친 소식")),
        row(MonthlyIssue.objects.filter(month="2025-11-01")),
    ),
    Form(
        "articles_monthlyissue_change _next",
        row=row(MonthlyIssue.objects.filter(title="지울 월호")),
        then=Form(
            "articles_monthlyissue_submit ask",
            [("note", "꼭지를 봐 주세요")],
            exists(MonthlyIssue.objects.filter(title="지울 월호", state="in_review")),
        ),
    ),
    search(MonthlyIssue, "월간 이슈(11월)"),
    Form(
        "articles_picture_add picture-form",
        [("file", PICTURE)],
        exists(Picture.objects.filter(uploaded_by__username="editor", width=20)),
    ),
    Form(
        "articles_picture_change _save",
        [("alternative_text", "느티나무"), ("credit", "오픈업")],
        exists(Picture.objects.filter(alternative_text="느티나무", credit="오픈업")),
        row(Picture.objects.filter(alternative_text="쓸 그림")),
    ),
    search(Picture, "느티나무"),
    # Here the admin's other buttons are pressed, which send the same form.
    Form(
        "articles_tag_add _continue",
        [("name", "협업"), ("slug", "together")],
        exists(Tag.objects.filter(name="협업")),
        then=Form(
            "articles_tag_change _continue",
            [("name", "함께")],
            exists(Tag.objects.filter(name="함께")),
        ),
    ),
    Form(
        "articles_tag_add _save",
        [("name", "보안"), ("slug", "security")],
        exists(Tag.objects.filter(name="보안")),
    ),
    Form(
        "articles_tag_change _save",
        [("name", "고친 태그")],
        exists(Tag.objects.filter(name="고친 태그")),
        row(Tag.objects.filter(slug="empty")),
    ),
    search(Tag, "고친 태그"),
    Form(
        "articles_ranking_propose grid-form",
        [("*-r1-c1", "Large 3"), ("reason", "보고서 3쪽")],
        exists(FigureProposal.objects.filter(ranking__title="새 순위", note="보고서 3쪽")),
        row(Ranking.objects.filter(title="새 순위")),
    ),
    Form(
        "comments_staffsubscription_add _save",
        [("article", "이달 소식")],
        exists(StaffSubscription.objects.filter(article__title="이달 소식")),
    ),
    *deletions(StaffSubscription, "article__title", "따라가는 글", "이달 소식"),
    # Leads to the page on which an app is set up, which needs the app.
    Form("account action", [("password", PASSWORD)], shown="열쇠를 입력해 주세요"),
    Form(
        "password_change 비밀번호 변경",
        [
            ("old_password", PASSWORD),
            ("new_password1", NEW_PASSWORD),
            ("new_password2", NEW_PASSWORD),
        ],
        lambda: User.objects.get(username="editor").check_password(NEW_PASSWORD),
    ),
]

STEWARD = [
    Form(
        "articles_ranking_add _save",
        [
            ("title", "새 계열"),
            ("slug", "new-series"),
            ("rank_heading", "순위"),
            ("columns", "기업\n모형"),
            ("periods-0-label", "2026년 1월"),
            ("periods-0-as_of", "2026-01-01"),
        ],
        exists(Ranking.objects.filter(slug="new-series", periods__label="2026년 1월")),
    ),
    Form(
        "articles_ranking_change _save",
        [("title", "고친 순위")],
        exists(Ranking.objects.filter(title="고친 순위")),
        row(Ranking.objects.filter(title="새 순위")),
    ),
    search(Ranking, "고친 순위"),
    Form("articles_rankingcorrection_changelist changelist-search", [("q", "없는 말")]),
    Form(
        "articles_ranking_grid grid-form",
        [("*-r1-c1", "Large 2")],
        exists(RankingEntry.objects.filter(cells__model="Large 2")),
        row(Ranking.objects.filter(title="고친 순위")),
    ),
    Form(
        "articles_ranking_grid decline",
        [("answer", "원문과 같습니다")],
        exists(FigureProposal.objects.filter(state="declined")),
        row(FigureProposal.objects.filter(note="보고서")),
    ),
    Form(
        "articles_ranking_paste paste-form",
        [("text", EXCEL)],
        row=row(Ranking.objects.filter(title="빈 순위")),
        then=Form(
            "articles_ranking_paste grid-form",
            stored=exists(RankingEntry.objects.filter(cells__model="Qwen3")),
        ),
    ),
    Form(
        "articles_rankingsubject_add _save",
        [("name", "오픈업"), ("country", "한국"), ("slug", "open-up"), ("aliases", "Open UP")],
        exists(RankingSubject.objects.filter(slug="open-up")),
    ),
    Form(
        "articles_rankingsubject_change _save",
        [("aliases", "NAVER")],
        lambda: RankingSubject.objects.get(name="네이버").aliases == ["NAVER"],
        row(RankingSubject.objects.filter(name="네이버")),
    ),
    search(RankingSubject, "네이버"),
    Form(
        "articles_rankingsubject_changelist merge",
        [(TICK, "카카오"), (TICK, "KAKAO")],
        then=Form(
            "articles_rankingsubject_changelist merge",
            [("keep", "카카오")],
            is_gone(RankingSubject.objects.filter(name="KAKAO")),
        ),
    ),
    *deletions(RankingSubject, "name", "네이버", "오픈업"),
    Form(
        "comments_figurereport_change _save",
        [("state", "rejected"), ("answer", "원문과 같습니다.")],
        exists(FigureReport.objects.filter(state="rejected", answer="원문과 같습니다.")),
    ),
    Form("comments_figurereport_changelist changelist-search", [("q", "틀린 수치")]),
    *deletions(Ranking, "title", "지울 순위", "새 계열"),
    Form(
        "articles_ranking_trash revision",
        stored=exists(Ranking.objects.filter(title__in=["지울 순위", "새 계열"])),
    ),
]

QUEUE = "comments_queuedcomment_changelist"
LIST = "comments_comment_changelist"
WHY = ("reason", "규칙")


def undo(body):
    return Form(f"{QUEUE} undo", stored=has_state(body, "held"))


def moderate(verb, stored, **fields):
    return Form(f"comments_comment_moderate {verb}", [WHY], stored, **fields)


def rule_row(name):
    return row(ModerationRule.objects.filter(name=name))


def comment_row(body):
    return row(Comment.objects.filter(body=body))


MODERATOR = [
    # The queue's own buttons, each for the first comment that has it, and those for what is ticked.
    Form(f"{QUEUE} approve:#", stored=has_state("카지노 0", "published"), then=undo("카지노 0")),
    Form(f"{QUEUE} dismiss:#", stored=is_gone(Report.objects.open().filter(text="첫 신고"))),
    Form(f"{QUEUE} hide:#", [WHY], has_state("내려 달라는 글", "hidden")),
    Form(f"{QUEUE} approve", [(TICK, "카지노 1")], has_state("카지노 1", "published")),
    Form(f"{QUEUE} hide", [(TICK, "카지노 2"), WHY], has_state("카지노 2", "hidden")),
    Form(
        f"{QUEUE} dismiss",
        [(TICK, "또 신고된 글")],
        is_gone(Report.objects.open().filter(text="둘째 신고")),
    ),
    Form(
        f"{QUEUE} delete",
        [(TICK, "카지노 3")],
        then=moderate("삭제", exists(Comment.objects.filter(state="deleted"))),
    ),
    # The list's actions.
    Form(
        f"{LIST} approve_selected",
        [(TICK, "카지노 0")],
        then=moderate("승인", has_state("카지노 0", "published")),
    ),
    Form(
        f"{LIST} hide_selected",
        [(TICK, "카지노 0")],
        then=moderate("가리기", has_state("카지노 0", "hidden")),
    ),
    Form(
        f"{LIST} restore_selected",
        [(TICK, "카지노 0")],
        then=moderate("되돌리기", has_state("카지노 0", "published")),
    ),
    Form(
        f"{LIST} delete_chosen",
        [(TICK, "카지노 0")],
        then=moderate("삭제", is_gone(Comment.objects.filter(body="카지노 0"))),
    ),
    moderate(
        "신고 기각",
        is_gone(Report.objects.open().filter(text="셋째 신고")),
        row=comment_row("끝으로 신고된 글"),
    ),
    search(Comment, "직원 글"),
    # A comment's page.
    Form(
        "comments_comment_change note-form",
        [("text", "지켜봅시다")],
        exists(ModerationEvent.objects.filter(reason="지켜봅시다")),
    ),
    Form(
        "comments_comment_change pin-form",
        stored=exists(Thread.objects.filter(pinned__body="직원 글")),
        row=comment_row("직원 글"),
        then=Form(
            "comments_comment_change unpin-form",
            stored=is_gone(Thread.objects.filter(pinned__isnull=False)),
        ),
    ),
    Form(
        "comments_comment_answer 올리기",
        [("name", "운영자"), ("body", "직원의 답")],
        exists(Comment.objects.filter(body="직원의 답", parent__isnull=False)),
        row(Comment.objects.filter(body="고친 뒤")),
    ),
    Form(
        "comments_comment_write 올리기",
        [("body", "직원의 글")],
        exists(Comment.objects.filter(body="직원의 글", staff__username="moderator")),
    ),
    Form(
        "comments_comment_edit 올리기",
        [("body", "고친 직원 글")],
        exists(Comment.objects.filter(body="고친 직원 글")),
        comment_row("직원 글"),
    ),
    Form(
        "comments_commentrevision_remove 내용 지우기",
        [WHY],
        exists(CommentRevision.objects.filter(removed_at__isnull=False)),
        comment_row("고친 뒤"),
    ),
    # Takedown requests.
    Form("comments_takedown_change reveal", stored=exists(PersonalDataView.objects)),
    Form(
        "comments_takedown_change 처리",
        [("decision", "block"), ("days", "7"), WHY],
        lambda: Takedown.objects.filter(state="blocked").count() == 2,
        row(Takedown.objects.filter(state="requested")),
    ),
    Form(
        "comments_takedown_change 처리",
        [("decision", "restore"), WHY],
        exists(Takedown.objects.filter(state="restored")),
        row(Takedown.objects.filter(comment__body="가려 둔 글")),
    ),
    Form(
        f"{QUEUE} delete:#",
        then=moderate("삭제", is_gone(Comment.objects.filter(body="카지노 4"))),
    ),
    # Rules.
    Form(
        "comments_moderationrule_add _save",
        [("name", "새 규칙"), ("kind", "words"), ("terms", "경마")],
        exists(ModerationRule.objects.filter(name="새 규칙")),
    ),
    Form(
        "comments_moderationrule_change rule-rehearse",
        stored=lambda: ModerationRule.objects.get(name="도배").is_rehearsed,
        row=rule_row("도배"),
        then=Form(
            "comments_moderationrule_change rule-on",
            stored=exists(ModerationRule.objects.filter(name="도배", is_active=True)),
            then=Form(
                "comments_moderationrule_change rule-off",
                stored=is_gone(ModerationRule.objects.filter(name="도배", is_active=True)),
            ),
        ),
    ),
    Form(
        "comments_moderationrule_change _save",
        [("terms", "도배\n광고")],
        exists(ModerationRule.objects.filter(terms="도배\n광고")),
        rule_row("도배"),
    ),
    search(ModerationRule, "도배"),
    *deletions(ModerationRule, "name", "링크", "새 규칙"),
]

PUBLISHER = [
    in_bulk(
        "publish_chosen",
        "지울 글",
        stored=exists(Article.objects.published().filter(title="지울 글")),
    ),
    in_bulk(
        "withdraw_chosen",
        "지울 글",
        stored=exists(Article.objects.filter(title="지울 글", state="withdrawn")),
    ),
    Form(
        "articles_article_review return",
        [("remark", "출처를 적어 주세요")],
        exists(Article.objects.filter(title="반려할 원고", state="draft")),
        row(Article.objects.filter(title="반려할 원고")),
    ),
    Form(
        "articles_article_review publish",
        stored=exists(Article.objects.published().filter(title="내보낼 원고")),
        row=row(Article.objects.filter(title="내보낼 원고")),
    ),
    Form(
        "articles_article_review approve",
        stored=exists(Review.objects.filter(answer="approved", article__title="이달 소식")),
        row=row(Article.objects.filter(title="이달 소식")),
    ),
    Form(
        "articles_article_change _save",
        [
            ("state", "published"),
            ("published_at_0", "2025-11-02"),
            ("published_at_1", "09:00:00"),
        ],
        exists(Article.objects.published().filter(title="쓰던 글")),
        row(Article.objects.filter(title="쓰던 글")),
    ),
    Form(
        "articles_monthlyissue_release schedule",
        [("publish_at_0", "2099-12-01"), ("publish_at_1", "09:00:00")],
        exists(Release.objects.scheduled()),
        row(MonthlyIssue.objects.filter(month="2025-11-01")),
        then=Form(
            "articles_monthlyissue_release take_off", stored=is_gone(Release.objects.scheduled())
        ),
    ),
    Form(
        "comments_comment_answer 올리기",
        [("name", "편집실"), ("body", "편집실의 답")],
        exists(Comment.objects.filter(body="편집실의 답", staff__username="publisher")),
        row(Comment.objects.filter(body="고친 뒤")),
    ),
    Form(
        "articles_category_add _save",
        [("name", "새 갈래"), ("slug", "new")],
        exists(Category.objects.filter(name="새 갈래")),
    ),
    Form(
        "articles_category_change _save",
        [("name", "고친 갈래")],
        exists(Category.objects.filter(name="고친 갈래")),
        row(Category.objects.filter(slug="other")),
    ),
    search(Category, "고친 갈래"),
    *deletions(Category, "name", "빈 갈래", "새 갈래"),
    Form(
        "articles_sitepage_add _save",
        [("title", "새 안내"), ("slug", "new-page"), ("body", "본문")],
        exists(SitePage.objects.filter(title="새 안내")),
    ),
    Form(
        "articles_sitepage_change _save",
        [("body", "고친 본문")],
        exists(SitePage.objects.filter(body="고친 본문")),
        row(SitePage.objects.filter(slug="privacy")),
    ),
    search(SitePage, "새 안내"),
    *deletions(SitePage, "title", "개인정보처리방침", "새 안내"),
    Form(
        "articles_picture_replace picture-form",
        [("file", PICTURE)],
        exists(Picture.objects.filter(alternative_text="쓸 그림", version=2)),
        row(Picture.objects.filter(alternative_text="쓸 그림")),
    ),
    *deletions(Picture, "alternative_text", "지울 그림", "지울 다른 그림", trashed_at=None),
    Form(
        "articles_picture_trash picture",
        stored=exists(Picture.objects.filter(alternative_text__startswith="지울", trashed_at=None)),
    ),
    *deletions(Tag, "name", "빈 태그", "다른 태그"),
    *deletions(MonthlyIssue, "title", "지울 월호", "지울 다른 월호"),
    *deletions(Article, "title", "지울 글", "지울 다른 글", trashed_at=None),
    Form(
        "articles_article_trash article",
        stored=exists(Article.objects.filter(title__startswith="지울", trashed_at=None)),
    ),
    Form(
        "articles_monthlyissue_trash revision",
        stored=exists(MonthlyIssue.objects.filter(title__startswith="지울")),
    ),
    Form(
        "articles_sitepage_trash revision",
        stored=exists(SitePage.objects.filter(title__in=["개인정보처리방침", "새 안내"])),
    ),
]

SUPERUSER = [
    Form(
        "auth_group_add _save",
        [
            ("name", "새 모둠"),
        ],
        exists(Group.objects.filter(name="새 모둠")),
    ),
    Form(
        "auth_group_change _save",
        [("name", "고친 모둠")],
        exists(Group.objects.filter(name="고친 모둠")),
        row(Group.objects.filter(name="모둠")),
    ),
    search(Group, "고친 모둠"),
    *deletions(Group, "name", "지울 모둠", "새 모둠"),
    Form(
        "auth_user_add _save",
        [("username", "new"), ("password1", NEW_PASSWORD), ("password2", NEW_PASSWORD)],
        exists(User.objects.filter(username="new")),
        then=Form(
            "auth_user_change _save",
            [("first_name", "수아"), ("is_staff", "스태프 권한")],
            exists(User.objects.filter(username="new", first_name="수아", is_staff=True)),
        ),
    ),
    Form(
        "auth_user_password_change set-password",
        [("password1", NEW_PASSWORD), ("password2", NEW_PASSWORD)],
        lambda: User.objects.get(username="editor").check_password(NEW_PASSWORD),
        row(User.objects.filter(username="editor")),
    ),
    Form(
        "auth_user_password_change unset-password",
        [("usable_password", "false")],
        lambda: not User.objects.get(username="publisher").has_usable_password(),
        row(User.objects.filter(username="publisher")),
    ),
    search(User, "leaver"),
    Form("auth_user_changelist remove_second_factor", [(TICK, "leaver")]),
    Form("articles_auditevent_changelist changelist-search", [("q", "없는 말")]),
    *deletions(User, "username", "leaver", "new"),
]

FORMS = {
    "editor": EDITOR,
    "data steward": STEWARD,
    "moderator": MODERATOR,
    "publisher": PUBLISHER,
    "superuser": SUPERUSER,
}
