"""Exports of other systems become lines; what is hostile or broken in them is named."""

import io
import json
import re
import stat
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from articles.models import LegacyPath
from comments.identity import credentials
from comments.imports.html_to_text import to_text
from comments.models import Comment
from tests.factories import make_article

FIXTURES = Path(__file__).parent / "fixtures"


def convert(system, source, tmp_path, *options):
    """Return the lines of the file that a conversion writes, and what it prints."""
    out, file = io.StringIO(), tmp_path / "out.jsonl"
    call_command("convert_comments", system, source, file, *options, stdout=out)
    lines = file.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines[1:]], out.getvalue()


def write_disqus(tmp_path, *posts, head='<?xml version="1.0" encoding="utf-8"?>', encoding="utf-8"):
    text = (
        f'{head}<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">'
        '<thread dsq:id="1"><id>uid-1</id><link>https://old.example.kr/a/b</link><title>글</title>'
        f"</thread>{''.join(posts)}</disqus>"
    )
    file = tmp_path / "in.xml"
    file.write_bytes(text.encode(encoding))
    return file


def post(number, message="글", parent="", at="2019-03-05T01:02:03Z", thread=1):
    parent = f'<parent dsq:id="{parent}"/>' if parent else ""
    return (
        f'<post dsq:id="{number}"><message><![CDATA[{message}]]></message>'
        f"<createdAt>{at}</createdAt>"
        f"<isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>미나</name></author>"
        f'<thread dsq:id="{thread}"/>{parent}</post>'
    )


def refusal(system, source, tmp_path):
    with pytest.raises(CommandError) as error:
        convert(system, source, tmp_path)
    assert not list(tmp_path.glob("out.jsonl*"))
    return str(error.value)


def test_disqus_export_becomes_threads_in_the_order_of_writing(tmp_path):
    (thread, *comments), said = convert("disqus", FIXTURES / "disqus.xml", tmp_path)

    assert thread["thread"] == {
        "uid": "old-article-254",
        "path": "/pages/11/254",
        "slug": "254",
        "title": "열린 모형의 한 해",
    }
    assert [(c["id"], c.get("parent", ""), c.get("state", "published")) for c in comments] == [
        ("disqus:9001", "", "published"),
        ("disqus:9002", "disqus:9001", "published"),
        ("disqus:9003", "", "deleted"),
        ("disqus:9004", "disqus:9003", "published"),
        ("disqus:9006", "", "held"),
    ]
    assert comments[0]["body"] == "표를 이렇게 나누니 좋네요 & 쉽네요.\n둘째 줄입니다.\n\n다음 문단"
    assert comments[1]["body"] == (
        "동의합니다. https://example.org/a/very/long/address?x=1&y=2 도 보세요.\n\n> 첫 줄"
    )
    assert comments[1]["email"] == "garam@example.com"
    assert comments[2] == {
        "id": "disqus:9003",
        "created_at": "2019-03-05T04:00:00+00:00",
        "state": "deleted",
    }
    assert comments[4]["body"] == "대상이 없는 답글\n\n그림 https://example.org/p.png"
    assert "disqus:9006" in said


def test_wordpress_export_becomes_threads_in_the_order_of_writing(tmp_path):
    (thread, *comments), said = convert("wordpress", FIXTURES / "wordpress.xml", tmp_path)

    assert thread["thread"]["slug"] == "open-data-uses"
    assert [(c["id"], c.get("parent", ""), c.get("state", "published")) for c in comments] == [
        ("wordpress:blog.example.kr:3", "", "published"),
        ("wordpress:blog.example.kr:4", "wordpress:blog.example.kr:3", "published"),
        ("wordpress:blog.example.kr:6", "", "held"),
    ]
    assert comments[0]["body"] == "- 하나\n- 둘"
    assert comments[0]["created_at"] == "2019-03-05T10:00:00+09:00"
    assert comments[1]["body"] == "답글입니다.\n둘째 줄\n\n셋째 문단 강조"
    assert "192.0.2" not in json.dumps(comments)
    assert "blog.example.kr:5" in said


