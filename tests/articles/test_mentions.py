import pytest

from articles.content.mentions import mentioned
from tests.factories import make_article, make_ranking, make_subject, make_table

NAMES = {"meta": ["메타", "Meta"], "zhipu": ["지푸 AI"], "short": ["가"]}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("메타의 라마", {"meta"}),
        ("메타, 구글", {"meta"}),
        ("Meta가 냈다", {"meta"}),
        ("meta", {"meta"}),
        ("메타버스와 metadata", set()),
        ("지푸 AI는 1위", {"zhipu"}),
        ("지푸 AIX", set()),
        ("가", set()),
        ("", set()),
    ],
)
def test_names_are_found_as_words_of_their_own(text, keys):
    assert mentioned(text, NAMES) == keys


@pytest.mark.django_db
def test_article_leads_to_the_subjects_it_mentions(client):
    ranking = make_ranking()
    make_table(make_article(), ranking)
    subject = ranking.periods.first().entries.first().subject
    make_subject("이름뿐").store()
    article = make_article(body=f"{subject.name}의 모형과 이름뿐인 모형")

    html = client.get(article.get_absolute_url()).content.decode()

    assert f'<a href="{subject.get_absolute_url()}">{subject.name}</a>' in html
    assert "/subjects/" not in html.replace(subject.get_absolute_url(), "")
