"""Print what public pages cost, in milliseconds: `python -m bench.growth_probe [NAME=PATH …]`."""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from articles.models import Article, Category, RankingSubject, Tag  # noqa: E402

ROUNDS = 15


def every_page():
    """Return {name: path} of one page of each kind."""
    sample = Article.objects.get(uid="2025-10-open-models")
    newest = Article.objects.published().newest()
    subject = RankingSubject.objects.exclude(entries=None).order_by("pk").first()
    tag = sample.tags.first() or Tag.objects.first()
    category = Category.objects.get(pk=sample.category_id)
    middle = newest[50]
    return {
        "front page": "/",
        "list": "/articles/",
        "list, older": f"/articles/?before={middle.pk}",
        # Full with any number of articles.
        "month": "/articles/2025/10/",
        "article": sample.get_absolute_url(),
        "short article": middle.get_absolute_url(),
        "category": category.get_absolute_url(),
        "tag": tag.get_absolute_url(),
        "monthly issues": "/issues/",
        "monthly issue": "/issues/2025-10/",
        "rankings": "/rankings/",
        "ranking": "/rankings/open-model-preference/",
        "subject": f"/subjects/{subject.slug}/",
        "search": "/search/?q=개방형",
        "search, two words": "/search/?q=오픈소스+모델",
        "feed": "/feed/",
        "category feed": f"{category.get_absolute_url()}feed/",
        "tag feed": f"{tag.get_absolute_url()}feed/",
        "comments' feed": "/comments/feed/",
        "article's comments' feed": f"/articles/{sample.pk}/comments/feed/",
        "corrections": "/corrections/",
        "article's data": f"{sample.get_absolute_url().removesuffix('/')}.json",
        "list's data": "/articles.json",
        "monthly issue's data": "/issues/2025-10.json",
        "ranking's data": "/rankings/open-model-preference.json",
        "ranking as CSV": "/rankings/open-model-preference.csv",
        "subject's data": f"/subjects/{subject.slug}.json",
        "sitemap index": "/sitemap.xml",
        "sitemap of the lists": "/sitemaps/pages.xml",
        "site page": "/pages/privacy/",
        "404": "/nowhere/",
    }


def cost(client, path):
    times = []
    for _number in range(ROUNDS):
        began = time.perf_counter()
        response = client.get(path)
        b"".join(response)
        times.append(1000 * (time.perf_counter() - began))
    if response.status_code not in {200, 404}:
        raise SystemExit(f"{path} answered {response.status_code}")
    # What else the machine does only adds to a time.
    return min(times)


def main():
    client = Client(headers={"host": settings.SITE_HOST})
    pages = dict(pair.split("=", 1) for pair in sys.argv[1:]) or every_page()
    for path in pages.values():
        client.get(path)
    print(json.dumps({name: cost(client, path) for name, path in pages.items()}))


if __name__ == "__main__":
    main()
