"""Time searches in this database: `python -m bench.search_probe` prints {kind: [milliseconds]}.

Each is a whole request through Django: middleware, view, database and template.
"""

import json
import os
import random
import re
import time
from collections import Counter
from itertools import pairwise
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from articles.models import SearchDocument  # noqa: E402

QUERIES = 40
SYLLABLES = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허"


def vocabulary():
    """Return words by how many of a sample of documents hold them, and two that stand together."""
    texts = SearchDocument.objects.filter(kind="article").values_list("text", flat=True)[:300]
    frequency, pairs = Counter(), []
    for text in texts:
        words = re.findall(r"[가-힣]{2,3}(?![가-힣])", text)
        frequency.update(set(words))
        pairs += pairwise(words)
    return [word for word, _count in frequency.most_common()], pairs


def queries():
    """Return {kind: [words to look for]}; the same in every run over the same texts."""
    chosen = random.Random(7)  # noqa: S311 - no secret
    words, pairs = vocabulary()
    three = ["".join(chosen.choices(SYLLABLES, k=3)) for _number in range(QUERIES)]
    return {
        "common words": words[:QUERIES],
        "rare words": words[-QUERIES:],
        "words of no article": three,
        "two common words": [" ".join(chosen.sample(words[:60], 2)) for _number in range(QUERIES)],
        "a common and a rare word": list(
            map(" ".join, zip(words[:QUERIES], words[-QUERIES:], strict=False))
        ),
        "phrases": [f'"{first} {second}"' for first, second in chosen.sample(pairs, QUERIES)],
        "phrases of no article": [
            f'"{first} {second}"' for second, first in chosen.sample(pairs, QUERIES)
        ],
        "initials": ["ㅇㅍㅅㅅ", "ㅋㅂㄴㅌㅅ", "ㅅㅅㅅㅅ"] * (QUERIES // 3),
    }


def milliseconds(client, words):
    began = time.perf_counter()
    response = client.get(reverse("search"), {"q": words})
    found = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise SystemExit(f"{words} was answered with {response.status_code}.")
    return found


def main():
    asked = queries()
    client = Client(headers={"host": urlsplit(settings.SITE_URL).netloc})
    milliseconds(client, "처음")
    print(
        json.dumps({kind: [milliseconds(client, text) for text in asked[kind]] for kind in asked})
    )


if __name__ == "__main__":
    main()
