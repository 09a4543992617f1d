"""Where a line of Korean text does not break."""

import pytest

from articles.content.line_breaks import kept_together


@pytest.mark.parametrize(
    ("html", "drawn"),
    [
        ("자동차·노트북", '자동<span class="nb">차·</span>노트북'),
        ("메타(미국)의 모형", '메타(미국<span class="nb">)의</span> 모형'),
        ("30%를", '30<span class="nb">%를</span>'),
        ("R&amp;D·정책 &amp;·", 'R&amp;<span class="nb">D·</span>정책 &amp;·'),
        ('<a href="/문서_(가)나·다">가</a>', '<a href="/문서_(가)나·다">가</a>'),
        ("<pre><code>가·나(다)라</code></pre>", "<pre><code>가·나(다)라</code></pre>"),
    ],
)
def test_dots_and_particles_stay_with_what_stands_before_them(html, drawn):
    assert kept_together(html) == drawn
