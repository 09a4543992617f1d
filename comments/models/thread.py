from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models import Article

# A page of a thread is a fixed range of its roots' numbers, and a page of a branch one of its
# replies' numbers: what was written first stands first, and nothing moves to another page.
ROOTS_PER_PAGE = 50
REPLIES_PER_PAGE = 100


def page_of(number, size):
    """Return the page, from 1, that holds the number (from 1; 0 is on the first page)."""
    return max(1, -(-number // size))


def numbers_of(page, size):
    """Return the numbers that stand on `page`."""
    return range((page - 1) * size + 1, page * size + 1)


class Thread(models.Model):
    """An article's conversation: how many roots were ever numbered, how many comments show."""

    article = models.OneToOneField(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="thread",
    )
    root_total = models.PositiveIntegerField(_("roots numbered"), default=0)
    comment_count = models.PositiveIntegerField(_("comments shown"), default=0)
    pinned = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("pinned comment"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")

    def __str__(self):
        return f"{self.article_id}: {self.comment_count}"

    @classmethod
    def lock(cls, article):
        """Return the article's thread, held until the transaction ends."""
        # SQLite's transactions hold the whole database from their beginning.
        thread, _is_new = cls.objects.select_for_update().get_or_create(article=article)
        return thread

    @property
    def last_page(self):
        return page_of(self.root_total, ROOTS_PER_PAGE)

    def add(self, difference):
        """Change the count of shown comments."""
        self.comment_count += difference
        self.save(update_fields=["comment_count"])
