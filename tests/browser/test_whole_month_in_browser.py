"""A month of the newsroom, by its groups: from a manuscript to a figure that is put right."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from articles.models import Article, Category, MonthlyIssue, Picture, Ranking
from comments.models import FigureReport
from tests.articles.manuscripts import docx, paragraph, word_table
from tests.browser.test_manuscript_in_browser import ABOVE, BELOW, ROWS
from tests.factories import EMAIL, PASSWORD, let_come

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def picture(colour):
    file = BytesIO()
    Image.new("RGB", (600, 400), colour).save(file, "PNG")
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def colour_of(screenshot):
    image = Image.open(BytesIO(screenshot)).convert("RGB").resize((1, 1))
    red, _green, blue = image.getpixel((0, 0))
    return "blue" if blue > red else "red"


def manuscript():
    head, columns, row = ROWS
    rows = [["순위", *(cell[:2] for cell in head[1:])], [None, *columns], row]
    above = "".join(map(paragraph, ABOVE))
    below = "".join(map(paragraph, [*BELOW, " - 이어지는 이야기"]))
    content = docx(above + word_table(rows) + below)
    return {"name": "원고.docx", "mimeType": "application/octet-stream", "buffer": content}


def press(page, name):
    with page.expect_navigation():
        page.locator("#content").get_by_role("button", name=name, exact=True).first.click()


def test_month_goes_from_a_manuscript_to_a_figure_put_right(open_page, open_as_staff):
    call_command("setup_site", verbosity=0)
    Category.objects.create(slug="trends", name="동향")

    def open_as(name, *groups):
        page = open_as_staff("/manage/", username=name)
        User.objects.get(username=name).groups.set(Group.objects.filter(name__in=groups))
        return page

    editor = open_as("editor", "editor", "data steward")
    publisher = open_as("publisher", "publisher")
    steward = open_as("steward", "data steward")

    # A manuscript comes in, with its figures and the month's issue, and gets a picture.
    editor.goto("/manage/")
    editor.get_by_role("link", name="원고에서 글 만들기").click()
    editor.locator("[type=file]").set_input_files(manuscript())
    press(editor, "읽기")
    press(editor, "초안 만들기")
    article = Article.objects.get()
    assert Ranking.objects.get().periods.count() == 2
    editor.goto(reverse("admin:articles_picture_add"))
    editor.locator("[type=file]").set_input_files(picture("red"))
    press(editor, "올리기")
    editor.locator("[name=alternative_text]").fill("붉은 그림")
    press(editor, "저장")
    shown = Picture.objects.get()

    # It is submitted, comes back with a reason, is mended, and is approved.
    form = reverse("admin:articles_article_change", args=[article.pk])
    editor.goto(form)
    editor.locator(".cm-content").first.click()
    editor.keyboard.press("Control+End")
    editor.keyboard.type(f"\n\n![]({shown.url})")
    press(editor, "검토 요청하기")
    editor.get_by_label("publisher").check()
    press(editor, "검토 요청하기")
    review = reverse("admin:articles_article_review", args=[article.pk])
    publisher.goto(review)
    publisher.get_by_label("덧붙이는 말 또는 고칠 점").fill("요약이 없습니다")
    press(publisher, "돌려보내기")
    editor.goto("/manage/")
    editor.get_by_role("link", name=re.compile("^돌려받은 글")).click()
    editor.locator("#id_summary").fill("한 달의 도구를 돌아봅니다.")
    press(editor, "검토 요청하기")
    press(editor, "검토 요청하기")
    publisher.goto(review)
    press(publisher, "승인")

    # The month goes live at its minute, all of it at once.
    issue = MonthlyIssue.objects.get()
    publisher.goto(reverse("admin:articles_monthlyissue_release", args=[issue.pk]))
    moment = timezone.localtime(timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    publisher.locator("[name=publish_at_0]").fill(f"{moment:%Y-%m-%d}")
    publisher.locator("[name=publish_at_1]").fill(f"{moment:%H:%M:%S}")
    press(publisher, "함께 공개 예약")
    reader = open_page("/articles/")
    assert article.title not in reader.locator("main").inner_text()
    let_come(moment)
    reader.reload()
    reader.get_by_role("link", name=re.compile(article.title)).first.click()
    expect(reader.locator("table").first).to_contain_text("라마 (미국)")

    # A reader reports a figure, the steward puts it right where the report leads, and answers.
    reader.locator("table a[href*='about=']").first.focus()
    reader.keyboard.press("Enter")
    reader.get_by_role("link", name="수치 오류 제보하기").click()
    reader.locator("[name=figure]").select_option(label="모델: A")
    reader.locator("[name=should_be]").fill("A2")
    reader.locator("[name=source]").fill("https://example.org/report")
    reader.locator("[name=email]").fill(EMAIL)
    reader.locator("[name=password]").fill(PASSWORD)
    with reader.expect_navigation():
        reader.get_by_role("button", name="제보 보내기").click()
    reader.get_by_role("status").first.wait_for()
    steward.goto("/manage/")
    steward.get_by_role("link", name=re.compile("^수치 오류 제보")).first.click()
    with steward.expect_navigation():
        steward.locator("#result_list tbody th a").click()
    steward.get_by_role("link", name=Ranking.objects.get().title).last.click()
    steward.locator("#grid-rows input:focus").fill("A2")
    steward.locator("#id_reason").fill("옮겨 적다 틀림")
    press(steward, "저장")
    assert "A2" in steward.locator("[name=answer]").input_value()
    assert steward.locator("[name=state]:checked").input_value() == "accepted"
    press(steward, "저장")
    assert FigureReport.objects.get().state == FigureReport.State.ACCEPTED

    # The picture is replaced, and readers see the figure and the picture of now.
    publisher.goto(reverse("admin:articles_picture_replace", args=[shown.pk]))
    publisher.locator("[type=file]").set_input_files(picture("blue"))
    press(publisher, "바꾸기")
    reader.goto(article.get_absolute_url())
    assert "A2" in reader.locator("table").first.text_content()
    image = reader.locator(".prose img")
    assert image.get_attribute("alt") == "붉은 그림"
    image.scroll_into_view_if_needed()
    reader.wait_for_function("document.querySelector('.prose img').naturalWidth > 0")
    assert colour_of(image.screenshot()) == "blue"
