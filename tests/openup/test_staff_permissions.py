"""What staff find is what they may do; what they may not do is refused in words."""

import re
from collections import defaultdict
from copy import deepcopy
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article, Category, MonthlyIssue, Ranking, RankingSubject, Tag
from comments.models import Comment, StaffSubscription, Subscriber
from tests.browser.staff_site import USERS, make_staff_site
from tests.factories import make_article, make_comment, make_staff
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

MANAGE = "/manage/"
# Pages that differ in nothing but the row's name.
ALIKE = ("/history/", "/password/")


def sign_in(user):
    client = Client()
    client.force_login(user)
    return client


def member_of(name, **fields):
    call_command("setup_site", verbosity=0)
    user = make_staff(**fields)
    user.groups.add(Group.objects.get(name=name))
    return user


def kind_of(address):
    return re.sub(r"\d+", "#", urlsplit(address).path)


def crawl(client):
    """Yield (address, response, document) of every kind of page that the index leads to.

    Of each kind it opens that of the oldest row it has found, which is in use, and of the newest.
    """
    kinds, waiting = defaultdict(list, {MANAGE: [MANAGE]}), [MANAGE]
    while waiting:
        kind = waiting.pop(0)
        plain = [address for address in kinds[kind] if "?" not in address] or kinds[kind]
        oldest, *others = sorted(plain, key=lambda address: (len(address), address))
        for address in [oldest, *([] if kind.endswith(ALIKE) else others[-1:])]:
            response = client.get(address)
            is_page = response["Content-Type"].startswith("text/html") and response.content
            document = html.fromstring(response.content.decode()) if is_page else None
            yield address, response, document
            for href in [] if document is None else document.xpath("//a/@href"):
                found = urlsplit(urljoin(address, href))._replace(fragment="").geturl()
                is_ours = (
                    found.startswith(MANAGE) and urlsplit(found).path != urlsplit(address).path
                )
                if is_ours and found not in (alike := kinds[kind_of(found)]):
                    waiting += [] if alike else [kind_of(found)]
                    alike.append(found)


def has_button(document, form):
    """Tell whether anybody can send the form: pages that only show have one without."""
    own = form.cssselect("[type=submit]:not([form])")
    return own or document.cssselect(f'[type=submit][form="{form.get("id")}"]')


def test_every_link_and_form_that_a_group_finds_answers(settings):
    # They count outside the transaction that takes a form back.
    settings.BENCHMARK_WITHOUT_LIMITS = True
    make_staff_site()
    refused = []

    for group in USERS:
        client, sent = sign_in(User.objects.get(username=group)), set()
        for address, response, document in crawl(client):
            if response.status_code not in {200, 302}:
                refused.append((group, address, response.status_code))
            for form in (
                [] if document is None else document.cssselect("#content form[method=post]")
            ):
                target = urljoin(address, form.get("action") or address)
                kind = kind_of(target), form.get("id")
                if has_button(document, form) and kind not in sent:
                    sent.add(kind)
                    status = send_as_it_stands(client, target, form)
                    if status not in {200, 302}:
                        refused.append((group, target, status))

    assert refused == [], "\n".join(map(str, refused))


def send_as_it_stands(client, target, form):
    """Send a form, and take back what that has done; return the answer's status."""
    fields, cookies = defaultdict(list), deepcopy(client.cookies)
    for name, value in form.form_values():
        fields[name].append(value or "")
    with transaction.atomic():
        answer = client.post(target, fields, **UNDRAWN)
        transaction.set_rollback(True)
    # One of them signs out.
    client.cookies = cookies
    return answer.status_code


def test_no_page_of_the_desk_leads_to_what_readers_do_not_find():
    make_staff_site()
    yesterday = timezone.now() - timedelta(days=1)
    make_comment(make_article(title="내린 글", withdrawn_at=yesterday), body="그 글의 댓글")
    client = sign_in(User.objects.get(username="superuser"))
    # One of each that a reader sees in another way.
    comments = {
        (each.state, each.blocked_until, each.staff_id, each.article_id): each.pk
        for each in Comment.objects.all()
    }.values()
    pages = [
        reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
        for model in (Article, MonthlyIssue, Ranking, RankingSubject, Category, Tag)
        for row in model.objects.order_by("-pk")[:3]
    ]
    pages += [reverse("admin:comments_comment_change", args=[key]) for key in comments]
    hidden = [article for article in Article.objects.all() if not article.is_public]
    pages += [reverse("article_preview", args=[article.pk]) for article in hidden]
    links = set()

    for page in pages:
        document = html.fromstring(client.get(page).content.decode())
        found = {urljoin(page, href).partition("#")[0] for href in document.xpath("//a/@href")}
        links |= {href for href in found if href.startswith("/") and not href.startswith(MANAGE)}

    assert len(links) > 10
    assert [href for href in sorted(links) if client.get(href).status_code == 404] == []


def test_what_somebody_did_before_is_no_link_to_what_may_not_be_seen_now():
    comment, article = make_comment(), make_article()
    user = member_of("editor")
    for row in (comment, article):
        LogEntry.objects.log_actions(user.pk, [row], CHANGE, single_object=True)

    page = sign_in(user).get(MANAGE).content.decode()

    assert reverse("admin:articles_article_change", args=[article.pk]) in page
    assert reverse("admin:comments_comment_change", args=[comment.pk]) not in page


