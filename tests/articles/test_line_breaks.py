"""Where a line of Korean text does not break."""

import pytest

from articles.content.line_breaks import kept_together
from tests.factories import make_article, make_issue


@pytest.mark.parametrize(
    ("html", "drawn"),
    [
        ("자동차·노트북", '자동<span class="nb">차·</span>노트북'),
        ("메타(미국)의 모형", '메타(미국<span class="nb">)의</span> 모형'),
        ("‘익명’으로", '‘익명<span class="nb">’으</span>로'),
        ("30%를", '30<span class="nb">%를</span>'),
        ("R&amp;D·정책 &amp;·", 'R&amp;<span class="nb">D·</span>정책 &amp;·'),
        ('<a href="/문서_(가)나·다">가</a>', '<a href="/문서_(가)나·다">가</a>'),
        ("<pre><code>가·나(다)라</code></pre>", "<pre><code>가·나(다)라</code></pre>"),
    ],
)
def test_dots_and_particles_stay_with_what_stands_before_them(html, drawn):
    assert kept_together(html) == drawn


@pytest.mark.django_db
def test_titles_summaries_and_headlines_break_like_texts(client):
    issue = make_issue(items=[("정책", "나라(EU)의 <법>", "")])
    article = make_article(title="부품(SBOM)의 뜻", summary="정책·기술", monthly_issue=issue)

    for address in ("/", article.get_absolute_url()):
        page = client.get(address).content.decode()
        assert '부품(SBOM<span class="nb">)의</span> 뜻</' in page, address
        assert '정<span class="nb">책·</span>기술</p>' in page, address
        assert '나라(EU<span class="nb">)의</span> &lt;법&gt;</' in page, address
