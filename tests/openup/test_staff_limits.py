"""What one person of the staff makes in a short time has its bound."""

import pytest
from django.urls import reverse

from articles.models import Remark, ShareLink
from comments.identity.rate_limits import LINK_TRIALS, REMARKS, SHARE_LINKS, spend
from tests.factories import make_article, make_staff


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limit", "page", "sent"),
    [
        (REMARKS, "remarks", {"text": "맞나요?"}),
        (SHARE_LINKS, "share_links", {"days": 7}),
        (LINK_TRIALS, "outside_links", {}),
    ],
)
def test_one_person_makes_so_many_and_no_more(client, limit, page, sent):
    article = make_article(body="[다른 곳](https://news.example/)")
    user = make_staff("articles.change_article")
    client.force_login(user)
    for _number in range(limit.count):
        spend(limit, user.pk)

    response = client.post(reverse(page, args=["article", article.pk]), sent)

    assert response.status_code == 429
    assert not Remark.objects.exists() and not ShareLink.objects.exists()
