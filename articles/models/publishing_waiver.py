from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue


class PublishingWaiver(models.Model):
    """What a publisher has let pass although a check calls it an error, and why.

    It holds for as long as the same is found: `code` and `about` are the finding's.
    """

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        null=True,
        related_name="waivers",
    )
    issue = models.ForeignKey(
        MonthlyIssue,
        verbose_name=_("monthly issue"),
        on_delete=models.CASCADE,
        null=True,
        related_name="waivers",
    )
    code = models.CharField(_("check"), max_length=32)
    about = models.TextField(_("about"), blank=True)
    sentence = models.TextField(_("what was found"))
    reason = LineField(_("reason"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("let pass by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Outlives the user.
    by_name = models.CharField(_("let pass by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("let pass at"), auto_now_add=True)

    class Meta:
        verbose_name = _("publishing waiver")
        verbose_name_plural = _("publishing waivers")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=True) ^ Q(issue__isnull=True),
                name="waiver_is_of_an_article_or_a_month",
            )
        ]

    def __str__(self):
        return self.sentence
