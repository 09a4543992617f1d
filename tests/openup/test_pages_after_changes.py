"""Whatever is changed, every kept page is what Django would make at this moment.

A new operation that changes what readers see belongs in OPERATIONS, a new public page in
`tests/openup/whole_site.py`.
"""

import re
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.urls import resolve

from articles.models import RankingSubject
from comments.models import Comment
from openup.pagecache import PageCache
from tests.factories import make_article, make_comment
from tests.openup.test_page_caching import public_routes
from tests.openup.whole_site import WholeSite
from tests.wsgi import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def changed(instance, **fields):
    for name, value in fields.items():
        setattr(instance, name, value)
    instance.full_clean()
    instance.store()


def rename_subject_by_import():
    with TemporaryDirectory() as folder:
        call_command("export_articles", folder, stdout=StringIO())
        subjects = Path(folder, "rankings", "subjects.yaml")
        name = RankingSubject.objects.first().name
        subjects.write_text(subjects.read_text().replace(name, "들여온 이름"))
        call_command("import_articles", folder, stdout=StringIO())


OPERATIONS = {
    "an article is renamed": lambda c: changed(c.article, title="새 제목"),
    "an article is added": lambda c: make_article(category=c.article.category, title="새 글"),
    "a category is renamed": lambda c: changed(c.article.category, name="새 갈래"),
    "a tag is renamed": lambda c: changed(c.tag, name="새 꼬리표"),
    "an issue is renamed": lambda c: changed(c.issue, title="새 이슈"),
    "an issue's items change": lambda c: c.issue.replace_items([("기술", "새 소식", "- 하나")]),
    "a ranking is renamed": lambda c: changed(c.ranking, title="새 순위"),
    "a subject is renamed": lambda c: changed(RankingSubject.objects.first(), name="새 기업"),
    "a subject is renamed by an import": lambda c: rename_subject_by_import(),
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
    "a row is spoken of": lambda c: make_comment(
        c.article, ranking_entry=c.table.periods.first().entries.first()
    ),
    "an item is spoken of": lambda c: make_comment(c.article, issue_item=c.issue.items.first()),
    "a comment is edited": lambda c: c.reply.edit(body="고친 글", name="미나", version=1),
    "a comment is hidden": lambda c: c.reply.hide(by=c.staff, reason="시험"),
    "a comment is restored": lambda c: Comment.objects.get(pk=c.reply.pk).restore(
        by=c.staff, reason=""
    ),
    "a comment is deleted": lambda c: Comment.objects.get(pk=c.reply.pk).delete_by_author(),
    "comments are closed": lambda c: changed(c.article, comment_policy="closed"),
    "an article is withdrawn": lambda c: changed(c.article, state="withdrawn"),
}


def without_moment(body):
    """Return the body; of a feed without entries all but when it was made, which it has to say."""
    return body if b"<entry>" in body else re.sub(rb"<updated>[^<]*", b"", body)


def test_every_kept_page_is_what_django_would_make_now():
    content = WholeSite()
    site, django = PageCache(WSGIHandler(), max_bytes=2**24), WSGIHandler()
    tags = {path: ask(site, path).header("ETag") for path in content.paths()}
    for name, operate in OPERATIONS.items():
        operate(content)
        for path in content.paths():
            kept = ask(site, path)
            # One that was made anew is what Django would make.
            if kept.header("ETag") == tags.get(path):
                made = ask(django, path)
                assert without_moment(kept.body) == without_moment(made.body), (name, path)
            tags[path] = kept.header("ETag")
    site.validators.close()


def test_every_page_that_declares_scopes_is_kept():
    content = WholeSite()
    asked = []

    def application(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return WSGIHandler()(environ, start_response)

    site = PageCache(application, max_bytes=2**24)
    for path in [*content.paths(), *content.paths()]:
        assert ask(site, path).status == 200, path

    assert len(asked) == len(set(asked)) == len(set(content.paths()))
    site.validators.close()


def test_every_kept_route_is_tried_here():
    tried = {resolve(path).route for path in WholeSite().paths()}

    kept = {route for route, view in public_routes() if view.cache_scopes is not None}

    # A short address leads to the page's own; a branch has a page of its own when it is long.
    apart = {"articles/<key:article_id>/", "comments/<key:comment_id>/"}
    assert kept - tried == apart
