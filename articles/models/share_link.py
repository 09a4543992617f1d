import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue

DEFAULT_DAYS, LONGEST_DAYS = 7, 90
# What has ended is listed for so long.
LISTED_DAYS = 90


def digest_of(token):
    return hashlib.sha256(token.encode()).hexdigest()


class ShareLinkQuerySet(models.QuerySet):
    def open(self):
        """Keep those that still show something, by the database's clock."""
        return self.filter(revoked_at=None, expires_at__gt=Now())

    def ended(self):
        """Keep those that have ended so long ago that nobody asks for them."""
        return self.filter(expires_at__lt=Now() - timedelta(days=LISTED_DAYS))

    def find(self, token):
        """Return the open link that a token stands for, or None."""
        links = self.open().select_related("article", "issue")
        return links.filter(digest=digest_of(token)).first()


class ShareLink(models.Model):
    """An address that shows an article or a month, public or not, to who has no account.

    The token is kept as a digest: who reads the database cannot open what it shows.
    """

    digest = models.CharField(max_length=64, unique=True)
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        null=True,
        related_name="share_links",
    )
    issue = models.ForeignKey(
        MonthlyIssue,
        verbose_name=_("monthly issue"),
        on_delete=models.CASCADE,
        null=True,
        related_name="share_links",
    )
    # None: always the newest.
    revision_number = models.PositiveIntegerField(_("revision"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(
        _("days it is open"),
        default=DEFAULT_DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    purpose = LineField(_("for whom"), max_length=100, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Outlives the user.
    by_name = models.CharField(_("made by"), max_length=150)
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("open until"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    opened_count = models.PositiveIntegerField(_("opened"), default=0)
    last_opened_at = models.DateTimeField(_("last opened at"), null=True, blank=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=True) ^ Q(issue__isnull=True),
                name="share_link_is_of_an_article_or_a_month",
            )
        ]

    def __str__(self):
        return self.purpose or f"{self.by_name} {self.expires_at:%Y-%m-%d}"

    @property
    def target(self):
        return self.article or self.issue

    @property
    def is_open(self):
        return self.revoked_at is None and self.expires_at > timezone.now()

    def issue_token(self):
        """Save the link and return its token, which nobody can read afterwards."""
        token = secrets.token_urlsafe(32)
        self.digest = digest_of(token)
        self.expires_at = timezone.now() + timedelta(days=self.days)
        self.save()
        return token

    def revoke(self):
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])

    def count_opening(self):
        ShareLink.objects.filter(pk=self.pk).update(
            opened_count=F("opened_count") + 1, last_opened_at=timezone.now()
        )
