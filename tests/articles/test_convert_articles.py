"""Articles of WordPress, Hugo and Jekyll become a bundle; what does not come is named."""

import csv
import io
import re
import unicodedata
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from articles.bundle.files_to_data import read_file
from articles.content.markdown import to_html
from articles.content.text import plain_text
from articles.imports.html_to_markdown import Surroundings, to_markdown
from articles.models import Article, LegacyPath, Picture, SitePage
from comments.models import Comment

FIXTURES = Path(__file__).parent / "fixtures/moving"
WORDPRESS = FIXTURES / "wordpress.xml"


def convert(system, source, folder, *options):
    """Return what a conversion prints, and its (place, sentence) to check."""
    out = io.StringIO()
    call_command("convert_articles", system, source, folder, *options, stdout=out)
    report = folder / "report.csv"
    rows = []
    if report.exists():
        rows = list(csv.reader(report.read_text("utf-8-sig").splitlines()))[1:]
    return out.getvalue(), rows


def articles_of(folder):
    """Return the articles of a bundle by their titles."""
    found = map(read_file, sorted((folder / "articles").glob("*.md")))
    return {article.title: article for article in found}


def refusal(system, source, folder):
    with pytest.raises(CommandError) as error:
        convert(system, source, folder)
    assert not folder.exists()
    assert not folder.with_name(f"{folder.name}.part").exists()
    return str(error.value)


def make_picture(path, kind="PNG", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (400, 250), "green").save(path, kind, **options)
    return path


