import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.content.headings import contents, reading_minutes, with_anchors
from articles.content.markdown import to_html
from tests.factories import make_article

BODY = "## 첫 소식\n\n글\n\n### 자세히\n\n글\n\n## 첫 소식\n\n## <시사점> & 전망"


def test_headings_have_addresses_made_of_their_words():
    headings = contents(with_anchors(to_html(BODY)))

    assert [(heading.level, heading.id, heading.text) for heading in headings] == [
        (2, "s-첫-소식", "첫 소식"),
        (3, "s-자세히", "자세히"),
        (2, "s-첫-소식-2", "첫 소식"),
        (2, "s-시사점-전망", "<시사점> & 전망"),
    ]


@given(st.lists(st.text("가나- #<>&\"'*_`[](){}.!", max_size=60), max_size=8))
def test_addresses_are_unique_and_safe(texts):
    html = with_anchors(to_html("\n\n".join(f"## 가{text}" for text in texts)))

    identities = [heading.id for heading in contents(html)]
    assert len(identities) == len(set(identities))
    assert not set('"<>& ') & set("".join(identities))


@pytest.mark.parametrize(("characters", "minutes"), [(0, 1), (500, 1), (2600, 5)])
def test_reading_time_follows_the_length(characters, minutes):
    assert reading_minutes(f"<p>{'글 ' * characters}</p>") == minutes


@pytest.mark.django_db
def test_long_article_shows_its_contents_and_a_short_one_does_not(client):
    long, short = make_article(body=BODY), make_article(body="## 하나\n\n글")

    page = client.get(long.get_absolute_url()).content.decode()

    assert '<a href="#s-자세히">자세히</a>' in page
    assert '<h3 id="s-자세히">' in page
    assert 'class="contents"' not in client.get(short.get_absolute_url()).content.decode()
