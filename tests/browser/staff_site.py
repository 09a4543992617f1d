"""A small site on which every form of the staff's pages is found, and somebody of each group."""

from datetime import date

from django.contrib.auth.models import Group
from django.core.management import call_command

from articles.desk import reviews
from articles.desk.revisions import record
from articles.models import Article, FigureProposal, Picture, RankingEntry, Remark, ShareLink, Tag
from comments.identity.encryption import seal
from comments.models import Comment, StaffSubscription, Subscriber
from comments.moderation.rule_rehearsal import rehearse
from tests.factories import (
    PASSWORD,
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_report,
    make_rule,
    make_staff,
    make_subject,
    make_table,
    make_takedown,
)
from tests.openup.whole_site import WholeSite

# Whoever may do least comes first: a form is sent by the first who is shown it.
GROUPS = ["editor", "data steward", "moderator", "publisher"]
USERS = [*GROUPS, "superuser"]


def make_staff_site():
    site = WholeSite()
    call_command("setup_site", verbosity=0)
    users = {
        name: make_staff(username=name, email="staff@example.com", password=PASSWORD)
        for name in USERS
    }
    for name in GROUPS:
        users[name].groups.add(Group.objects.get(name=name))
    users["superuser"].is_superuser = True
    users["superuser"].save()
    followed = make_article(title="따라가는 글", category=site.article.category)
    leaver = make_staff(username="leaver")
    for user, article in ((users["editor"], followed), (leaver, site.article)):
        subscriber = Subscriber.objects.create(user=user)
        StaffSubscription.objects.create(subscriber=subscriber, article=article)
    make_month(site.article.category)
    make_what_may_go(site.article.category)
    # Not public, so that writers may describe it.
    news = Article.objects.get(title="이달 소식")
    news.lead_picture = Picture.objects.get(alternative_text="쓸 그림")
    news.store()
    make_proposal(users["editor"])
    make_what_is_in_review(site.article.category, users["editor"])
    make_what_is_talked_of(site.article.category, users["editor"])
    make_comments(site.article, users["moderator"])


def make_month(category):
    """Make a month that can be released."""
    issue = make_issue(month=date(2025, 11, 1), state="draft", published_at=None)
    ranking = make_ranking(
        [("2025년 11월", date(2025, 11, 1), [("미스트랄", "프랑스", "Large")])], title="새 순위"
    )
    article = make_article(
        title="이달 소식",
        state="in_review",
        published_at=None,
        monthly_issue=issue,
        category=category,
    )
    table = make_table(article, ranking, slug="models")
    article.body = f"## 소식\n\n[[ranking:{table.slug}]]"
    article.store()
    issue.lead_article = article
    issue.store()


def make_what_is_talked_of(category, editor):
    """Make drafts that colleagues, and who has no account, look at."""
    draft = {"state": "draft", "published_at": None, "category": category}
    make_article(title="나눌 글", **draft)
    article = make_article(title="거둘 글", **draft)
    ShareLink(article=article, purpose="받은 사람", by_name="editor").issue_token()
    said = {"article": article, "author_name": "받은 사람"}
    Remark.objects.create(text="열린 의견", quote="첫째 줄", **said)
    Remark.objects.create(text="마친 의견", author=editor, **said).settle(by=editor)


def make_what_may_go(category):
    """Make what nothing else needs, so that it may be deleted."""
    for title in ("쓰던 글", "지울 글", "지울 다른 글"):
        article = make_article(title=title, state="draft", published_at=None, category=category)
        if title == "쓰던 글":
            save_twice(article)
    for month, title in ((1, "지울 월호"), (2, "지울 다른 월호")):
        make_issue(month=date(2026, month, 1), state="draft", published_at=None, title=title)
    for name, slug in (("빈", "empty"), ("다른", "other")):
        make_category(name=f"{name} 갈래", slug=slug)
        Tag(name=f"{name} 태그", slug=slug).store()
    for title in ("빈 순위", "지울 순위"):
        make_ranking([], title=title)
    for number, name in enumerate(("쓸 그림", "지울 그림", "지울 다른 그림")):
        Picture.objects.create(
            name=f"{number}.png", alternative_text=name, size=99, width=9, height=9
        )
    for name in ("카카오", "KAKAO", "네이버"):
        make_subject(name)
    for name in ("모둠", "지울 모둠"):
        Group.objects.create(name=name)


def make_proposal(editor):
    ranking = make_ranking(title="제안받은 순위")
    # With a key that no other row has: its address is that of the grid, and the key behind it.
    FigureProposal.objects.create(
        pk=471_100, ranking=ranking, periods=[], note="보고서", proposed_by=editor
    )


def make_what_is_in_review(category, asker):
    for title in ("반려할 원고", "내보낼 원고"):
        article = make_article(title=title, state="draft", published_at=None, category=category)
        reviews.ask(article, by=asker, reviewers=[], group=None, note="한 번 봐 주세요")


def save_twice(article):
    record(article)
    article.summary = "나중 요약"
    article.store()
    record(article)


def make_comments(article, moderator):
    """Make a comment in each state, with all that may be decided about it."""
    words = make_rehearsed_rule("광고", "카지노")
    for number in range(5):
        make_comment(article, body=f"카지노 {number}")
    words.switch_off()
    rehearse(make_rule(name="링크", kind="links", count=3))
    make_rule(name="도배", kind="words", terms="도배")
    make_rehearsed_rule("켜 둔 규칙", "룰렛")
    requester = seal("kim@example.com")
    make_takedown(make_comment(article, body="내려 달라는 글"), requester=requester)
    blocked = make_takedown(make_comment(article, body="가려 둔 글"), requester=requester)
    blocked.block(days=30, by=moderator)
    make_comment(article, body="가려진 글").hide(by=moderator, reason="광고")
    edited = make_comment(article, body="고친 글")
    edited.edit(body="고친 뒤", name="", version=edited.edit_version)
    Comment(article=article, staff=moderator, name="운영자", body="직원 글").post()
    entry = RankingEntry.objects.order_by("pk").first()
    make_comment(article, kind="figure_error", ranking_entry=entry, body="틀린 수치")
    for number, body in (
        ("첫", "신고된 글"),
        ("둘째", "또 신고된 글"),
        ("셋째", "끝으로 신고된 글"),
    ):
        make_report(make_comment(article, body=body), text=f"{number} 신고")


def make_rehearsed_rule(name, terms):
    rule = make_rule(name=name, kind="words", terms=terms)
    rehearse(rule)
    rule.switch_on()
    return rule