def make_site(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def uploads(tmp_path):
    # A Mac's copy has its names in single letters.
    name = unicodedata.normalize("NFD", "느티나무.png")
    make_picture(tmp_path / "uploads/2024/07" / name)
    return tmp_path / "uploads"


# WordPress


def test_post_of_blocks_becomes_markdown(tmp_path, uploads):
    convert("wordpress", WORDPRESS, tmp_path / "out", "--uploads", uploads)

    article = articles_of(tmp_path / "out")["도서관이 & 밤에도 엽니다"]
    assert article.body == (
        "칠월부터 **밤 열 시**까지 엽니다.\n"
        "토요일은 쉽니다. [지난 글](/2019/03/old-editor/)과 [갈래](/categories/도서관/),"
        " [안내문](https://maeul.example.kr/wp-content/uploads/2024/07/안내.pdf)을 보세요.\n\n"
        "## 시간\n\n"
        '![](/media/uploads/2024/07/느티나무.png "도서관 앞의 느티나무")\n\n'
        "[https://www.youtube.com/watch?v=abcdefghijk](https://www.youtube.com/watch?v=abcdefghijk)"
        "\n\n| 요일 | 여는 때 |\n| --- | --- |\n| 평일 | 아홉 시 |\n\n여는 때\n\n"
        '```python\nprint("밤")\n```\n\n'
        "이용자는 E = mc²만큼 늘었습니다.¹ 식은 \\\\(x^2_1\\\\)입니다.\n\n"
        "글쓴이: 마을 도서관\n\n1. 유월과 견준 수입니다."
    )
    assert (article.category, article.tags, article.byline) == ("도서관", ("밤", "news"), "한소라")
    assert article.legacy_paths == ("/2024/07/밤-도서관/", "/?p=11", "/2024/07/도서관-초안/")
    assert article.published_at.isoformat() == "2024-07-01T09:30:00+09:00"
    assert (article.kogl, article.lead_picture) == ("none", "uploads/2024/07/느티나무.png")


def test_post_of_the_classic_editor_keeps_its_lines(tmp_path, uploads):
    convert("wordpress", WORDPRESS, tmp_path / "out", "--uploads", uploads)

    article = articles_of(tmp_path / "out")["옛 편집기로 쓴 글"]
    assert article.body == (
        "첫 문단의 첫 줄\n둘째 줄 & 끝\n\n"
        '![나무](/media/uploads/2024/07/느티나무.png "나무 아래")\n\n'
        "- 하나\n- 둘\n\n"
        '![가지가 넓은 느티나무 한 그루](/media/uploads/2024/07/느티나무.png "마을 어귀")\n\n'
        "[사라진 그림](https://maeul.example.kr/wp-content/uploads/2019/03/없는-그림.jpg)\n\n"
        '[contact-form-7 id="5" title="문의"]\n\n'
        '```php\necho "가";\n```\n\n'
        "[www.youtube.com/watch?v=zyxwvutsrqp](https://www.youtube.com/watch?v=zyxwvutsrqp)\n\n"
        "끝 문단"
    )
    assert article.comment_policy == "closed"


def test_what_was_not_public_is_not_published(tmp_path):
    _said, _rows = convert("wordpress", WORDPRESS, tmp_path / "out")

    states = {title: each.state for title, each in articles_of(tmp_path / "out").items()}
    assert {title for title, state in states.items() if state == "draft"} == {
        "암호가 걸린 글",
        "우리끼리 보는 글",
        "아직 쓰는 글",
    }
    assert states["새해 인사"] == "published"
    assert articles_of(tmp_path / "out")["새해 인사"].published_at.year == 2098
    assert "버린 글" not in states


def test_whatever_does_not_come_is_named(tmp_path):
    _said, rows = convert("wordpress", WORDPRESS, tmp_path / "out")

    told = "\n".join(" ".join(row) for row in rows)
    for words in (
        *("latest-posts", "source_name", "마을 회의", "contact-form-7", "nav_menu_item", "버린 글"),
        *("없는-그림.jpg", "안내.pdf", "숨은 광고", "오시는 길", "느티나무", "새 소식"),
    ):
        assert words in told
    assert not (tmp_path / "out/pages").exists()


def test_dry_run_tells_the_same_and_writes_nothing(tmp_path, uploads):
    options = ("--uploads", uploads)

    dry, _rows = convert("wordpress", WORDPRESS, tmp_path / "out", *options, "--dry-run")
    assert not (tmp_path / "out").exists()

    real, _rows = convert("wordpress", WORDPRESS, tmp_path / "out", *options)
    assert dry.splitlines()[:-2] == real.splitlines()[:-2]


@pytest.mark.django_db
def test_articles_come_once_with_addresses_pictures_and_comments(client, tmp_path, uploads):
    convert("wordpress", WORDPRESS, tmp_path / "out", "--uploads", uploads, "--pages")
    call_command(
        "convert_comments", "wordpress", WORDPRESS, tmp_path / "c.jsonl", stdout=io.StringIO()
    )

    for _time in range(2):
        said = io.StringIO()
        call_command("import_articles", tmp_path / "out", stdout=said)
        call_command("import_comments", tmp_path / "c.jsonl", stdout=io.StringIO())

    article = Article.objects.get(title="도서관이 & 밤에도 엽니다")
    for address in ("/2024/07/%eb%b0%a4-%eb%8f%84%ec%84%9c%ea%b4%80/", "/?p=11"):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (301, article.get_absolute_url())
    assert client.get("/?p=14").status_code in {200, 404}
    assert client.get("/2024/07/locked/").status_code == 404
    assert Article.objects.count() == 6
    assert Picture.objects.get().alternative_text == "가지가 넓은 느티나무 한 그루"
    assert 'alt="가지가 넓은 느티나무 한 그루"' in article.body_html
    assert list(article.comments.values_list("body", flat=True)) == ["반가운 소식입니다."]
    assert Comment.objects.count() == 1
    assert SitePage.objects.get(slug="way").title == "오시는 길"
    assert LegacyPath.objects.count() == 11
    assert re.search(r"\D0, \D+0, \D+10, \D+0", said.getvalue().splitlines()[-1])


def test_control_characters_are_left_out_and_told(tmp_path):
    source = tmp_path / "in.xml"
    text = WORDPRESS.read_text("utf-8").replace("첫 문단의", "첫\x0b 문단의\x08")
    source.write_bytes(text.encode())

    said, _rows = convert("wordpress", source, tmp_path / "out")

    assert articles_of(tmp_path / "out")["옛 편집기로 쓴 글"].body.startswith("첫 문단의 첫 줄")
    line = text[: text.index("\x0b")].count("\n") + 1
    assert str(line) in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("</channel>", "<", 1), "247"),
        (lambda text: text[: len(text) // 2], r"\d+"),
        (
            lambda text: text.replace(
                "<rss", '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss', 1
            ),
            "document type|문서 형식",
        ),
        (lambda text: "<rss><channel><item/></channel></rss>", "WordPress"),
        (lambda text: "", r"\d"),
    ],
)
def test_broken_export_is_refused_and_leaves_nothing(tmp_path, change, told):
    source = tmp_path / "in.xml"
    source.write_text(change(WORDPRESS.read_text("utf-8")), "utf-8")

    assert re.search(told, refusal("wordpress", source, tmp_path / "out"))