@pytest.mark.django_db
@pytest.mark.parametrize(("system", "count"), [("disqus", 5), ("wordpress", 3)])
def test_converted_file_is_imported_and_managed_by_the_address(tmp_path, system, count):
    article = make_article(slug="open-data-uses")
    LegacyPath.objects.create(path="/pages/11/254", article=article)
    convert(system, FIXTURES / f"{system}.xml", tmp_path)

    for _time in range(2):
        call_command("import_comments", tmp_path / "out.jsonl", stdout=io.StringIO())

    assert article.comments.count() == count
    garam = Comment.objects.get(name="가람")
    assert credentials.digest_matches(garam.email_digest, "garam@example.com")
    assert not any(Comment.objects.values_list("password", flat=True))


@pytest.mark.django_db
def test_threads_whose_addresses_differ_by_the_query_come_to_their_own_articles(tmp_path):
    first, second, bare = (make_article(slug=f"글-{number}") for number in range(3))
    LegacyPath.objects.create(path="/bbs/view.do?b=B1&nttId=7", article=first)
    LegacyPath.objects.create(path="/?p=8", article=second)
    LegacyPath.objects.create(path="/board.php", article=bare)
    links = [
        "https://old.example.kr/bbs/view.do;jsessionid=0A?nttId=7&amp;b=B1&amp;utm_source=mail",
        "https://old.example.kr/bbs/view.do?b=B1&amp;nttId=9",
        "https://old.example.kr/?p=8",
        "https://old.example.kr/board.php?wr_id=8",
    ]
    threads = "".join(
        f'<thread dsq:id="{number}"><id>x</id><link>{link}</link><title>글</title></thread>'
        for number, link in enumerate(links, 10)
    )
    posts = [post(number, f"글 {number}", thread=number) for number in range(10, 14)]
    source = write_disqus(tmp_path, threads, *posts)
    convert("disqus", source, tmp_path)

    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_comments", tmp_path / "out.jsonl", stdout=out)

    found = {comment.body: comment.article for comment in Comment.objects.all()}
    assert found == {"글 10": first, "글 12": second}
    assert out.getvalue().count("찾지 못했습니다") == 2


def test_addresses_can_be_left_out_and_the_file_is_its_owners_alone(tmp_path):
    lines, _said = convert("disqus", FIXTURES / "disqus.xml", tmp_path, "--without-addresses")

    assert "@" not in json.dumps(lines)
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600


def write_wordpress(
    tmp_path, *comments, space="http://wordpress.org/export/1.2/", status="publish"
):
    file = tmp_path / "in.xml"
    file.write_text(
        f'<rss version="2.0" xmlns:wp="{space}"><channel><link>https://blog.example.kr</link><item>'
        "<title>글</title><link>https://blog.example.kr/?p=31</link>"
        f"<wp:post_name>post</wp:post_name><wp:status>{status}</wp:status>{''.join(comments)}"
        "</item></channel></rss>",
        encoding="utf-8",
    )
    return file


def entry(number, kind="comment", *, approved="1", parent=0):
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>미나"
        "</wp:comment_author><wp:comment_date_gmt>2019-03-05 01:02:03</wp:comment_date_gmt>"
        f"<wp:comment_content>글 {number}</wp:comment_content><wp:comment_type>{kind}"
        f"</wp:comment_type><wp:comment_approved>{approved}</wp:comment_approved>"
        f"<wp:comment_parent>{parent}</wp:comment_parent></wp:comment>"
    )


NO_COMMENTS = [
    *("note", "order_note", "pingback", "trackback", "action_log", "review", "webhook_delivery"),
    *("vote", "edd_payment_note", "Comment", "comment2", "알림"),
]


def test_entries_of_wordpress_that_are_no_comments_are_counted_by_their_type(tmp_path):
    others = [entry(number, kind) for number, kind in enumerate(NO_COMMENTS * 2, 100)]
    source = write_wordpress(
        tmp_path, entry(1), entry(2, ""), *others, entry(3, parent=100), entry(4, "note")
    )

    (thread, *comments), said = convert("wordpress", source, tmp_path)

    assert thread["thread"]["path"] == "/?p=31"
    assert [(c["body"], c.get("parent", "")) for c in comments] == [
        ("글 1", ""),
        ("글 2", ""),
        ("글 3", ""),
    ]
    for kind in NO_COMMENTS:
        if kind not in {"pingback", "trackback"}:
            count = 3 if kind == "note" else 2
            assert re.search(rf"^{count}번: .*“{kind}”", said, re.MULTILINE), (kind, said)


