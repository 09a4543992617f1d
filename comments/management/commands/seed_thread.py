from functools import cache

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from rich.progress import Progress

from articles.models import CONVERSATION, Article, PageVersion
from comments.management.made_up_texts import MadeUpTexts
from comments.models import Comment, Thread
from comments.models.comment.placement import place_reply, place_root
from comments.threads.text import body_to_html

# Replies come in threes: one to the root, one to that one, one to the last; so depth is four.
CHAIN = 3
REPLIES_AT_ONCE = 1000 * CHAIN
ROOTS_AT_ONCE = 500
NAMES = ["", "도담", "가람", "은하수", "Haneul Kim"]


class Command(BaseCommand):
    help = (
        "Fill an article's thread with made-up comments, to see and to measure large threads."
        " They have no e-mail and no password, so nobody can edit or delete them."
    )

    def add_arguments(self, parser):
        parser.add_argument("article_id", type=int)
        parser.add_argument(
            "--comments", type=int, default=100, help="how many, roots and replies together"
        )
        parser.add_argument(
            "--replies", type=int, default=0, help="one more root with so many replies below it"
        )

    def handle(self, *args, article_id, comments, replies, **options):
        article = Article.objects.filter(pk=article_id).first()
        if article is None:
            raise CommandError(_("There is no article with this number."))
        if comments < 0 or replies < 0:
            raise CommandError(_("Numbers below zero make no comments."))
        whole, rest = divmod(comments, CHAIN + 1)
        sizes = [CHAIN] * whole + ([rest - 1] if rest else [])
        written = 0
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            task = progress.add_task(_("Writing comments"), total=comments + replies)
            for start in range(0, len(sizes), ROOTS_AT_ONCE):
                roots = add_roots(article, len(sizes[start : start + ROOTS_AT_ONCE]))
                numbers = [range(1, size + 1) for size in sizes[start : start + ROOTS_AT_ONCE]]
                written += len(roots) + add_replies(article, roots, numbers)
                progress.update(task, completed=written)
            roots = add_roots(article, 1) if replies else []
            written += len(roots)
            for first in range(1, replies + 1, REPLIES_AT_ONCE):
                last = min(first + REPLIES_AT_ONCE - 1, replies)
                written += add_replies(article, roots, [range(first, last + 1)])
                progress.update(task, completed=written)
        self.stdout.write(_("%(count)s comments written.") % {"count": written})


@transaction.atomic
def add_roots(article, count):
    """Add so many roots to the thread and return them."""
    thread = Thread.lock(article)
    first = thread.root_total + 1
    thread.root_total += count
    thread.save(update_fields=["root_total"])
    thread.add(count)
    PageVersion.raise_for(article.scope, CONVERSATION)
    roots = [make(article, number) for number in range(first, first + count)]
    for number, root in enumerate(roots, start=first):
        place_root(root, number)
    return Comment.objects.bulk_create(roots)


@transaction.atomic
def add_replies(article, roots, numbers):
    """Add the replies of each root's `numbers`, a range that begins a chain; return how many."""
    thread = Thread.lock(article)
    made = {}
    for wave in range(CHAIN):
        replies = [
            reply_to(root if wave == 0 else made[root.pk, number - 1], root, number, own.stop)
            for root, own in zip(roots, numbers, strict=True)
            for number in own[wave::CHAIN]
        ]
        for reply in Comment.objects.bulk_create(replies):
            made[reply.root.pk, reply.reply_number] = reply
    for root, own in zip(roots, numbers, strict=True):
        root.branch_count += len(own)
        root.reply_count += len(own[::CHAIN])
    Comment.objects.bulk_update(roots, ["branch_count", "reply_count"])
    thread.add(len(made))
    PageVersion.raise_for(article.scope, CONVERSATION)
    return len(made)


def reply_to(parent, root, number, end):
    """Return reply `number` of the root; `end` is the number after the last one of all."""
    place = number // CHAIN + 1 if parent is root else 1
    reply = make(
        root.article,
        root.root_number + number,
        parent=parent,
        answered_version=1,
        reply_count=int(number % CHAIN != 0 and number + 1 < end),
    )
    place_reply(reply, parent, number, place)
    reply.root = root
    return reply


def make(article, number, **fields):
    body = texts_of(article.pk).text()
    if number % 20 == 0:
        body += f"\n\nhttps://example.org/{number}"
    name = NAMES[number % len(NAMES)]
    return Comment(article=article, name=name, body=body, body_html=body_to_html(body), **fields)


@cache
def texts_of(article_id):
    return MadeUpTexts(article_id)
