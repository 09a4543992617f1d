"""Whatever is changed, every kept page is what Django would make at this moment.

A new operation that changes what readers see belongs in OPERATIONS, a new public page in `paths`.
"""

import pytest
from django.core.handlers.wsgi import WSGIHandler

from articles.models import Article, RankingSubject, SitePage, Tag
from comments.models import Comment
from openup.pagecache import PageCache
from tests.factories import (
    make_article,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)
from tests.ledger import emptied_afterwards
from tests.wsgi import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


class Content:
    """One of everything that a public page shows."""

    def __init__(self):
        self.staff = make_staff()
        self.issue = make_issue()
        self.article = make_article(monthly_issue=self.issue)
        self.tag = Tag(name="열린 자료", slug="open-data")
        self.tag.store()
        self.article.tags.add(self.tag)
        self.article.references.create(title="참고한 글", url="https://example.org/")
        self.ranking = make_ranking()
        self.table = make_table(self.article, self.ranking)
        self.page = SitePage(slug="privacy", title="개인정보처리방침", body="본문")
        self.page.store()
        self.comment = make_comment(self.article)
        self.reply = make_comment(self.article, parent=self.comment)
        self.article.store()

    def paths(self):
        return [
            "/",
            "/articles/",
            "/articles/2025/10/",
            *(article.get_absolute_url() for article in Article.objects.all()),
            self.article.category.get_absolute_url(),
            self.tag.get_absolute_url(),
            "/issues/",
            self.issue.get_absolute_url(),
            "/rankings/",
            self.ranking.get_absolute_url(),
            *(subject.get_absolute_url() for subject in RankingSubject.objects.all()),
            *self.files(),
            self.page.get_absolute_url(),
        ]

    def files(self):
        """The addresses of the twins, of the figures' files and of the embedded table."""
        article, ranking, month = self.article, self.ranking, f"{self.issue.month:%Y-%m}"
        subjects = RankingSubject.objects.all()
        return [
            "/articles.json",
            f"/articles/{article.pk}/{article.slug}.json",
            f"/issues/{month}.json",
            *(f"/rankings/{ranking.slug}{kind}" for kind in (".json", ".csv", ".xlsx", "/embed/")),
            *(f"/subjects/{subject.slug}.json" for subject in subjects),
            "/schemas/ranking.json",
        ]


def changed(instance, **fields):
    for name, value in fields.items():
        setattr(instance, name, value)
    instance.full_clean()
    instance.store()


OPERATIONS = {
    "an article is renamed": lambda c: changed(c.article, title="새 제목"),
    "an article is added": lambda c: make_article(category=c.article.category, title="새 글"),
    "a category is renamed": lambda c: changed(c.article.category, name="새 갈래"),
    "a tag is renamed": lambda c: changed(c.tag, name="새 꼬리표"),
    "an issue is renamed": lambda c: changed(c.issue, title="새 이슈"),
    "an issue's items change": lambda c: c.issue.replace_items([("기술", "새 소식", "- 하나")]),
    "a ranking is renamed": lambda c: changed(c.ranking, title="새 순위"),
    "a subject is renamed": lambda c: changed(RankingSubject.objects.first(), name="새 기업"),
    "a subject gets another address": lambda c: changed(RankingSubject.objects.first(), slug="x"),
    "subjects are merged": lambda c: RankingSubject.objects.first().merge_into(
        RankingSubject.objects.last()
    ),
    "figures are corrected": lambda c: c.ranking.periods.first().replace_entries(
        [], reason="오기", by=c.staff
    ),
    "a site page is renamed": lambda c: changed(c.page, title="새 방침"),
    "a comment is posted": lambda c: make_comment(c.article, body="새 댓글"),
    "a reply is posted": lambda c: make_comment(c.article, parent=c.comment, body="새 답글"),
    "a comment is edited": lambda c: c.reply.edit(body="고친 글", name="미나", version=1),
    "a comment is hidden": lambda c: c.reply.hide(by=c.staff, reason="시험"),
    "a comment is restored": lambda c: Comment.objects.get(pk=c.reply.pk).restore(
        by=c.staff, reason=""
    ),
    "a comment is deleted": lambda c: Comment.objects.get(pk=c.reply.pk).delete_by_author(),
    "comments are closed": lambda c: changed(c.article, comment_policy="closed"),
    "an article is withdrawn": lambda c: changed(c.article, state="withdrawn"),
}


def test_every_kept_page_is_what_django_would_make_now():
    content = Content()
    site, django = PageCache(WSGIHandler(), max_bytes=2**24), WSGIHandler()
    with emptied_afterwards():
        for path in content.paths():
            ask(site, path)
        for name, operate in OPERATIONS.items():
            operate(content)
            for path in content.paths():
                assert ask(site, path).body == ask(django, path).body, (name, path)
    site.validators.close()


def test_every_page_that_declares_scopes_is_kept():
    content = Content()
    asked = []

    def application(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return WSGIHandler()(environ, start_response)

    site = PageCache(application, max_bytes=2**24)
    for path in [*content.paths(), *content.paths()]:
        assert ask(site, path).status == 200, path

    assert len(asked) == len(set(asked)) == len(set(content.paths()))
    site.validators.close()