def test_publisher_finds_the_answer_that_was_posted_and_no_other_comment():
    comment = make_comment(body="남의 글")
    client = sign_in(member_of("publisher"))

    posted = client.post(
        reverse("admin:comments_comment_answer", args=[comment.pk]),
        {"name": "편집실", "body": "답입니다."},
        follow=True,
    )

    assert posted.status_code == 200
    own = Comment.objects.get(body="답입니다.")
    listed = client.get(reverse("admin:comments_comment_changelist")).content.decode()
    assert reverse("admin:comments_comment_change", args=[own.pk]) in listed
    assert "남의 글" not in listed
    assert reverse("admin:comments_comment_changelist") in client.get(MANAGE).content.decode()
    other = client.get(reverse("admin:comments_comment_change", args=[comment.pk]), follow=True)
    assert "남의 글" not in other.content.decode()


@pytest.mark.parametrize(
    ("group", "status"), [("publisher", 403), ("moderator", 302), ("editor", 403)]
)
def test_answer_of_another_is_edited_by_moderators_alone(group, status):
    writer = member_of("publisher")
    answer = Comment(article=make_article(), staff=writer, name="편집실", body="처음 답").post()
    edited = {"name": "편집실", "body": "고친 답", "version": answer.edit_version}
    address = reverse("admin:comments_comment_edit", args=[answer.pk])

    response = sign_in(member_of(group)).post(address, edited)

    assert response.status_code == status
    answer.refresh_from_db()
    assert answer.body == ("고친 답" if status == 302 else "처음 답")
    assert (
        sign_in(writer).post(address, {**edited, "version": answer.edit_version}).status_code == 302
    )


def test_answer_to_what_readers_no_longer_see_leads_to_a_page_that_opens():
    comment = make_comment()
    comment.hide(by=make_staff(), reason="광고")

    response = sign_in(member_of("publisher")).get(
        reverse("admin:comments_comment_answer", args=[comment.pk]), follow=True
    )

    assert response.status_code == 200


@pytest.mark.parametrize("is_by_action", [False, True])
def test_user_who_follows_an_article_can_be_deleted(is_by_action):
    leaver = make_staff(username="leaver")
    subscriber = Subscriber.objects.create(user=leaver)
    StaffSubscription.objects.create(subscriber=subscriber, article=make_article())
    client = sign_in(make_staff(is_superuser=True))

    if is_by_action:
        chosen = {"action": "delete_selected", "_selected_action": [leaver.pk], "post": "yes"}
        response = client.post(reverse("admin:auth_user_changelist"), chosen)
    else:
        response = client.post(reverse("admin:auth_user_delete", args=[leaver.pk]), {"post": "yes"})

    assert response.status_code == 302
    assert not User.objects.filter(username="leaver").exists()
    assert not StaffSubscription.objects.exists()


def test_user_whose_acts_are_kept_stays_and_the_page_says_why():
    moderator = make_staff(username="moderator")
    make_comment().hide(by=moderator, reason="광고")
    client = sign_in(make_staff(is_superuser=True))

    page = client.post(reverse("admin:auth_user_delete", args=[moderator.pk]), {"post": "yes"})

    assert page.status_code in {200, 403}
    assert User.objects.filter(username="moderator").exists()


# (group, address, its form or None to look, what the page names)
REFUSED = [
    ("editor", "admin:articles_category_add", [], "articles.add_category"),
    ("editor", "admin:comments_comment_changelist", [], "comments.view_comment"),
    ("data steward", "admin:articles_article_changelist", [], "articles.view_article"),
    ("publisher", "admin:comments_comment_moderate", ["hide"], "comments.moderate_comment"),
    ("moderator", "admin:auth_user_changelist", [], "auth.view_user"),
]


@pytest.mark.parametrize(("group", "page", "arguments", "permission"), REFUSED)
def test_refused_page_says_inside_the_admin_which_permission_it_takes(
    group, page, arguments, permission
):
    response = sign_in(member_of(group)).get(reverse(page, args=arguments))

    document = html.fromstring(response.content.decode())
    assert response.status_code == 403
    assert document.cssselect("#site-name")
    assert document.cssselect("code")[0].text_content() == permission
    assert "다른 누리집" not in document.text_content()


def test_editor_learns_that_what_was_published_takes_a_publisher():
    article = make_article(state="withdrawn")

    response = sign_in(member_of("editor")).post(
        reverse("admin:articles_article_change", args=[article.pk]), {"title": "고친 제목"}
    )

    text = html.fromstring(response.content.decode()).cssselect("#content")[0].text_content()
    assert response.status_code == 403
    assert "articles.publish_article" in text and "publisher" in text


def test_what_nobody_may_do_names_no_permission():
    comment = make_comment()

    response = sign_in(make_staff(is_superuser=True)).post(
        reverse("admin:comments_comment_change", args=[comment.pk]), {}
    )

    assert response.status_code == 403
    assert not html.fromstring(response.content.decode()).cssselect("code")


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "null"}])
def test_request_from_another_site_is_told_so(headers):
    response = sign_in(member_of("editor")).post(MANAGE, headers=headers)

    assert response.status_code == 403
    assert "다른 누리집" in response.content.decode()


def test_page_that_is_not_there_is_so_inside_the_admin():
    response = sign_in(member_of("editor")).get("/manage/articles/nothing/")

    assert response.status_code == 404
    assert 'id="site-name"' in response.content.decode()