def test_folder_with_something_in_it_is_not_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("내 것")

    with pytest.raises(CommandError):
        convert("wordpress", WORDPRESS, tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_place_of_a_photograph_does_not_come_along(tmp_path):
    text = "---\ntitle: 가\ndate: 2024-07-01\n---\n![사진](/p.jpg)\n![옆](/q.gif)\n"
    site = make_site(tmp_path / "site", {"content/posts/a.md": text})
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    make_picture(site / "static/p.jpg", "JPEG", exif=exif)
    make_picture(site / "static/q.gif", "GIF")

    convert("hugo", site, tmp_path / "out")

    with Image.open(tmp_path / "out/media/hugo/p.jpg") as picture:
        assert not picture.getexif()
    with Image.open(tmp_path / "out/media/hugo/q.png") as picture:
        assert picture.format == "PNG"


def test_export_in_several_files_is_one(tmp_path, uploads):
    head, *items, _tail = re.split(r"(?=<item>)|(?=</channel>)", WORDPRESS.read_text("utf-8"))
    (tmp_path / "in").mkdir()
    for number, part in enumerate((items[:1], items[1:3], items[3:])):
        text = f"{head}{''.join(part)}</channel></rss>"
        (tmp_path / f"in/site.00{number}.xml").write_text(text, "utf-8")

    convert("wordpress", tmp_path / "in", tmp_path / "parts", "--uploads", uploads)
    convert("wordpress", WORDPRESS, tmp_path / "whole", "--uploads", uploads)

    assert articles_of(tmp_path / "parts") == articles_of(tmp_path / "whole")


def test_posts_go_into_a_category_that_is_there(tmp_path):
    convert("wordpress", WORDPRESS, tmp_path / "out", "--category", "trends", "--licence", "type1")

    article = articles_of(tmp_path / "out")["도서관이 & 밤에도 엽니다"]
    assert (article.category, article.kogl) == ("trends", "type1")
    assert article.tags == ("밤", "도서관", "news")
    assert not read_file(tmp_path / "out/taxonomy.yaml").categories


@pytest.mark.parametrize(
    ("html", "body", "told"),
    [
        ("<p>가<br><br>나</p>", "가\n\n나", ""),
        ("<ul><li>가<ol><li>나</li></ol></li></ul>", "- 가\n    1. 나", ""),
        ("<ul><li><p>가</p><p>나</p></li></ul>", "-   가\n\n    나", ""),
        ("<blockquote>가<blockquote>나</blockquote></blockquote>", "> 가\n>\n> > 나", ""),
        ("<h2>가</h2><h5>나</h5><h3>다</h3>", "## 가\n\n### 나\n\n### 다", ""),
        ("<p># 가</p><p>1. 나</p><p>- 다</p>", "\\# 가\n\n1\\. 나\n\n\\- 다", ""),
        ('<p><a href="#n">가</a></p>', "가", "링크"),
        ('<p><a href="https://a.kr/(x)">가</a></p>', "[가](https://a.kr/%28x%29)", ""),
        ("<p>H<sub>2</sub>O <del>가</del></p>", "H₂O 가", "취소선|그은"),
        ('<img src="x.png" width="1" height="1">', "", "한 점"),
        ("<table><tr><td><img src='x.png' alt='가'></td></tr></table>", "[가](x.png)", "표"),
        ("<ul><li><input type='checkbox' checked> 가</li></ul>", "- ☑ 가", ""),
        ('<pre><code class="language-unread">가</code></pre>', "```\n가\n```", ""),
        (
            "<p>가 <kbd>Ctrl</kbd> <q>나</q> <ruby>다<rt>라</rt></ruby></p>",
            "가 `Ctrl` “나” 다(라)",
            "",
        ),
        ('<ul class="blocks-gallery-grid"><li>가</li><li>나</li></ul>', "가\n\n나", ""),
        ("<style>p{}</style><script>x</script><p>가</p>", "가", "스크립트"),
    ],
)
def test_forms_of_text_keep_their_meaning(html, body, told):
    notes = []
    around = Surroundings(link=str, picture=lambda address, alt: "", note=notes.append)

    assert to_markdown(html, around) == body
    assert re.search(told, " ".join(notes)) and bool(told) == bool(notes)


# Hugo

HUGO = {
    "hugo.toml": """baseURL = "https://hugo.example.kr/"
[permalinks]
news = "/:year/:month/:slug/"
""",
    "content/_index.md": "---\ntitle: 첫 쪽\n---\n",
    "content/about.md": "---\ntitle: 우리는\n---\n소개\n",
    "content/posts/첫-글/index.md": """+++
title = "첫 글"
date = 2024-07-01T09:00:00+09:00
tags = ["밤", "책"]
categories = ["도서관"]
aliases = ["/old/first/", "first.html"]
authors = ["한소라", "김미나"]
+++
머리말 *기울임*
이어지는 줄

제목
===

{{< figure src="tree.png" alt="나무" caption="어귀의 나무" >}}

{{< highlight go "linenos=table" >}}
fmt.Println("<가>")
{{< /highlight >}}

[다음 글]({{< ref "second.md" >}})과 각주[^1], 식 $$a_1^2 * b_2$$

{{< myown 1 >}}

<div onclick="alert(1)">생 <b>HTML</b><script>alert(1)</script></div>

[^1]: 덧붙임
""",
    "content/posts/첫-글/notes.md": "---\ntitle: 곁다리\n---\n",
    "content/news/second.md": """---
title: 둘째
date: 2024-07-02 10:00:00
slug: second-one
---
본문
""",
    "content/news/draft.md": '{"title": "초안", "draft": true, "date": "2024-07-03"}\n본문\n',
    "content/news/broken.md": "---\ntitle: [열린\n---\n본문\n",
    "content/news/english.en.md": "---\ntitle: English\ndate: 2024-07-03\n---\nText\n",
}


def test_hugo_site_becomes_a_bundle(tmp_path):
    site = make_site(tmp_path / "site", HUGO)
    make_picture(site / "content/posts/첫-글/tree.png")

    _said, rows = convert("hugo", site, tmp_path / "out")

    articles = articles_of(tmp_path / "out")
    first, second = articles["첫 글"], articles["둘째"]
    assert first.body == (
        "머리말 *기울임* 이어지는 줄\n\n## 제목\n\n"
        '![나무](/media/hugo/posts/첫-글/tree.png "어귀의 나무")\n\n'
        '```go\nfmt.Println("<가>")\n```\n\n'
        "[다음 글](/2024/07/second-one/)과 각주\\[1\\], 식 $$a_1^2 * b_2$$\n\n"
        "{{< myown 1 >}}\n\n생 **HTML**\n\n[1] 덧붙임"
    )
    assert first.legacy_paths == ("/posts/첫-글/", "/old/first/", "/posts/첫-글/first.html")
    assert (first.byline, first.category, first.tags) == ("한소라, 김미나", "도서관", ("밤", "책"))
    assert second.legacy_paths == ("/2024/07/second-one/",)
    assert second.published_at.isoformat() == "2024-07-02T10:00:00+09:00"
    assert articles["초안"].state == "draft"
    told = "\n".join(" ".join(row) for row in rows)
    for words in ("broken.md:2", "english.en.md", "notes.md", "_index.md", "about.md", "myown"):
        assert words in told


# Jekyll

JEKYLL = {
    "_config.yml": "url: https://jekyll.example.kr\nbaseurl: /blog\npermalink: pretty\n",
    "about.md": "---\ntitle: 우리는\n---\n소개\n",
    "_posts/2024-07-01-밤-도서관.md": """---
layout: post
title: "밤: 도서관"
category: 도서관
tags: 밤 책
redirect_from: /first
---
머리말입니다.
{: .lead}

## 제목 {#section}

{% highlight ruby %}
puts "가"
{% endhighlight %}

![나무]({{ site.baseurl }}/assets/tree.png){: width="300"}

[다음]({% post_url 2024-07-02-second %}), {{ page.secret }}

{% include share.html %}

{% raw %}{{ 그대로 }}{% endraw %}
""",
    "_posts/2024-07-02-second.md": "---\ntitle: 둘째\ndate: 2024-07-02 10:00:00 +0000\n---\n본문\n",
    "_posts/2024-07-03-off.md": "---\ntitle: 끔\npublished: false\n---\n본문\n",
    "_drafts/later.md": "---\ntitle: 나중\n---\n본문\n",
    "_recipes/soup.md": "---\ntitle: 국\n---\n본문\n",
}


def test_jekyll_site_becomes_a_bundle(tmp_path):
    site = make_site(tmp_path / "site", JEKYLL)
    make_picture(site / "assets/tree.png")

    _said, rows = convert("jekyll", site, tmp_path / "out")

    articles = articles_of(tmp_path / "out")
    first = articles["밤: 도서관"]
    assert first.body == (
        "머리말입니다.\n\n## 제목\n\n"
        '```ruby\nputs "가"\n```\n\n'
        "![나무](/media/jekyll/assets/tree.png)\n\n"
        "[다음](/blog/2024/07/02/second/), {{ page.secret }}\n\n"
        "{% include share.html %}\n\n{{ 그대로 }}"
    )
    assert first.legacy_paths == ("/blog/도서관/2024/07/01/밤-도서관/", "/blog/first")
    assert (first.category, first.tags) == ("도서관", ("밤", "책"))
    assert articles["둘째"].published_at.isoformat() == "2024-07-02T19:00:00+09:00"
    assert {articles["끔"].state, articles["나중"].state} == {"draft"}
    told = "\n".join(" ".join(row) for row in rows)
    for words in ("include", "page.secret", "soup.md", "about.md"):
        assert words in told


def test_picture_outside_the_folder_is_not_read(tmp_path):
    make_picture(tmp_path / "secret.png")
    text = "---\ntitle: 가\n---\n![x](../../../secret.png)\n\n![y](link.png)\n"
    site = make_site(tmp_path / "site", {"content/posts/a.md": text})
    (site / "content/posts/link.png").symlink_to(tmp_path / "secret.png")

    convert("hugo", site, tmp_path / "out")

    assert not (tmp_path / "out/media").exists()


# Whatever HTML says

_WORDS = st.text("가나다ab1 .*_`[]()#>-+|\\!&<$~\n", min_size=1, max_size=12)


@st.composite
def _html(draw, depth=0):
    if depth == 3:
        return draw(_WORDS).replace("&", "&amp;").replace("<", "&lt;")
    names = st.sampled_from(
        [
            *("p", "div", "b", "em", "code", "h2", "h4", "ul", "ol", "li", "blockquote", "pre"),
            *("table", "tr", "td", "a", "span", "figure", "figcaption", "dl", "dt", "dd", "sup"),
        ]
    )
    pieces = []
    for _number in range(draw(st.integers(1, 3))):
        name, inner = draw(names), draw(_html(depth + 1))
        pieces.append(f'<{name} href="https://a.kr/x">{inner}</{name}>{draw(_html(3))}')
    return "".join(pieces)


@given(_html(), st.booleans())
def test_any_html_becomes_markdown_with_all_its_words(html, keeps_lines):
    notes = []
    around = Surroundings(link=str, picture=lambda address, alt: "", note=notes.append)

    body = to_markdown(html, around, keeps_lines=keeps_lines)

    def letters(text):
        return sorted(re.findall("[가나다]", text))

    assert letters(plain_text(to_html(body))) == letters(html)
