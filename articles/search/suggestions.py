"""What a reader may have meant whose words find nothing, or next to nothing.

Words are taken from what readers may see: titles of articles and of items of monthly issues, names
and other spellings of ranked subjects, tags. Of each the newest are looked at, so that the cost
stays bounded however much there is. Comments give none: nobody writes into the suggestions.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from articles.models import Article, SearchDocument, Tag
from articles.rankings.similar_names import spelt_alike
from articles.search import tokens
from articles.search.queries import Query, find, visible_documents

NEWEST = 1000
MAX_WORDS = 3
# Shorter ones are near to too much.
LEAST_SYLLABLES, LEAST_LETTERS = 2, 4
_KINDS = [
    SearchDocument.Kind.SUBJECT,
    SearchDocument.Kind.ARTICLE,
    SearchDocument.Kind.ISSUE_ITEM,
]


def suggested(text: str) -> str:
    """Return `text` with unknown words as the site spells them, or "" where that finds nothing."""
    known = _known_words()
    by_folded_word = {tokens.fold(word): word for word in reversed(known)}
    replaced: dict[str, str] = {}
    unknown = (word for word in tokens.words(text) if tokens.fold(word) not in by_folded_word)
    for word in list(filter(_can_be_compared, unknown))[:MAX_WORDS]:
        if alike := spelt_alike(word, known):
            replaced[word] = alike[0]
    if not replaced:
        return ""
    words = " ".join(replaced.get(word, word) for word in tokens.words(text))
    return words if find(Query(words)).documents else ""


def _known_words() -> list[str]:
    """Return the words, the most telling first."""
    texts = chain(_tags(), *map(_texts, _KINDS))
    words = chain.from_iterable(map(tokens.words, texts))
    return list(dict.fromkeys(filter(_can_be_compared, words)))


def _texts(kind: str) -> Iterator[str]:
    # By the objects' own keys, whose index leads past the comments.
    documents = visible_documents().filter(kind=kind).order_by("-object_id")
    if kind != SearchDocument.Kind.SUBJECT:
        return documents.values_list("title", flat=True)[:NEWEST].iterator()
    names = documents.values_list("title", "text")[:NEWEST]
    return (f"{title}, {aliases}" for title, aliases in names)


def _tags() -> Iterable[str]:
    shown = Article.tags.through.objects.filter(Article.objects.is_published("article"))
    tags = Tag.objects.filter(pk__in=shown.values("tag"))
    return tags.order_by("-pk").values_list("name", flat=True)[:NEWEST]


def _can_be_compared(word: str) -> bool:
    return len(word) >= (LEAST_LETTERS if word.isascii() else LEAST_SYLLABLES) and not (
        word.isdecimal()
    )
