"""A change of what is public waits for review and its moment; readers see one text or the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.desk import reviews, waiting_changes
from articles.desk.revisions import data_of
from articles.desk.trash import put_in_trash
from articles.models import (
    Article,
    EntryRow,
    LegacyPath,
    PageVersion,
    Reference,
    Release,
    Revision,
    Tag,
    WaitingChange,
    WorkingCopy,
)
from openup.pagecache import PageCache
from tests.articles.test_article_admin import (
    DELETE,
    PUBLISH,
    WRITE,
    assert_saved,
    messages_of,
    rows,
    save,
    set_moment,
    signed_in,
)
from tests.factories import (
    let_come,
    make_article,
    make_issue,
    make_ranking,
    make_subject,
    make_table,
)
from tests.sent_forms import open_form, send
from tests.wsgi import ask

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


@pytest.fixture
def editor():
    return signed_in(*WRITE, username="editor")


@pytest.fixture
def publisher():
    return signed_in(*PUBLISH, *DELETE, username="publisher")


def page_of(article, page="waiting"):
    return reverse(f"admin:articles_article_{page}", args=[article.pk])


def propose(client, article, **changes):
    """Let a change of a public article wait, as a form sends it; the waiting one if there is."""
    form = "waiting_form" if WaitingChange.objects.filter(article=article).exists() else "change"
    response = save(client, page_of(article, form), **{"readers_see": "review", **changes})
    assert_saved(response)
    return WaitingChange.objects.get(article=article)


def decide(client, article, decision, **fields):
    change = WaitingChange.objects.get(article=article)
    fields = {"seen": change.revision.number, decision: "1", **fields}
    return client.post(page_of(article), fields)


def schedule(client, article, moment):
    response = decide(client, article, "schedule", **set_moment("publish_at", moment))
    assert response.status_code == 302
    return WaitingChange.objects.get(article=article).publish_at


def user_of(client):
    return User.objects.get(pk=client.session["_auth_user_id"])


def text_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def versions():
    return dict(PageVersion.objects.values_list("scope", "version"))


# Proposed


def test_what_an_editor_saves_waits_and_nothing_public_knows_of_it(editor, client):
    article = make_article(title="처음 제목", body="처음 글")
    make_table(article, make_ranking())
    before = client.get(article.get_absolute_url()).content, versions()
    WorkingCopy.objects.create(
        user=user_of(editor),
        form=f"article-{article.pk}",
        writer="a" * 32,
        data="{}",
        saved_at=timezone.now(),
    )

    response = save(
        editor,
        page_of(article, "change"),
        title="고친 제목",
        body="고친 글",
        revision_note="낱말을 바로잡음",
        working_copy=f"article-{article.pk}:{'a' * 32}:",
        **rows("references", {"title": "참고한 글"}),
    )

    assert_saved(response)
    assert response["Location"] == page_of(article)
    assert "검토를 기다립니다" in messages_of(editor, response)
    assert (client.get(article.get_absolute_url()).content, versions()) == before
    article.refresh_from_db()
    assert (article.title, article.body) == ("처음 제목", "처음 글")
    assert not article.references.exists() and not WorkingCopy.objects.exists()
    found, proposed = Revision.objects.of(article)
    assert (found.kind, proposed.kind) == ("found", "proposed")
    assert (proposed.author_name, proposed.note) == ("editor", "낱말을 바로잡음")
    assert data_of(proposed).references[0].title == "참고한 글"
    assert data_of(proposed).tables == data_of(found).tables


def test_public_article_opens_with_its_public_text_and_says_what_waits(editor, publisher):
    article = make_article(title="처음 제목")
    propose(editor, article, title="고친 제목")

    for client in (editor, publisher):
        page = client.get(page_of(article, "change"))
        assert open_form(client, page_of(article, "change"))["title"] == "처음 제목"
        assert "editor" in text_of(page) and page_of(article) in page.content.decode()
        changelist = client.get(reverse("admin:articles_article_changelist"))
        assert "고친 글: 검토 대기" in text_of(changelist)


def test_list_is_narrowed_to_what_waits_for_whom(editor, publisher):
    articles = [
        make_article(title=title) for title in ("검토할 글", "예약한 글", "멈춘 글", "다른 글")
    ]
    for article in articles[:3]:
        propose(editor, article, summary="고친 요약")
    schedule(publisher, articles[1], timezone.now() + TOMORROW)
    decide(publisher, articles[2], "send_back", answer="왜")

    for waiting, title in [
        ("review", "검토할 글"),
        ("scheduled", "예약한 글"),
        ("stopped", "멈춘 글"),
    ]:
        address = reverse("admin:articles_article_changelist")
        page = html.fromstring(publisher.get(f"{address}?waiting={waiting}").content.decode())
        assert [a.text for a in page.cssselect("#result_list tbody th a")] == [title]


def test_what_waits_is_opened_whole_and_saved_again_whole(editor, publisher):
    article = make_article(body="## 글\n\n[[ranking:models]]")
    table = make_table(article, make_ranking(), slug="models", caption="처음 표")
    Reference.objects.create(article=article, position=1, title="처음 참고")
    LegacyPath.objects.create(article=article, path="/old/1")
    tags = [Tag(name=name, slug=name) for name in ("가", "나")]
    for tag in tags:
        tag.store()
    references = {
        **rows("references", {}, {"title": "둘째 참고"}),
        "references-INITIAL_FORMS": 1,
        "references-0-id": article.references.get().pk,
        "references-0-title": "고친 참고",
        "references-0-article": article.pk,
        "references-0-position": 1,
    }
    propose(
        editor,
        article,
        body="## 새 글\n\n[[ranking:models]]",
        tags=[t.pk for t in tags],
        **references,
        **{"ranking_tables-0-caption": "고친 표"},
    )

    form = open_form(editor, page_of(article, "waiting_form"))

    assert form["body"].startswith("## 새 글")
    assert form["references-0-title"], form["references-1-title"] == ("고친 참고", "둘째 참고")
    change = propose(editor, article, **{"references-1-title": "다시 고친 참고"})
    data = data_of(change.revision)
    assert [each.title for each in data.references] == ["고친 참고", "다시 고친 참고"]
    assert (data.tables[0].caption, len(data.tables)) == ("고친 표", 1)
    assert (data.tags, data.legacy_paths) == (("가", "나"), ("/old/1",))
    assert [table.pk, "처음 표"] == [*article.ranking_tables.values_list("pk", "caption")[0]]
    assert Revision.objects.of(article).filter(kind="proposed").count() == 2


def test_change_of_what_a_release_will_make_public_waits_too(editor):
    issue, moment = make_issue(), timezone.now() + TOMORROW
    article = make_article(body="처음 글", monthly_issue=issue, published_at=moment)
    release = Release.objects.create(issue=issue, publish_at=moment)
    release.articles.add(article)

    propose(editor, article, body="고친 글")
    propose(editor, article, body="다시 고친 글")

    assert Article.objects.get().body == "처음 글"
    assert Release.objects.get().is_scheduled


def test_form_of_what_waits_keeps_what_is_wrong_and_says_so_at_its_field(editor):
    article = make_article()
    propose(editor, article, body="고친 글")

    response = save(
        editor,
        page_of(article, "waiting_form"),
        title="",
        body="![](/media/a.png)",
        **rows("references", {"title": "참고한 글", "url": "??"}),
    )

    page = html.fromstring(response.content.decode())
    assert response.status_code == 200
    assert page.cssselect(".field-title .errorlist") and page.cssselect(
        "#references-group .errorlist"
    )
    assert page.cssselect("#id_body")[0].text.strip() == "![](/media/a.png)"
    assert page.cssselect("#id_references-0-title")[0].value == "참고한 글"
    assert data_of(WaitingChange.objects.get().revision).body == "고친 글"


def test_nobody_puts_a_change_in_the_place_of_one_that_was_not_seen(editor, publisher):
    article = make_article(body="처음 글")
    fields = open_form(publisher, page_of(article, "change"))
    first = propose(editor, article, body="먼저 고친 글")

    late = {**fields, "readers_see": "review", "body": "나중에 고친 글"}
    response = send(publisher, page_of(article, "change"), late)

    page = html.fromstring(response.content.decode())
    assert "나중에 고친 글" in page.cssselect("#id_body")[0].text
    assert WaitingChange.objects.get().revision == first.revision
    seen = page.cssselect("[name=waiting_seen]")[0].value
    assert_saved(send(publisher, page_of(article, "change"), late, waiting_seen=seen))
    assert data_of(WaitingChange.objects.get().revision).body == "나중에 고친 글"
    assert data_of(first.revision).body == "먼저 고친 글"


def test_what_is_written_on_a_change_that_became_public_meanwhile_is_not_lost(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="고친 글")
    fields = open_form(editor, page_of(article, "waiting_form"))
    decide(publisher, article, "publish")

    response = send(editor, page_of(article, "waiting_form"), fields, body="더 고친 글")

    page = html.fromstring(response.content.decode())
    assert "더 고친 글" in page.cssselect("#id_body")[0].text
    fields["waiting_seen"] = page.cssselect("[name=waiting_seen]")[0].value
    assert_saved(send(editor, page_of(article, "waiting_form"), fields, body="더 고친 글"))
    assert data_of(WaitingChange.objects.get().revision).body == "더 고친 글"
    assert Article.objects.get().body == "고친 글"


def test_same_text_does_not_wait(editor):
    article = make_article()

    response = save(editor, page_of(article, "change"))

    assert_saved(response)
    assert not WaitingChange.objects.exists()


def test_moments_and_state_never_wait(publisher):
    article = make_article()

    response = save(publisher, page_of(article, "change"), readers_see="review", state="withdrawn")

    assert "errors" in response.content.decode()
    assert Article.objects.get().state == "published" and not WaitingChange.objects.exists()
    propose(publisher, article, title="고친 제목")
    form = publisher.get(page_of(article, "waiting_form")).content.decode()
    assert 'name="title"' in form and 'name="state"' not in form


# Who may what


def test_editor_never_makes_a_change_public(editor, client):
    article = make_article(title="처음 제목")
    now = save(editor, page_of(article, "change"), title="고친 제목", readers_see="now")
    assert now.status_code == 200 and not WaitingChange.objects.exists()

    propose(editor, article, title="고친 제목", state="draft")
    for decision in ("publish", "schedule", "take_off", "send_back"):
        moment = set_moment("publish_at", timezone.now() + TOMORROW)
        response = decide(editor, article, decision, answer="왜", **moment)
        assert response.status_code == 403
    restore = reverse(
        "admin:articles_article_revision_restore",
        args=[article.pk, WaitingChange.objects.get().revision.number],
    )
    assert editor.post(restore).status_code == 403

    article.refresh_from_db()
    assert (article.title, article.state) == ("처음 제목", "published")
    assert WaitingChange.objects.get().publish_at is None


def test_strangers_and_those_who_only_look_change_nothing(editor, client):
    article = make_article()
    fields = open_form(editor, page_of(article, "change"))
    propose(editor, article, title="고친 제목")
    looking = signed_in("articles.view_article")

    assert "고친 제목" in text_of(looking.get(page_of(article)))
    assert looking.get(page_of(article, "waiting_form")).status_code == 403
    for page in ("change", "waiting_form"):
        assert send(looking, page_of(article, page), fields).status_code == 403
    assert decide(looking, article, "drop").status_code == 403
    preview = reverse("waiting_preview", args=[article.pk])
    for address in (page_of(article), page_of(article, "waiting_form"), preview):
        assert client.get(address).status_code == 302
    assert WaitingChange.objects.exists()


def test_own_change_is_dropped_by_its_editor_and_stays_a_revision(editor):
    article = make_article()
    colleague = signed_in(*WRITE, username="colleague")
    change = propose(editor, article, body="버릴 글")
    assert decide(colleague, article, "drop").status_code == 403

    response = decide(editor, article, "drop")

    assert str(change.revision.number) in messages_of(editor, response)
    assert not WaitingChange.objects.exists()
    assert data_of(Revision.objects.get(pk=change.revision_id)).body == "버릴 글"
    assert editor.get(page_of(article)).status_code == 302


# Looked at


def test_finding_in_what_waits_leads_to_its_line_and_a_reason_lets_it_pass(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="첫 줄\n\n#### 건너뛴 제목")
    waiting = reverse("admin:articles_article_waiting", args=[article.pk])

    page = html.fromstring(publisher.get(waiting).content.decode())
    (link,) = page.cssselect(".checks li.error a")
    decide(publisher, article, "publish")
    refused = Article.objects.get().body
    decide(publisher, article, "publish", publishing_reason="인용한 그대로임")

    form = reverse("admin:articles_article_waiting_form", args=[article.pk])
    assert link.get("href") == f"{form}?line=3#id_body"
    assert refused == "처음 글"
    assert "건너뛴" in Article.objects.get().body
    assert article.waivers.get().reason == "인용한 그대로임"


def test_what_waits_has_a_preview_and_readers_none(editor, client):
    article = make_article(title="처음 제목", body="처음 글")
    propose(editor, article, title="고친 제목", **rows("references", {"title": "새 참고"}))
    before = versions()

    page = text_of(editor.get(reverse("waiting_preview", args=[article.pk])))

    assert "고친 제목" in page and "새 참고" in page
    assert "처음 제목" in text_of(client.get(article.get_absolute_url()))
    assert versions() == before and not Reference.objects.exists()
    assert "고친 제목" in text_of(editor.get(page_of(article)))


def test_what_is_typed_into_a_waiting_text_has_its_preview_too(publisher):
    article = make_article(title="처음 제목")
    Reference.objects.create(article=article, position=1, title="하나뿐인 참고")
    propose(publisher, article, title="고친 제목")
    fields = open_form(publisher, page_of(article, "waiting_form"))

    address = reverse("typed_preview", args=[article.pk]) + "?waiting"
    page = send(publisher, address, fields, title="더 고친 제목").content.decode()

    assert "더 고친 제목" in page and page.count("하나뿐인 참고") == 1
    assert "2025.10.28" in page
    assert Reference.objects.count() == 1


def test_what_is_sent_back_says_why_to_whoever_opens_it(editor, publisher):
    article = make_article()
    propose(editor, article, body="고친 글")
    assert decide(publisher, article, "send_back").status_code == 200

    decide(publisher, article, "send_back", answer="출처가 없습니다")

    for page in ("waiting", "waiting_form", "change"):
        assert "출처가 없습니다" in text_of(editor.get(page_of(article, page)))
    propose(editor, article, body="출처를 단 글")
    assert WaitingChange.objects.get().stopped_because == ""


def test_publisher_decides_only_on_what_the_page_showed(editor, publisher):
    article = make_article(body="처음 글")
    first = propose(editor, article, body="고친 글")
    propose(editor, article, body="몰래 고친 글")

    response = publisher.post(page_of(article), {"seen": first.revision.number, "publish": "1"})

    assert response.status_code == 200
    assert Article.objects.get().body == "처음 글"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2020-01-01", "내일", ""])
def test_moment_that_cannot_be_is_refused_at_its_field(day, editor, publisher):
    article = make_article()
    propose(editor, article, body="고친 글")

    moment = {"publish_at_0": day, "publish_at_1": "09:00"}
    response = decide(publisher, article, "schedule", **moment)

    page = html.fromstring(response.content.decode())
    assert response.status_code == 200 and page.cssselect(".form-row .errorlist")
    assert page.cssselect("#id_publish_at_0")[0].get("value", "") == day
    assert WaitingChange.objects.get().publish_at is None


# It replaces the public text


def test_scheduled_change_waits_for_nobody(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="고친 글")
    by = User.objects.get(username="editor")
    reviews.ask(article, by=by, reviewers=[], group=None, note="")

    schedule(publisher, article, timezone.now() + timedelta(days=1))

    page = publisher.get(page_of(article)).content.decode()
    assert "승인했습니다" in page and "다음 할 사람" not in page


def test_moment_stays_where_it_cannot_be_shown_now(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="고친 글")
    moment = schedule(publisher, article, timezone.now() + timedelta(days=1))
    article.body = "그사이의 글"
    article.store()

    decide(publisher, article, "publish")

    assert WaitingChange.objects.get().publish_at == moment


def test_publisher_shows_it_now_and_the_history_says_so(editor, publisher, client):
    article = make_article(title="처음 제목")
    change = propose(editor, article, title="고친 제목", revision_note="제목을 고침")

    assert decide(publisher, article, "publish").status_code == 302

    assert "고친 제목" in text_of(client.get(article.get_absolute_url()))
    published = Revision.objects.of(article).last()
    assert (published.kind, published.author_name) == ("published", "publisher")
    assert (published.restored_number, published.note) == (change.revision.number, "제목을 고침")
    assert not WaitingChange.objects.exists()


def test_publisher_finishes_a_waiting_text_and_shows_it_at_once(editor, publisher):
    article = make_article(title="처음 제목")
    propose(editor, article, title="고친 제목")

    response = save(
        publisher, page_of(article, "waiting_form"), summary="더한 요약", readers_see="now"
    )

    assert_saved(response)
    article.refresh_from_db()
    assert (article.title, article.summary) == ("고친 제목", "더한 요약")
    assert not WaitingChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_at_its_moment_every_page_shows_the_new_text_and_none_did_before(editor, publisher, read):
    article = make_article(title="처음제목", body="처음 글", summary="처음요약")
    Reference.objects.create(article=article, position=1, title="처음참고")
    propose(
        editor,
        article,
        title="고친제목",
        summary="고친요약",
        **{"references-0-title": "고친참고"},
    )
    pages = ["/", "/articles/", "/feed/", article.get_absolute_url()]
    pages.append(article.get_absolute_url().rstrip("/") + ".json")
    moment = schedule(publisher, article, timezone.now() + TOMORROW)
    kept = {page: read(page) for page in pages}
    for page in kept.values():
        assert "처음제목" in page.text and "고친" not in page.text

    let_come(moment)

    for page in pages:
        text = read(page).text
        assert "고친제목" in text, page
        assert not any(old in text for old in ("처음제목", "처음요약", "처음참고")), page
        assert read(page).header("ETag") != kept[page].header("ETag")
    assert "고친제목" in read(f"/search/?q={quote('고친제목')}").text
    assert not WaitingChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_readers_who_ask_at_once_after_the_moment_all_see_the_new_text(editor, publisher, read):
    article = make_article(title="처음 제목")
    propose(editor, article, title="고친 제목")
    moment = schedule(publisher, article, timezone.now() + TOMORROW)
    pages = [article.get_absolute_url(), "/", "/feed/", "/articles/"] * 2
    for page in pages:
        read(page)

    def text_at(page):
        text = read(page).text
        connection.close()
        return text

    let_come(moment)
    with ThreadPoolExecutor(len(pages)) as pool:
        texts = list(pool.map(text_at, pages))

    assert all("고친 제목" in text and "처음 제목" not in text for text in texts)
    assert Revision.objects.of(article).filter(kind="published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_moment_comes_with_the_reason_that_was_given_for_it(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="#### 건너뛴 제목")
    at = timezone.now() + TOMORROW
    refused = decide(publisher, article, "schedule", **set_moment("publish_at", at))
    assert refused.status_code == 200 and not article.waivers.exists()

    given = {"publishing_reason": "인용한 그대로임", **set_moment("publish_at", at)}
    decide(publisher, article, "schedule", **given)
    let_come(WaitingChange.objects.get().publish_at)
    call_command("send_mail", once=True, stdout=StringIO())

    assert "건너뛴" in Article.objects.get().body


def test_worker_brings_it_about_though_nobody_reads(editor, publisher):
    article = make_article(title="처음 제목")
    propose(editor, article, title="고친 제목")
    moment = schedule(publisher, article, timezone.now() + TOMORROW)
    call_command("send_mail", once=True, stdout=StringIO())
    assert Article.objects.get().title == "처음 제목"

    let_come(moment)
    call_command("send_mail", once=True, stdout=StringIO())

    assert Article.objects.get().title == "고친 제목"


@pytest.mark.django_db(transaction=True)
def test_reader_whose_page_is_made_while_the_text_is_replaced_gets_no_mixture(editor, publisher):
    article = make_article(title="처음 제목")
    Reference.objects.create(article=article, position=1, title="처음 참고")
    propose(editor, article, title="고친 제목", **{"references-0-title": "고친 참고"})
    django, made = WSGIHandler(), []

    def application(environ, start_response):
        answer = b"".join(django(environ, start_response))
        if not made:
            # Half of the page has been read.
            decide(publisher, article, "publish")
            answer = answer.replace("처음 참고".encode(), "고친 참고".encode())
        made.append(environ["PATH_INFO"])
        return [answer]

    site = PageCache(application, max_bytes=2**22)
    text = ask(site, article.get_absolute_url()).text
    site.validators.close()

    assert "고친 제목" in text and "고친 참고" in text and "처음 제목" not in text


# What may have happened meanwhile


def edit_public_text(article, publisher, **_others):
    assert_saved(save(publisher, page_of(article, "change"), summary="그사이 고친 요약"))


def withdraw(article, publisher, **_others):
    assert_saved(save(publisher, page_of(article, "change"), state="withdrawn"))


def trash(article, **_others):
    put_in_trash(Article.objects.get(pk=article.pk))


def take_right_away(publisher, **_others):
    user = user_of(publisher)
    user.user_permissions.remove(Permission.objects.get(codename="publish_article"))


def delete_approver(publisher, **_others):
    user_of(publisher).delete()


def delete_tag(**_others):
    Tag.objects.get().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (edit_public_text, "공개된 글이 그 뒤에 바뀌었습니다"),
        (withdraw, "공개되어 있지 않습니다"),
        (trash, "공개되어 있지 않습니다"),
        (take_right_away, "공개할 권한이 없습니다"),
        (delete_approver, "공개할 권한이 없습니다"),
        (delete_tag, "태그 gone"),
    ],
)
def test_what_is_in_its_way_stops_it_and_is_said(meanwhile, said, editor, publisher, read):
    article = make_article(body="처음 글")
    tag = Tag(name="사라질 태그", slug="gone")
    tag.store()
    change = propose(editor, article, body="고친 글", tags=[tag.pk])
    moment = schedule(publisher, article, timezone.now() + TOMORROW)

    meanwhile(article=article, publisher=publisher)
    let_come(moment)
    read("/")

    article.refresh_from_db()
    assert article.body == "처음 글"
    stopped = WaitingChange.objects.get()
    assert (stopped.publish_at, stopped.revision) == (None, change.revision)
    assert said in stopped.stopped_because
    assert data_of(stopped.revision).body == "고친 글"


def test_public_text_that_changed_is_joined_to_what_waits_once_somebody_looks(editor, publisher):
    article = make_article(body="첫 줄\n\n둘째 줄\n\n셋째 줄")
    propose(editor, article, body="고친 첫 줄\n\n둘째 줄\n\n고친 셋째 줄")
    public = {"body": "첫 줄\n\n둘째 줄\n\n달리 고친 셋째 줄", "summary": "그사이 고친 요약"}
    assert_saved(save(publisher, page_of(article, "change"), **public))
    assert "공개된 글이 그 뒤에 바뀌었습니다" in text_of(editor.get(page_of(article)))
    assert decide(publisher, article, "publish").status_code == 302
    assert Article.objects.get().body == public["body"]

    page = text_of(editor.get(page_of(article, "waiting_form")))

    assert (
        "공개된 글에서 바뀐 것을 합쳤습니다" in page and "본문" in page.partition("둘 다 고친")[2]
    )
    assert_saved(save(editor, page_of(article, "waiting_form")))
    decide(publisher, article, "publish")
    article.refresh_from_db()
    assert article.body == "고친 첫 줄\n\n둘째 줄\n\n고친 셋째 줄"
    assert article.summary == "그사이 고친 요약"


def test_change_written_on_an_older_public_text_takes_nothing_of_the_newer_back(editor, publisher):
    article = make_article(summary="처음 요약", body="처음 글")
    fields = open_form(editor, page_of(article, "change"))
    assert_saved(save(publisher, page_of(article, "change"), summary="그사이 고친 요약"))

    response = send(editor, page_of(article, "change"), fields, body="고친 글")

    assert response["Location"] == page_of(article, "waiting_form")
    assert "공개된 글에서 바뀐 것을 합쳤습니다" in text_of(editor.get(response["Location"]))
    decide(publisher, article, "publish")
    assert Article.objects.get().body == "처음 글"
    assert_saved(save(editor, page_of(article, "waiting_form")))
    decide(publisher, article, "publish")
    article.refresh_from_db()
    assert (article.body, article.summary) == ("고친 글", "그사이 고친 요약")


def test_figures_corrected_meanwhile_stay_corrected(editor, publisher):
    ranking = make_ranking()
    article = make_article()
    make_table(article, ranking)
    propose(editor, article, body="고친 글")
    period = ranking.periods.first()
    figures = [EntryRow(1, make_subject("미스트랄"), "미스트랄(프랑스)", {"model": "Large"}, False)]
    period.replace_entries(figures, {}, reason="오기", by=None)

    decide(publisher, article, "publish")

    assert Article.objects.get().body == "고친 글"
    assert [entry.label for entry in period.entries.all()] == ["미스트랄(프랑스)"]


def test_public_save_tells_that_a_change_which_waits_no_longer_fits(editor, publisher):
    article = make_article()
    propose(editor, article, body="고친 글")

    response = save(publisher, page_of(article, "change"), summary="새 요약")

    assert "공개된 글이 그 뒤에 바뀌었습니다" in messages_of(publisher, response)


def test_proposed_text_is_nothing_that_stands_there(editor, publisher):
    article = make_article(body="처음 글")
    propose(editor, article, body="고친 글")

    put_in_trash(article)
    publisher.post(reverse("admin:articles_article_trash"), {"article": article.pk})

    article.refresh_from_db()
    assert (article.state, article.body) == ("published", "처음 글")
    kinds = Revision.objects.of(article).values_list("kind", flat=True)
    assert list(kinds).count("proposed") == 1
    assert waiting_changes.of(article) is not None
