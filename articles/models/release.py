from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.content.text import is_plausible
from articles.desk import publishing
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue
from articles.models.ranking import Ranking, RankingPeriod, RankingTable

# So long before its moment a release is looked at for the last time.
LAST_LOOK_SECONDS = 60


class ReleaseQuerySet(models.QuerySet):
    def scheduled(self):
        """Keep those whose moment is still to come, by the database's clock."""
        return self.filter(publish_at__gt=Now())

    def holding(self, member):
        """Keep those that `member` (an article, a monthly issue or a series) is part of."""
        part = {Article: "articles", MonthlyIssue: "issue", Ranking: "periods__ranking"}
        return self.filter(**{part[type(member)]: member}).distinct()

    def lock(self):
        """Hold these releases until the end of the transaction, so that none is half changed."""
        keys = list(self.values_list("pk", flat=True))
        return list(Release.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


class Release(models.Model):
    """One month's articles, figures and issue, which go live at one moment.

    On the schedule every member bears that moment as its own `published_at`, so the pages need to
    know nothing of releases. Without `publish_at` it is off the schedule.
    """

    issue = models.OneToOneField(
        MonthlyIssue,
        verbose_name=gettext_lazy("monthly issue"),
        on_delete=models.CASCADE,
        related_name="release",
    )
    publish_at = models.DateTimeField(gettext_lazy("goes live at"), null=True, blank=True)
    articles = models.ManyToManyField(
        Article, verbose_name=gettext_lazy("articles"), related_name="releases"
    )
    periods = models.ManyToManyField(
        RankingPeriod, verbose_name=gettext_lazy("ranking periods"), related_name="releases"
    )
    stopped_because = models.TextField(gettext_lazy("taken off because"), blank=True)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("scheduled by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("release")
        verbose_name_plural = gettext_lazy("releases")
        ordering = ["-issue__month", "-pk"]

    def __str__(self):
        return str(self.issue)

    @property
    def is_scheduled(self):
        return self.publish_at is not None and self.publish_at > timezone.now()

    @property
    def is_live(self):
        return self.publish_at is not None and not self.is_scheduled

    # What belongs to it

    def articles_to_come(self):
        """Return the month's articles that readers do not see yet."""
        return [
            article
            for article in self.issue.articles.outside_trash().exclude(
                state=Article.State.WITHDRAWN
            )
            if article.state != Article.State.PUBLISHED or article.published_at > timezone.now()
        ]

    def periods_to_come(self, articles):
        """Return the periods never seen yet that `articles` show or that are dated in the month."""
        month = self.issue.month
        after = (month + timedelta(days=31)).replace(day=1)
        shown = Q(tables__article__in=articles) | Q(as_of__gte=month, as_of__lt=after)
        seen = RankingPeriod.objects.ever_published().values("pk")
        periods = RankingPeriod.objects.filter(shown).exclude(pk__in=seen)
        return list(periods.select_related("ranking").distinct().order_by("ranking__title", "pk"))

    # What keeps it from going live

    def faults(self, articles, periods, moment=None, errors=None):
        """Return [(member or None, sentence)]: what is missing or not as it must be at `moment`.

        `errors` are the `publishing_errors` of then, where whoever asks has them.
        """
        moment = moment or self.publish_at
        if errors is None:
            errors = self.publishing_errors(articles, moment)
        found = [(None, text) for text in self._issue_faults(articles, periods)]
        for article in articles:
            found += [(article, text) for text in self._article_faults(article)]
        found += [
            # What is wrong with the month itself is said of the whole.
            (member if member in articles else None, error.text)
            for member, error in errors
        ]
        # What a table of theirs shows, the articles answer for.
        shown = RankingPeriod.objects.filter(tables__article__in=articles)
        alone = [period for period in periods if period not in shown]
        for period in alone:
            found += [(period, text) for text in publishing.figure_faults(period)]
        return found + list(self._shown_earlier(articles, periods, moment))

    def publishing_errors(self, articles, moment=None):
        """Return [(member, Finding)] of what nobody has let pass in the month and its articles."""
        members = [self.issue, *articles]
        return [
            (member, error)
            for member in members
            for error in publishing.errors_of(member, moment or self.publish_at, members)
        ]

    def _shown_earlier(self, articles, periods, moment):
        """Yield the articles that would show figures of the release before its moment."""
        tables = RankingTable.objects.filter(
            article__state=Article.State.PUBLISHED, article__published_at__gt=Now()
        ).exclude(article__in=articles)
        if moment:
            tables = tables.filter(article__published_at__lt=moment)
        for table in tables.filter(periods__in=periods).select_related("article").distinct():
            text = _("The article “%(title)s” would show figures of the release before its moment.")
            yield None, text % {"title": table.article}

    def _issue_faults(self, articles, periods):
        issue = self.issue
        items = list(issue.items.all())
        if not articles and not issue.articles.published().exists():
            yield _("The month has no article.")
        elif not self.is_scheduled and not (articles or periods) and issue.is_public:
            yield _("Everything of the month is public already.")
        if not items:
            yield _("The monthly issue has no item.")
        lead = issue.lead_article
        if lead is None:
            yield _("The monthly issue has no lead article.")
        elif lead not in articles and not lead.is_public:
            yield _("The lead article “%(title)s” does not go live with it.") % {"title": lead}
        if self.is_scheduled and self._has_moved(issue):
            yield _("The monthly issue is no longer set for this moment.")

    def _article_faults(self, article):
        if article.state == Article.State.DRAFT:
            yield _("It is still a draft: ask for its review first.")
        if self.is_scheduled and self._has_moved(article):
            yield _("It is no longer set for this moment.")
        if article.monthly_issue_id != self.issue_id:
            yield _("It no longer belongs to the month.")

    def _has_moved(self, member):
        """Tell whether a member neither bears the release's moment nor is public already."""
        bears_it = (member.state, member.published_at) == ("published", self.publish_at)
        return not (bears_it or member.is_public)

    # Operations. Each is one transaction; who calls holds the release's lock.

    def schedule(self, moment, *, by, reason=""):
        """Set `moment` on everything that is to come; None means now. Raises ValidationError.

        With a `reason`, the user `by` lets pass what the checks of texts call errors.
        """
        now = timezone.now().replace(microsecond=0)
        if moment and (moment <= now or not is_plausible(moment)):
            raise ValidationError({"publish_at": _("Give a moment that is still to come.")})
        with transaction.atomic():
            self.hold(self.issue.articles)
            self.take_off("")
            articles = self.articles_to_come()
            periods = self.periods_to_come(articles)
            if reason:
                for member, error in self.publishing_errors(articles, moment or now):
                    publishing.let_pass(member, [error], by=by, reason=reason)
            if faults := self.faults(articles, periods, moment or now):
                raise ValidationError([fault_text(*fault) for fault in faults])
            self.publish_at, self.scheduled_by = moment or now, by
            self.stopped_because = ""
            self.save()
            self.articles.set(articles)
            for article in articles:
                article.state, article.published_at = Article.State.PUBLISHED, self.publish_at
                article.store()
            self._set_periods(periods)
            if not self.issue.is_public:
                self.issue.state = MonthlyIssue.State.PUBLISHED
                self.issue.published_at = self.publish_at
            self.issue.store()

    def hold(self, articles):
        """Lock `articles` and the issue, as who saves one does, before any page version.

        Raises MonthlyIssue.DoesNotExist.
        """
        held = Article.objects.select_for_update(no_key=True).filter(pk__in=articles.values("pk"))
        list(held.order_by("pk").values_list("pk"))
        MonthlyIssue.objects.select_for_update(no_key=True).get(pk=self.issue_id)

    def _set_periods(self, periods):
        """Make `periods` the release's; those that no longer are lose its moment."""
        before = {period.pk: period for period in self.periods.select_related("ranking")}
        kept = {period.pk: period for period in periods}
        for period in before.values():
            if period.pk not in kept and period.published_at == self.publish_at:
                period.publish(None)
        for period in kept.values():
            if period.published_at != self.publish_at:
                period.publish(self.publish_at)
        self.periods.set(kept)

    def take_off(self, because):
        """Take the whole release off the schedule; what is public already stays public."""
        if not self.is_scheduled:
            return
        with transaction.atomic():
            self.hold(self.articles)
            self.publish_at, self.stopped_because = None, because
            self.save(update_fields=["publish_at", "stopped_because"])
            for article in self.articles.filter(state="published", published_at__gt=Now()):
                article.state, article.published_at = Article.State.IN_REVIEW, None
                article.store()
            for period in self.periods.filter(published_at__gt=Now()).select_related("ranking"):
                period.publish(None)
            self.issue.refresh_from_db(fields=["state", "published_at"])
            if self.issue.state == MonthlyIssue.State.PUBLISHED and not self.issue.is_public:
                self.issue.state, self.issue.published_at = MonthlyIssue.State.DRAFT, None
                self.issue.store()

    def recheck(self):
        """Check everything anew; take the release off and return True when something is amiss."""
        articles = list(self.articles.all())
        periods = self.periods_to_come(articles)
        faults = self.faults(articles, periods)
        if faults:
            self.take_off("\n".join(fault_text(*fault) for fault in faults))
        elif {period.pk for period in periods} != set(self.periods.values_list("pk", flat=True)):
            self._set_periods(periods)
        return bool(faults)


def fault_text(member, text):
    return f"{member}: {text}" if member else text


def recheck_releases(member):
    """Check the scheduled releases that hold `member`, just saved; return those taken off."""
    with transaction.atomic():
        releases = Release.objects.scheduled().holding(member).lock()
        return [release for release in releases if release.recheck()]


def recheck_coming_releases():
    """Check once more what is about to go live; return the releases taken off the schedule."""
    soon = Now() + timedelta(seconds=LAST_LOOK_SECONDS)
    coming = Release.objects.scheduled().filter(publish_at__lte=soon)
    if not coming.exists():
        return []
    with transaction.atomic():
        return [release for release in coming.lock() if release.recheck()]


def take_off_releases(member, because):
    """Take the scheduled releases that hold `member` off the schedule; return them."""
    with transaction.atomic():
        releases = Release.objects.scheduled().holding(member).lock()
        for release in releases:
            release.take_off(because)
        return releases