@pytest.mark.parametrize(
    "space",
    [
        "http://wordpress.org/export/1.0/",
        "http://wordpress.org/export/1.2",
        "https://wordpress.org/export/1.2/",
        "https://www.wordpress.org/export/1.1/",
    ],
)
def test_export_of_wordpress_is_known_by_any_spelling_of_its_namespace(tmp_path, space):
    lines, _said = convert("wordpress", write_wordpress(tmp_path, entry(1), space=space), tmp_path)

    assert [line.get("body") for line in lines[1:]] == ["글 1"]


@pytest.mark.parametrize(
    ("approved", "state"),
    [("1", "published"), ("0", "held"), ("hold", "held"), ("", "held"), ("approve", "published")],
)
def test_comment_is_public_only_where_it_was_surely(tmp_path, approved, state):
    source = write_wordpress(tmp_path, entry(1, approved=approved))

    lines, _said = convert("wordpress", source, tmp_path)

    assert lines[1].get("state", "published") == state


def test_threads_that_were_deleted_stay_deleted(tmp_path):
    gone = (
        '<thread dsq:id="2"><id>uid-2</id><link>https://old.example.kr/c</link><title>둘</title>'
        "<isDeleted>true</isDeleted></thread>"
    )
    disqus = write_disqus(tmp_path, gone, post(1), post(2, thread=2), post(3, "답", 2, thread=2))

    lines, said = convert("disqus", disqus, tmp_path)

    assert [line.get("body") for line in lines[1:]] == ["글"]
    assert re.search(r"^1번: .*\(2\)$", said, re.MULTILINE)

    lines, said = convert(
        "wordpress", write_wordpress(tmp_path, entry(1), status="trash"), tmp_path
    )
    assert not lines
    assert said.count("번:") == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2019-03-05T01:02:03Z", "2019-03-05T01:02:03+00:00"),
        ("2019-03-05T01:02:03.456789Z", "2019-03-05T01:02:03.456789+00:00"),
        ("2019-03-05T10:02:03+09:00", "2019-03-05T10:02:03+09:00"),
        ("2019-03-05T01:02:03", "2019-03-05T01:02:03+00:00"),
    ],
)
def test_moment_of_disqus_is_read(tmp_path, written, expected):
    lines, _said = convert("disqus", write_disqus(tmp_path, post(1, at=written)), tmp_path)

    assert lines[1]["created_at"] == expected


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "웃음"}">' for n in range(10))


@pytest.mark.parametrize(
    "head",
    [
        f"<!DOCTYPE disqus [{LAUGHS}]>",
        '<!DOCTYPE disqus [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE disqus SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE disqus [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]>',
    ],
)
def test_document_type_is_refused_before_anything_is_read(tmp_path, head):
    source = write_disqus(tmp_path, post(1, "]]>&l9;&x;<![CDATA["), head=head)

    said = refusal("disqus", source, tmp_path)

    assert "문서 형식" in said or "XML" in said
    assert "root:" not in said


@pytest.mark.parametrize(("declared", "real"), [("utf-8", "euc-kr"), ("no-such-code", "utf-8")])
def test_wrong_encoding_is_named(tmp_path, declared, real):
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    source = write_disqus(tmp_path, post(1, "한글"), head=head, encoding=real)

    assert "XML" in refusal("disqus", source, tmp_path)


def test_encoding_that_is_declared_is_read(tmp_path):
    head = '<?xml version="1.0" encoding="euc-kr"?>'
    source = write_disqus(tmp_path, post(1, "한글"), head=head, encoding="euc-kr")

    lines, _said = convert("disqus", source, tmp_path)

    assert lines[1]["body"] == "한글"


@pytest.mark.parametrize("system", ["disqus", "wordpress"])
@pytest.mark.parametrize("content", [b"", b"plain", b"<html/>", b"<rss/>", b"\x00\xff", b"<a><b>"])
def test_other_files_are_refused_in_words(tmp_path, system, content):
    source = tmp_path / "in.xml"
    source.write_bytes(content)

    assert str(source) in refusal(system, source, tmp_path)


def test_missing_file_is_refused_in_words(tmp_path):
    assert "nowhere" in refusal("disqus", tmp_path / "nowhere", tmp_path)


