from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class ArticleReadingQuerySet(models.QuerySet):
    def since(self, days):
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days))


class ArticleReading(models.Model):
    """How often an article was read on a day; nothing tells who read it.

    It is the editors' hint, not a figure to publish: whoever sends the same request again is
    counted again. No page becomes stale by it.
    """

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="readings"
    )
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("readings"), default=0)

    objects = ArticleReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("readings of an article")
        verbose_name_plural = _("readings of articles")
        ordering = ["-day", "article"]
        constraints = [models.UniqueConstraint(fields=["article", "day"], name="one_count_per_day")]

    def __str__(self):
        return f"{self.article_id} {self.day}: {self.count}"

    @classmethod
    def add(cls, counts):
        """Add `counts`, {(article's key, day): number}; what nobody reads is passed over."""
        read = Article.objects.published().filter(pk__in={key for key, _day in counts})
        known = set(read.order_by().values_list("pk"))
        with transaction.atomic():
            for (key, day), number in sorted(counts.items()):
                if (key,) in known:
                    row, _is_new = cls.objects.get_or_create(article_id=key, day=day)
                    cls.objects.filter(pk=row.pk).update(count=F("count") + number)

    @classmethod
    def most_read(cls, days, size):
        """Return the published articles that were read most in the last `days`, most first."""
        sums = (
            cls.objects.since(days)
            .filter(Article.objects.is_published("article"))
            .values("article")
            .annotate(total=Sum("count"))
            .order_by("-total", "-article")[:size]
        )
        articles = Article.objects.for_listing().in_bulk([row["article"] for row in sums])
        return [articles[row["article"]] for row in sums]
