"""What is said of a passage stands beside the text, wherever the passage has gone."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from lxml import html

from articles.bundle.rows_to_data import whole_data
from articles.desk import waiting_changes
from articles.desk.remark_places import MOST_PLACES, Passage, Places, passages_of
from articles.desk.revisions import record
from articles.models import Remark, ShareLink
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table

WRITER = [
    f"articles.{action}_{model}"
    for action in ("add", "change", "view")
    for model in ("article", "monthlyissue")
]


def sign_in(name):
    client = Client()
    client.force_login(make_staff(*WRITER, username=name))
    return client


def page_of(obj):
    return reverse("remarks", args=[obj._meta.model_name, obj.pk])


def make_draft(**fields):
    return make_article(state="draft", published_at=None, **fields)


def remark_on(obj, quote="", **fields):
    target = {"issue" if obj._meta.model_name == "monthlyissue" else "article": obj}
    said = {"text": "맞나요?", "author_name": "감수자", **fields}
    return Remark.objects.create(quote=quote, **target, **said)


def document(client, address):
    return html.fromstring(client.get(address).content.decode())


# Places


@pytest.mark.parametrize(
    ("quote", "before", "after", "line"),
    [
        ("둘째 줄", "", "", 3),
        ("같은 말", "첫째 줄의 ", "", 1),
        ("같은 말", "둘째 줄의 ", "", 3),
        ("같은 말", "", "과 끝", 3),
        ("같은 말과 끝 셋째", "", "", 3),
        ("없는 말", "첫째 줄의 ", "", None),
        ("", "첫째", "", None),
    ],
)
def test_passage_is_found_by_its_words_and_those_around_it(quote, before, after, line):
    texts = [(1, "첫째 줄의 같은 말은"), (3, "둘째 줄의 같은 말과 끝"), (5, "셋째 줄")]
    places = Places(Passage("body", text, number) for number, text in texts)

    found = places.find(quote, before, after)

    assert (found and found.line) == line


def test_letter_that_stands_everywhere_names_no_passage():
    places = Places([Passage("body", "가 " * MOST_PLACES, 1), Passage("body", "나", 3)])

    assert places.find("가").line == 1
    assert Places([*places.passages, Passage("body", "가", 5)]).find("가") is None
    assert places.find("나").line == 3


@pytest.mark.django_db
def test_passages_are_those_of_the_page():
    article = make_draft(
        title="글의 제목", body="## 소식\n\n- **굵은** 말과 `코드`\n\n[[ranking:a]]"
    )
    make_table(article, make_ranking(), slug="a", caption="모형 순위")
    article.references.create(title="참고한 글", publisher="연구소")
    issue = make_issue([("정책", "새 전략", "- 첫째")])

    places, month = Places(passages_of(article)), Places(passages_of(issue))

    assert places.find("글의 제목").place == "id_title"
    assert places.find("굵은 말과 코드").line == 3
    assert places.find("GLM-4.6", before="지푸 AI (중국)").place == "ranking_tables-0"
    assert places.find("참고한 글").place == "references-0"
    assert month.find("첫째").place == "items-0"


# At the desk


@pytest.mark.django_db
def test_remark_stands_beside_the_form_and_leads_to_its_place_when_the_text_moves():
    writer, article = sign_in("mina"), make_draft(body="첫 줄\n\n그 대목이 있는 줄")
    sent = {"quote": "그 대목", "before": "첫 줄", "after": "이 있는", "text": "출처가 있나요?"}
    assert writer.post(page_of(article), sent).status_code == 302

    article.body = "새 줄\n\n첫 줄\n\n그 대목이 있는 줄"
    article.store()
    form = reverse("admin:articles_article_change", args=[article.pk])
    (link,) = document(writer, form).cssselect("#remarks a[data-line]")
    assert (link.get("href"), link.get("data-line")) == ("#id_body", "5")

    article.body = "다른 글"
    article.store()
    panel = document(writer, form).cssselect("#remarks")[0]
    assert not panel.cssselect("a[data-line]") and "그 대목" in panel.text_content()


@pytest.mark.django_db
def test_thread_is_answered_settled_and_reopened():
    writer, article = sign_in("mina"), make_draft()
    remark = remark_on(article)

    writer.post(page_of(article), {"reply": remark.pk, "answer": "고쳤습니다."})
    empty = writer.post(page_of(article), {"reply": remark.pk, "answer": " "})
    assert html.fromstring(empty.content.decode()).cssselect(".remark .errorlist li")
    writer.post(page_of(article), {"settle": remark.pk})

    remark.refresh_from_db()
    assert remark.settled_by_name == "mina"
    assert [answer.text for answer in remark.replies.all()] == ["고쳤습니다."]
    form = reverse("admin:articles_article_change", args=[article.pk])
    assert not document(writer, form).cssselect("#remarks")
    writer.post(page_of(article), {"reopen": remark.pk})
    assert document(writer, form).cssselect("#remarks")


@pytest.mark.django_db
def test_settled_thread_is_deleted_by_its_writer_or_a_publisher():
    writer, article = sign_in("mina"), make_draft()
    mine = remark_on(article, author=User.objects.get(), author_name="mina")
    remark_on(article, parent=mine)
    foreign = remark_on(article)

    assert writer.post(page_of(article), {"delete": mine.pk}).status_code == 403
    for remark in (mine, foreign):
        writer.post(page_of(article), {"settle": remark.pk})
    assert writer.post(page_of(article), {"delete": foreign.pk}).status_code == 403
    assert writer.post(page_of(article), {"delete": mine.pk}).status_code == 302

    assert [*Remark.objects.all()] == [foreign]
    publisher = Client()
    publisher.force_login(make_staff(*WRITER, "articles.publish_article"))
    assert publisher.post(page_of(article), {"delete": foreign.pk}).status_code == 302
    assert not Remark.objects.exists()


@pytest.mark.django_db
def test_without_a_script_a_passage_is_named_by_its_line():
    writer, article = sign_in("mina"), make_draft(body="첫 줄\n\n둘째 줄")

    writer.post(page_of(article), {"quote": "", "line": "3", "text": "여기"})
    missing = writer.post(page_of(make_draft(body="[[ranking:a]]")), {"line": "3", "text": "쓴 말"})

    assert Remark.objects.get().quote == "둘째 줄"
    page = html.fromstring(missing.content.decode())
    assert page.cssselect(".errorlist li") and "쓴 말" in page.cssselect("textarea")[-1].text


@pytest.mark.django_db
def test_bad_input_comes_back_with_its_error():
    writer, article = sign_in("mina"), make_draft()

    for sent in ({"text": ""}, {"text": "가" * 3001}, {"text": "\0"}, {"text": "가", "line": "x"}):
        response = writer.post(page_of(article), sent)
        assert response.status_code == 200 and "errorlist" in response.content.decode()
    for act in ("settle", "reopen", "reply", "delete"):
        for key in ("0", "x", "9" * 30, ""):
            assert writer.post(page_of(article), {act: key}).status_code == 404
    assert not Remark.objects.exists()
    long = {"text": "가", "before": "나" * 9_000, "after": "다" * 9_000, "cell": "라" * 9_000}
    assert writer.post(page_of(article), long).status_code == 302


@pytest.mark.django_db
def test_first_page_counts_what_others_say_of_what_one_wrote():
    writer, other = sign_in("mina"), sign_in("jun")
    article, foreign = make_draft(), make_draft()
    user = User.objects.get(username="mina")
    record(article, by=user)
    remark_on(article)
    remark_on(article, author=user, author_name="mina")
    remark_on(foreign)

    (link,) = document(writer, "/manage/").cssselect(f'a[href="{reverse("my_remarks")}"]')

    assert "1" in link.text_content()
    assert len(document(writer, reverse("my_remarks")).cssselect(".remark")) == 1
    assert not document(other, "/manage/").cssselect(f'a[href="{reverse("my_remarks")}"]')


@pytest.mark.django_db
def test_who_may_change_months_no_more_reads_no_remarks_on_them(client):
    user = make_staff("articles.change_article", username="mina")
    client.force_login(user)
    for obj in (make_draft(), make_issue(state="draft", published_at=None)):
        record(obj, by=user)
        remark_on(obj)

    assert len(document(client, reverse("my_remarks")).cssselect(".remark")) == 1


@pytest.mark.django_db
def test_remarks_are_for_writers(client):
    article = make_draft()
    remark = remark_on(article)
    assert client.get(page_of(article)).status_code == 302
    client.force_login(make_staff("articles.view_article"))

    assert client.get(page_of(article)).status_code == 403
    assert client.post(page_of(article), {"settle": remark.pk}).status_code == 403
    preview = client.get(reverse("article_preview", args=[article.pk]))
    assert preview.status_code == 200 and b"remark-form" not in preview.content


@pytest.mark.django_db
def test_remark_is_nowhere_public_and_in_no_export(client, tmp_path):
    article = make_article(body="그 대목이 있는 줄")
    remark_on(article, quote="그 대목", text="비밀스러운 말")

    call_command("export_articles", str(tmp_path), verbosity=0)

    pages = [article.get_absolute_url(), "/feed/", "/articles.json", "/"]
    assert not any("비밀스러운" in client.get(page).content.decode() for page in pages)
    found = document(client, "/search/?q=비밀스러운")
    assert article.get_absolute_url() not in found.xpath("//main//a/@href")
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written and not any("비밀스러운".encode() in each for each in written)


@pytest.mark.django_db
def test_remarks_go_with_their_article():
    article = make_draft()
    remark_on(article, parent=remark_on(article))

    article.delete()

    assert not Remark.objects.exists()


# By a link


def make_link(**fields):
    link = ShareLink(by_name="mina", **fields)
    return link, f"/shared/{link.issue_token()}/"


@pytest.mark.django_db
def test_who_has_no_account_leaves_a_remark_with_a_name(client):
    article = make_draft(body="그 대목이 있는 줄")
    _link, path = make_link(article=article)
    assert client.get(path).content.decode().count("<form") >= 1
    assert not client.get(path).cookies

    nameless = client.post(path, {"text": "쓴 말"})
    assert nameless.status_code == 200 and "쓴 말" in nameless.content.decode()
    assert not Remark.objects.exists()
    sent = {"quote": "그 대목", "text": "<b>맞나요?</b>", "name": "김감수"}
    response = client.post(path, sent, follow=True)

    remark = Remark.objects.get()
    assert (remark.author, remark.author_name, remark.article) == (None, "김감수", article)
    assert "전해졌습니다" in response.content.decode() and not response.cookies
    page = document(sign_in("mina"), page_of(article))
    assert "<b>맞나요?</b>" in page.cssselect(".remark-text")[0].text_content()
    assert "김감수" not in client.get(path).content.decode()


@pytest.mark.django_db
def test_remarks_by_a_link_have_an_end_and_none_comes_by_a_closed_one(client):
    link, path = make_link(issue=make_issue(state="draft", published_at=None))
    sent = {"text": "말", "name": "이름"}

    statuses = [client.post(path, sent).status_code for _number in range(31)]
    assert statuses == [302] * 30 + [429]
    link.revoke()
    refused = client.post(path, {**sent, "text": "다 쓴 긴 말"})

    assert refused.status_code == 404 and "다 쓴 긴 말" in refused.content.decode()
    assert Remark.objects.count() == 30


@pytest.mark.django_db
def test_another_site_cannot_send_a_remark(client):
    _link, path = make_link(article=make_draft())

    response = client.post(
        path, {"text": "말", "name": "이름"}, headers={"sec-fetch-site": "cross-site"}
    )

    assert response.status_code == 403 and not Remark.objects.exists()


@pytest.mark.django_db
def test_revision_has_a_preview_and_takes_remarks():
    writer, article = sign_in("mina"), make_draft(body="처음 대목이 있는 줄")
    record(article)
    article.body = "다른 글"
    article.store()
    record(article)
    issue = make_issue([("정책", "처음 소식", "- 글")])
    record(issue)

    page = document(writer, reverse("revision_preview", args=["article", article.pk, 1]))
    month = document(writer, reverse("revision_preview", args=["monthlyissue", issue.pk, 1]))
    (form,) = page.cssselect("#remark-form form")
    writer.post(form.get("action").partition("#")[0], {"quote": "처음 대목", "text": "맞나요?"})

    assert "처음 대목" in page.text_content() and "처음 소식" in month.text_content()
    remark = Remark.objects.get()
    assert remark.revision_number == 1
    article.refresh_from_db()
    assert article.body == "다른 글"
    for model, number in (("article", 9), ("ranking", 1)):
        address = reverse("revision_preview", args=[model, article.pk, number])
        assert writer.get(address).status_code == 404


@pytest.mark.django_db
def test_remark_on_a_change_that_waits_leads_to_the_form_of_what_waits():
    writer, article = sign_in("mina"), make_article(body="처음 글")
    data = replace(whole_data(article), body="첫 줄\n\n기다리는 대목")
    waiting_changes.propose(article, data, by=User.objects.get(), note="")
    remark_on(article, quote="기다리는 대목")

    (link,) = document(writer, page_of(article)).xpath("//a[contains(@href, '?line=')]")

    waiting = reverse("admin:articles_article_waiting_form", args=[article.pk])
    assert link.get("href") == f"{waiting}?line=3#id_body"


@pytest.mark.django_db
def test_help_leads_to_the_guide_s_own_chapter():
    writer, article = sign_in("mina"), make_draft()
    pages = [
        page_of(article),
        reverse("share_links", args=["article", article.pk]),
        reverse("admin:articles_article_change", args=[article.pk]),
    ]
    guide = document(writer, reverse("admin:guide"))

    for page in pages:
        links = document(writer, page).xpath("//a[contains(@href, '/guide/#')]/@href")
        assert links, page
        for link in links:
            assert guide.get_element_by_id(link.partition("#")[2]) is not None
