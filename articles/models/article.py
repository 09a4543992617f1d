import uuid
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.addresses import article_slug, is_article_slug, path_of
from articles.content import figures, share_picture
from articles.content.headings import contents, reading_minutes, with_anchors
from articles.content.markdown import RANKING_MARK
from articles.content.mentions import mentioned
from articles.content.picture_html import IN_HERO, IN_LIST, lead_html
from articles.content.text import is_plausible, opening, plain_text
from articles.fields import LineField, MarkdownField, ProseField, WebAddressField
from articles.models.markdown_body import MarkdownBody
from articles.models.monthly_issue import MonthlyIssue
from articles.models.page_version import CONTENT, Due, PageVersion, article_scope
from articles.models.picture import Picture
from articles.models.review import Reviewed, ReviewedQuerySet
from articles.models.search_document import SearchDocument
from articles.models.taxonomy import Category, Tag
from articles.rankings.movement import ranks_of

# A table of contents with fewer lines helps nobody.
LEAST_CONTENTS = 3


MAX_OPEN_DAYS = 3650

# What has been deleted can be brought back for so long.
TRASH_DAYS = 30


def new_uid():
    return uuid.uuid4().hex


def public_now(path=""):
    """Return the condition that readers may see the article at `path`, a look-up as "article__",
    now, by the database's clock.
    """
    return Q(
        Q((f"{path}withdrawn_at__isnull", True)) | Q((f"{path}withdrawn_at__gt", Now())),
        (f"{path}state", Article.State.PUBLISHED),
        (f"{path}published_at__lte", Now()),
    )


class ArticleQuerySet(ReviewedQuerySet):
    def delete(self):
        """Delete articles with what the search knows of them and of their comments."""
        with transaction.atomic():
            SearchDocument.take_out(article__in=self)
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True

    def in_trash(self):
        return self.filter(trashed_at__isnull=False)

    def outside_trash(self):
        return self.filter(trashed_at__isnull=True)

    def trash_ended(self):
        """Keep what has been in the trash for as long as anything stays there."""
        return self.in_trash().filter(trashed_at__lt=Now() - timedelta(days=TRASH_DAYS))

    def published(self):
        """Keep what readers may see now, by the database's clock."""
        return self.filter(public_now())

    def is_published(self, column):
        """Return the condition that the article whose key stands in `column` is published.

        Looked up row by row: for `__in` SQLite first lists every published article.
        """
        return models.Exists(self.published().filter(pk=models.OuterRef(column)))

    def first_day(self):
        """Return when the oldest published article appeared, or None, by one look at an index."""
        return (
            self.published().order_by("published_at").values_list("published_at", flat=True).first()
        )

    def newest(self):
        return self.order_by("-published_at", "-pk")

    def older_than(self, article):
        """Keep what follows `article` in the order of `newest`."""
        # The first bound alone lets the index lead there, past all that is newer.
        return self.filter(
            Q(published_at__lt=article.published_at) | Q(pk__lt=article.pk),
            published_at__lte=article.published_at,
        )

    def newer_than(self, article):
        """Keep what stands before `article` in the order of `newest`."""
        return self.filter(
            Q(published_at__gt=article.published_at) | Q(pk__gt=article.pk),
            published_at__gte=article.published_at,
        )

    def like(self, article):
        """Keep what shares ranked subjects or tags with an article, what shares most first."""
        subjects, tags = article.mentions.values("pk"), article.tags.values("pk")
        shared_subjects = Count("mentions", filter=Q(mentions__in=subjects), distinct=True)
        shared_tags = Count("tags", filter=Q(tags__in=tags), distinct=True)
        alike = self.exclude(pk=article.pk).annotate(
            shared_subjects=shared_subjects, shared_tags=shared_tags
        )
        alike = alike.filter(Q(shared_subjects__gt=0) | Q(shared_tags__gt=0))
        # A subject says more than a tag.
        score = 2 * F("shared_subjects") + F("shared_tags")
        return alike.order_by(score.desc(), F("published_at").desc(nulls_last=True), "-pk")

    def for_listing(self):
        return self.select_related("category").defer("body", "body_html").newest()