def test_circles_missing_parents_and_numbers_that_stand_twice_are_sorted_out(tmp_path):
    source = write_disqus(
        tmp_path,
        post(1, "첫", parent=3),
        post(2, "둘", parent=1, at="2019-03-05T01:02:04Z"),
        post(3, "셋", parent=2, at="2019-03-05T01:02:05Z"),
        post(4, "자기에게", parent=4),
        post(5, "없는 글에", parent=99),
        post(1, "또 첫"),
        post("", "번호 없이"),
        post(6, "날짜 없이", at="어제"),
        post(7, "모르는 쪽", thread=9),
        post(8, " <p> </p>"),
    )

    (_thread, *comments), said = convert("disqus", source, tmp_path)

    found = {c["id"]: (c.get("parent", ""), c["body"]) for c in comments}
    assert found == {
        "disqus:1": ("", "첫"),
        "disqus:2": ("disqus:1", "둘"),
        "disqus:3": ("disqus:2", "셋"),
        "disqus:4": ("", "자기에게"),
        "disqus:5": ("", "없는 글에"),
    }
    for sentence in (
        "두 번",
        "번호가 없",
        "시각",
        "대상이 없",
        "읽을 수 있는 내용",
        "글이 파일에 없",
    ):
        assert sentence in said


def test_reply_dated_before_what_it_answers_still_follows_it(tmp_path):
    source = write_disqus(
        tmp_path, post(1, "답", parent=2, at="2018-01-01T00:00:00Z"), post(2, "물음")
    )

    (_thread, *comments), _said = convert("disqus", source, tmp_path)

    assert [c["id"] for c in comments] == ["disqus:2", "disqus:1"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("그냥 글", "그냥 글"),
        ("<p>하나</p><p>둘<br/>셋</p>", "하나\n\n둘\n셋"),
        ('<a href="https://example.org/x">여기</a>', "여기 (https://example.org/x)"),
        ('<a href="https://example.org/x">example.org/x</a>', "https://example.org/x"),
        ('<a href="javascript:alert(1)">여기</a>', "여기"),
        (
            "<blockquote>인용<blockquote>깊은 인용</blockquote></blockquote>답",
            "> 인용\n\n> > 깊은 인용\n\n답",
        ),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<ol><li>하나<li>둘</ol>", "1. 하나\n2. 둘"),
        (
            "<ol start=3><li>하나<ul><li>속 하나<li>속 둘</ul>덧붙임<li>둘</ol>",
            "3. 하나\n  - 속 하나\n  - 속 둘\n  덧붙임\n4. 둘",
        ),
        (
            "<ul><li>하나<ol><li>속<ol type=a><li>더 속</ol></ol></ul>",
            "- 하나\n  1. 속\n    a. 더 속",
        ),
        ("<ol reversed><li>나중<li value=9>먼저</ol>", "2. 나중\n9. 먼저"),
        ("<ul><li><p>하나</p><p>둘</p><li></ul>", "- 하나\n\n  둘"),
        ("<blockquote><ul><li>하나</ul></blockquote>", "> - 하나"),
        (
            "<table><tr><th>연도<th>값<tr><td>2024<td>1,234</table>뒤",
            "연도 | 값\n2024 | 1,234\n\n뒤",
        ),
        ("<table><tr><td><p>가</p><p>나</p></td><td>다<br>라</td></tr></table>", "가 나 | 다 라"),
        ("<div>가</div><section>나</section>다<aside>라</aside>", "가\n나\n다\n라"),
        ("<dl><dt>말<dd>뜻</dl><details><summary>제목</summary>속</details>", "말\n뜻\n\n제목\n속"),
        ("<figure><img alt='그림'><figcaption>설명</figcaption></figure>", "그림\n설명"),
        ("앞<b>뒤</b>는 한 낱말", "앞뒤는 한 낱말"),
        ("앞<img src='https://example.org/p.png'>뒤", "앞 https://example.org/p.png 뒤"),
        ("<script>alert(1)</script><style>p{}</style>글<!-- 속 -->끝", "글끝"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<img src='https://example.org/p.png'>", "https://example.org/p.png"),
        ("<img src='data:image/png;base64,AAAA' alt='그림'>", "그림"),
        ("<?xml version='1.0' encoding='utf-8'?><p>글</p>", "글"),
        ("<?xml:namespace prefix = o /><p>글</p>", "글"),
        ('<iframe src="//a.kr/v"></iframe>', "https://a.kr/v"),
        ("<table><tr><td><table><tr><td>가<td>나</table></table>", "가 | 나"),
        ("", ""),
        ("<", "<"),
        ("<p>", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(html, text):
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://example.org/x", "https://example.org/x"),
        ("https://example.org/x/", "example.org/x"),
        ("https://www.example.org/x", "http://example.org/x/"),
        ("https://example.org/a/very/long", "https://example.org/a/v..."),
        ("https://example.org/a/very/long", "example.org/a/v…"),
        ("https://example.org/%EA%B0%80", "https://example.org/가"),
        ("https://example.org/x", ""),
        ("https://example.org/x", "<b>https://</b>example.org/x"),
        ("https://example.org/x.png", "<img src='https://example.org/x.png'>"),
        ("https://example.org/x", "<p>https://example.org/x</p>"),
    ],
)
def test_address_of_a_link_is_shown_once(address, words):
    text = to_text(f"앞 <a href='{address}'>{words}</a> 뒤")

    assert " ".join(text.split()) == f"앞 {address} 뒤"


@pytest.mark.parametrize("words", ["여기", "example.org", "https://elsewhere.example.org/"])
def test_other_words_of_a_link_stay_beside_its_address(words):
    text = to_text(f"<a href='https://example.org/x'>{words}</a>")

    assert text == f"{words} (https://example.org/x)"


def test_links_of_the_old_site_and_to_mails_keep_where_they_lead():
    for href, text in (
        ("/files/a.hwp", "여기 (/files/a.hwp)"),
        ("view.do?nttId=7", "여기 (view.do?nttId=7)"),
        ("mailto:kim@example.org", "여기 (kim@example.org)"),
        ("tel:02-123-4567", "여기 (02-123-4567)"),
        *((href, "여기") for href in ("#top", "javascript:go()", "data:text/html,x", "//", "")),
    ):
        assert to_text(f"<a href='{href}'>여기</a>") == text, href


def test_address_behind_a_detour_is_shown_itself():
    detour = "https://disq.us/url?url=https%3A%2F%2Fexample.org%2Fx%3Fa%3D1%3AbC2_d&amp;cuid=5"

    assert to_text(f"<a href='{detour}'>example.org/x?a=1</a>") == "https://example.org/x?a=1"


def test_lines_of_wordpress_are_kept():
    assert to_text("하나\n둘\n\n셋 <b>넷</b>", keeps_lines=True) == "하나\n둘\n\n셋 넷"
    assert to_text("<ul>\n<li>하나</li>\n<li>둘</li>\n</ul>\n끝", keeps_lines=True) == (
        "- 하나\n- 둘\n\n끝"
    )
    nested = "<ul>\n<li>하나\n<ul>\n<li>속</li>\n</ul>\n</li>\n<li>둘</li>\n</ul>"
    assert to_text(nested, keeps_lines=True) == "- 하나\n  - 속\n- 둘"
    assert to_text("<p>하나\n둘</p>\n<p>셋</p>", keeps_lines=True) == "하나\n둘\n\n셋"
    assert to_text("<pre>a\n  b\n\nc</pre>", keeps_lines=True) == "a\n  b\n\nc"


WORDS = st.text("가나다abc12", min_size=1, max_size=4)
INLINE = ["b", "i", "span", "a href='https://example.org/x'"]
BLOCK = ["p", "div", "ul", "ol", "li", "blockquote", "table", "tr", "td", "pre", "section", "dl"]


def marked_up(names):
    return lambda inner: st.builds(
        lambda name, parts: f"<{name}>{' '.join(parts)}</{name.split()[0]}>",
        st.sampled_from(names),
        st.lists(inner, max_size=4),
    )


@given(st.recursive(WORDS, marked_up(INLINE + BLOCK), max_leaves=12), st.booleans())
def test_every_word_of_a_text_is_kept_and_stays_apart(html, keeps_lines):
    words = re.sub(r"<[^>]*>", " ", html).split()

    text = to_text(html, keeps_lines=keeps_lines)

    shown = text.split()
    assert not Counter(words) - Counter(shown), (html, text)


def test_deep_markup_ends():
    assert "글" in to_text("<blockquote>" * 200 + "글")
    assert isinstance(to_text("<b>" * 100_000 + "글"), str)


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                "<a href='x'>",
                "</a>",
                "<p>",
                "</li>",
                "<pre>",
                "</blockquote>",
                "<blockquote>",
                "&#0;",
                "글",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_html_is_some_text(html):
    text = to_text(html, keeps_lines=True)

    assert isinstance(text, str)
    assert "\0" not in text