class Article(MarkdownBody, Reviewed):
    can_be_withdrawn = True

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Licence(models.TextChoices):
        """The marks of 공공누리 (Korea Open Government Licence)."""

        NONE = "none", _("No mark")
        TYPE_0 = "type0", _("KOGL type 0: free use")
        TYPE_1 = "type1", _("KOGL type 1: source indication")
        TYPE_2 = "type2", _("KOGL type 2: source indication, no commercial use")
        TYPE_3 = "type3", _("KOGL type 3: source indication, no changes")
        TYPE_4 = "type4", _("KOGL type 4: source indication, no commercial use, no changes")
        AI = "ai", _("KOGL AI: free use for training")

    class CommentPolicy(models.TextChoices):
        OPEN = "open", _("Open")
        REVIEWED = "reviewed", _("Reviewed before they appear")
        CLOSED = "closed", _("Closed")

    uid = models.CharField(
        _("portable id"),
        max_length=64,
        unique=True,
        default=new_uid,
        editable=False,
        validators=[RegexValidator(r"\A[a-z0-9-]+\Z")],
    )
    title = LineField(_("title"), max_length=200)
    slug = models.SlugField(
        _("slug"),
        max_length=100,
        allow_unicode=True,
        blank=True,
        help_text=_("The words of the address; made from the title when left empty."),
    )
    kicker = LineField(
        _("kicker"), max_length=30, blank=True, help_text=_("Stands before the title: [October].")
    )
    byline = LineField(_("byline"), max_length=100, blank=True, default="Open UP")
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="articles"
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="articles")
    monthly_issue = models.ForeignKey(
        MonthlyIssue,
        verbose_name=_("monthly issue"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="articles",
    )
    summary = ProseField(
        _("summary"), max_length=500, blank=True, help_text=_("One or two sentences for lists.")
    )
    body = MarkdownField(
        _("body"),
        help_text=_(
            "Markdown. A line [[ranking:slug]] is the place of the ranking table with that slug."
        ),
    )
    body_html = models.TextField(editable=False)
    lead_picture = models.ForeignKey(
        Picture,
        verbose_name=_("lead picture"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="lead_articles",
        help_text=_("Stands for the article in lists and where it is shared; else its ranking."),
    )
    # Ranked subjects whose names stand in the text, found when it is saved.
    mentions = models.ManyToManyField(
        "articles.RankingSubject", editable=False, related_name="mentioned_in"
    )
    # What an editor has confirmed; each of two leads to the other.
    related = models.ManyToManyField("self", verbose_name=_("related articles"), editable=False)
    reading_minutes = models.PositiveSmallIntegerField(default=1, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        help_text=_("A moment to come publishes the article by itself."),
    )
    withdrawn_at = models.DateTimeField(
        _("withdrawn at"),
        null=True,
        blank=True,
        help_text=_("From this moment the article is no longer public."),
    )
    kogl = models.CharField(
        _("licence mark"), max_length=8, choices=Licence, default=Licence.TYPE_1
    )
    comment_policy = models.CharField(
        _("comments"), max_length=16, choices=CommentPolicy, default=CommentPolicy.OPEN
    )
    comments_close_at = models.DateTimeField(_("comments close at"), null=True, blank=True)
    comments_open_days = models.PositiveSmallIntegerField(
        _("days open for comments"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MAX_OPEN_DAYS)],
        help_text=_(
            "Counted from the publication; 0 means without end. Empty: as the site does. A date"
            " beside it outranks it."
        ),
    )
    # Read and written by nothing since edits are compared value by value. The release before still
    # writes it beside a migration, so the column goes in the next one.
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    # Deleted, and not yet for good: the rows stay, the comments with them.
    trashed_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # When the row was read, by the database's clock: a page that is kept shows what held then, and
    # the database says when that changes. Elsewhere it is our own clock that counts.
    read_at = None

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = [F("published_at").desc(nulls_first=True), "-pk"]
        permissions = [("publish_article", _("Can publish and withdraw articles"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["published", "withdrawn"]) | Q(published_at__isnull=False),
                name="published_article_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | Q(published_at__isnull=True)
                | Q(withdrawn_at__gte=F("published_at")),
                name="article_withdrawn_after_published",
            ),
            models.CheckConstraint(
                condition=Q(trashed_at__isnull=True) | Q(state__in=["draft", "withdrawn"]),
                name="article_in_trash_is_not_public",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-published_at", "-id"], name="article_newest"),
            models.Index(
                fields=["category", "state", "-published_at", "-id"], name="article_by_category"
            ),
            models.Index(
                fields=["monthly_issue", "state", "-published_at", "-id"], name="article_by_issue"
            ),
            models.Index(fields=["-updated_at"], name="article_last_changed"),
        ]

    def __str__(self):
        return self.full_title

    def get_absolute_url(self):
        return path_of("article_detail", self.pk, self.slug)

    @property
    def full_title(self):
        return f"{self.kicker} {self.title}".strip()

    @property
    def description(self):
        """Return what stands below the title where the article is shared."""
        return self.summary or opening(self.body_html) or self.full_title

    @property
    def figure(self):
        """Return what stands for an article without a lead picture: its first ranking that has
        figures in small, else its category's motif. The tables are loaded before.
        """
        for table in self.ranking_tables.all():
            if figure := figures.ranking_figure(list(map(ranks_of, table.periods.all()))):
                return figure
        return figures.motif(self.category_id)

    @property
    def figure_html(self):
        """Return what stands for the article in lists; the picture is loaded before."""
        return lead_html(self.lead_picture, IN_LIST) if self.lead_picture else self.figure.svg()

    @property
    def hero_html(self):
        """Return the same where the article comes first."""
        return lead_html(self.lead_picture, IN_HERO) if self.lead_picture else self.figure.svg()

    @property
    def share_lines(self):
        """Return what the picture beside a shared link shows; the tables are loaded before."""
        day = timezone.localtime(self.published_at) if self.published_at else timezone.localtime()
        foot = f"{settings.SITE_NAME} · {day:%Y.%m.%d}"
        changes = next(filter(None, (table.changes for table in self.ranking_tables.all())), None)
        return share_picture.drawn_lines(self.kicker, self.title, foot, changes)

    @property
    def share_picture_url(self):
        if self.lead_picture and self.lead_picture.is_wide_enough_to_share:
            picture = self.lead_picture
            digest = share_picture.photo_digest(picture.file_name, picture.focal_point)
            return path_of("share_photo", self.pk, digest)
        digest = share_picture.digest_of(*self.share_lines, figure=self.figure)
        return path_of("share_picture", self.pk, digest)

    @property
    def scope(self):
        return article_scope(self.pk)

    @property
    def is_public(self):
        now = self.read_at or timezone.now()
        return (
            self.state == self.State.PUBLISHED
            and self.published_at <= now
            and not self.is_withdrawn_at(now)
        )

    def is_withdrawn_at(self, moment):
        return self.withdrawn_at is not None and self.withdrawn_at <= moment

    @property
    def public_issue(self):
        """The article's monthly issue where readers may see it, by the same clock, or None."""
        if self.monthly_issue:
            self.monthly_issue.note_read_at(self.read_at)
        return self.monthly_issue if self.monthly_issue and self.monthly_issue.is_public else None

    @property
    def takes_comments(self):
        return self.comment_policy != self.CommentPolicy.CLOSED and not (
            self.comments_end_at and self.comments_end_at <= (self.read_at or timezone.now())
        )

    @property
    def comments_end_at(self):
        """When the article closes for comments by itself, or None."""
        days = self.comments_open_days
        if days is None:
            days = settings.COMMENTS_CLOSE_AFTER_DAYS
        if self.comments_close_at or not (days and self.published_at):
            return self.comments_close_at
        return self.published_at + timedelta(days=days)

    @property
    def reviews_comments(self):
        return self.comment_policy == self.CommentPolicy.REVIEWED

    def clean(self):
        super().clean()
        if self.state in {self.State.PUBLISHED, self.State.WITHDRAWN} and not self.published_at:
            self.published_at = timezone.now().replace(microsecond=0)
        if not self.slug:
            self.slug = article_slug(self.title)
        if not is_article_slug(self.slug):
            raise ValidationError({"slug": _("This word has another meaning in addresses.")})
        for name in ("published_at", "withdrawn_at", "comments_close_at"):
            moment = getattr(self, name)
            if moment and not is_plausible(moment):
                raise ValidationError({name: _("Give a date between 1900 and 2999.")})
        if self.published_at and self.withdrawn_at and self.withdrawn_at < self.published_at:
            raise ValidationError({"withdrawn_at": _("This lies before the publication.")})

    def store(self):
        """Make the HTML, save every field and make the pages that show the article stale."""
        with transaction.atomic():
            self.body_html = self.html_to_store()
            self.reading_minutes = reading_minutes(self.body_html)
            self.save()
            self.note_mentions()
            self.note_pictures()
            # An article leads no month but its own.
            for issue in self.led_issues.exclude(pk=self.monthly_issue_id):
                issue.lead_article = None
                issue.store()
            self.raise_page_versions()
            self.index()

    def html_to_store(self):
        return with_anchors(self.converted_body())

    def note_pictures(self):
        super().note_pictures()
        if self.lead_picture and self.lead_picture.trashed_at:
            self.lead_picture.take_out_of_trash()

    def remake_html(self):
        super().remake_html()
        self.index()

    def delete(self, *args, **kwargs):
        """Delete the article with what the search knows of it and of its comments."""
        with transaction.atomic():
            SearchDocument.take_out(article=self)
            return super().delete(*args, **kwargs)

    delete.alters_data = True

    def put_in_trash(self):
        """Delete the article for now: nobody sees it, and all of it can be brought back."""
        with transaction.atomic():
            if self.state != self.State.WITHDRAWN:
                is_public = self.state == self.State.PUBLISHED
                self.state = self.State.WITHDRAWN if is_public else self.State.DRAFT
            self.trashed_at = timezone.now()
            self.save(update_fields=["state", "trashed_at"])
            self.raise_page_versions()

    def take_out_of_trash(self, state):
        """Bring the article back as it was, in the state that it had."""
        with transaction.atomic():
            self.state, self.trashed_at = state, None
            self.save(update_fields=["state", "trashed_at"])
            self.raise_page_versions()

    @property
    def trash_ends_at(self):
        return self.trashed_at + timedelta(days=TRASH_DAYS)

    def note_mentions(self):
        """Find the ranked subjects whose names stand in the text."""
        subjects = self._meta.get_field("mentions").related_model.objects.all()
        names = {subject.pk: (subject.name, *subject.aliases) for subject in subjects}
        self.mentions.set(mentioned(f"{self.summary} {plain_text(self.body_html)}", names))

    def index(self):
        """Bring what the search knows of the article up to date; whether it is public, it asks."""
        SearchDocument.replace_one(SearchDocument.Kind.ARTICLE, self)

    def search_document(self):
        """Return what the search is to know of the article, if anything."""
        if not self.published_at:
            return None
        return SearchDocument.of(
            SearchDocument.Kind.ARTICLE,
            self.pk,
            moment=self.published_at,
            title=self.full_title,
            text=f"{self.summary} {plain_text(RANKING_MARK.sub(' ', self.body_html))}".strip(),
            url=self.get_absolute_url(),
            article=self,
            category_id=self.category_id,
        )

    def raise_page_versions(self):
        """Make every page stale that may show the article, now and at each planned moment."""
        PageVersion.raise_for(CONTENT)
        Due.plan([CONTENT], [self.published_at, self.withdrawn_at, self.comments_end_at])

    def placed_table_slugs(self):
        """Return the slugs of the ranking tables that the body places, in its order."""
        return RANKING_MARK.findall(self.converted_body())

    def contents(self):
        """Return the headings for a table of contents; none where the text is short."""
        headings = contents(self.body_html)
        return headings if len(headings) >= LEAST_CONTENTS else []

    def parts(self):
        """Return the page's body in order: pieces of HTML and ranking tables.

        A table that no line places comes after the body; the second place of a table is empty.
        """
        unplaced = {table.slug: table for table in self.ranking_tables.all()}
        parts = []
        # Splitting by one group alternates text and slug.
        for number, piece in enumerate(RANKING_MARK.split(self.body_html)):
            if number % 2 == 0:
                parts.append({"html": piece})
            elif table := unplaced.pop(piece, None):
                parts.append({"table": table})
        return parts + [{"table": table} for table in unplaced.values()]


class Reference(models.Model):
    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="references"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title = LineField(_("title"), max_length=300)
    publisher = LineField(_("publisher"), max_length=100, blank=True)
    url = WebAddressField(_("address"), max_length=500, blank=True)
    accessed_date = models.DateField(_("accessed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title
