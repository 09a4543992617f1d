"""The pictures of texts, one row for each file: what it shows, whose it is, where it is used."""

import hashlib
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.addresses import path_of
from articles.content import uploads
from articles.content.markdown import ALT_TEXT_TO_WRITE
from articles.fields import LineField
from articles.models.page_version import CONTENT, SITE, PageVersion
from articles.models.review import UNPUBLISHED_STATES

TRASH_DAYS = 30
# A smaller one would be blurred beside a shared link.
LEAST_SHARED_WIDTH, LEAST_SHARED_HEIGHT = 600, 315
# Where a picture may be used, by the names of the relations.
USES = "articles", "lead_articles", "monthlyissueitems", "sitepages"
MAX_NAME_LENGTH = 255


class PictureQuerySet(models.QuerySet):
    def outside_trash(self):
        return self.filter(trashed_at__isnull=True)

    def in_trash(self):
        return self.filter(trashed_at__isnull=False)

    def unused(self):
        """Keep what no text of today names; revisions and working copies may."""
        return self.filter(**dict.fromkeys(USES))

    def undescribed(self):
        return self.filter(alternative_text="", is_decorative=False, caption="", credit="")

    def with_texts(self):
        """Load what `texts` lists; their bodies stay where they are."""
        texts = [
            models.Prefetch(
                field.get_accessor_name(), field.related_model.objects.defer("body", "body_html")
            )
            for field in Picture._meta.related_objects
            if field.get_accessor_name() in USES
        ]
        return self.prefetch_related(*texts, "monthlyissueitems__issue")

    def with_content(self, content):
        """Keep the one whose file is these bytes."""
        return self.filter(digest=digest_of(content))

    def of_file(self, file_name):
        """Return the picture that has or had the file, or a rendition of it, or None."""
        name = uploads.name_of_file(file_name)
        return self.filter(name=name).first() if len(name) <= MAX_NAME_LENGTH else None

    def upload(self, file, size, by=None):
        """Store an uploaded picture and return its row: that of before, where it is known already.

        Raises ValidationError, with a reason for the editor; OSError where the disk takes nothing.
        """
        return self.upload_remade(uploads.remake_upload(file, size), by)

    def upload_remade(self, remade, by=None):
        if known := self._known(remade.content):
            return known
        name = uploads.new_name(remade.extension)
        digest = digest_of(remade.content)
        picture = Picture(name=name, digest=digest, uploaded_by=by).measured(remade)
        uploads.write_picture(name, remade.content, remade.renditions)
        try:
            with transaction.atomic():
                picture.save()
        except IntegrityError:
            # Another process was storing the same bytes.
            uploads.delete_picture(name)
            return self._known(remade.content)
        return picture

    def put(self, name, remade):
        """Store a picture under a name of its own, though another may have the same bytes."""
        picture = Picture(name=name)
        if not self.with_content(remade.content).exists():
            picture.digest = digest_of(remade.content)
        uploads.write_picture(name, remade.content, remade.renditions)
        picture.measured(remade).save()
        return picture

    def _known(self, content):
        picture = self.with_content(content).first()
        if picture and picture.trashed_at:
            picture.take_out_of_trash()
        return picture


def digest_of(content):
    return hashlib.sha256(content).hexdigest()


class Picture(models.Model):
    # What texts call it, below /media/. It stays when the file is replaced.
    name = models.CharField(_("file name"), max_length=MAX_NAME_LENGTH, unique=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    # None where another picture has the same bytes: a bundle may hold them under two names.
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    alternative_text = LineField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for those who do not see it. A text may say its own."),
    )
    is_decorative = models.BooleanField(
        _("decorative"),
        default=False,
        help_text=_("It says nothing that the text does not: it needs no alternative text."),
    )
    caption = LineField(
        _("caption of the picture"),
        max_length=300,
        blank=True,
        help_text=_("Stands below the picture where the text gives no caption of its own."),
    )
    credit = LineField(
        _("credit"),
        max_length=100,
        blank=True,
        help_text=_("Who made it, or where it comes from. It stands below the picture."),
    )
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, from the left (%)"), default=50, validators=[MaxValueValidator(100)]
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, from the top (%)"), default=50, validators=[MaxValueValidator(100)]
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("uploaded at"), default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["-created_at", "-pk"]
        permissions = [("replace_picture", _("Can replace the file of a picture"))]
        indexes = [models.Index(fields=["-created_at", "-id"], name="picture_newest")]

    def __str__(self):
        path = PurePosixPath(self.name)
        # A name of ours says nothing, and its beginning tells as much.
        return self.alternative_text or self.caption or f"{path.stem[:8]}{path.suffix}"

    def clean(self):
        super().clean()
        if self.is_decorative and self.alternative_text:
            text = _("Either it is decorative, or it has an alternative text.")
            raise ValidationError({"is_decorative": text})

    # The file

    @property
    def file_name(self):
        """Return where the file is that stands behind the name now."""
        if self.version == 1:
            return self.name
        return uploads.version_name(self.name, self.version)

    @property
    def rendition_widths(self):
        return uploads.rendition_widths(self.width, self.height)

    @property
    def url(self):
        return path_of("media_file", self.file_name)

    @property
    def rendition_files(self):
        """Return [(width, file's name)], the narrowest first."""
        return [
            (width, uploads.rendition_name(self.file_name, width))
            for width in self.rendition_widths
        ]

    @property
    def renditions(self):
        """Return [(width, address)], the narrowest first."""
        return [(width, path_of("media_file", name)) for width, name in self.rendition_files]

    @property
    def largest_name(self):
        """Return the file of the widest rendition, or that of the picture where it has none."""
        return self.rendition_files[-1][1] if self.rendition_widths else self.file_name

    @property
    def thumbnail_url(self):
        return self.renditions[0][1] if self.renditions else self.url

    @property
    def focal_point(self):
        return self.focal_x, self.focal_y

    @property
    def is_wide_enough_to_share(self):
        return self.width >= LEAST_SHARED_WIDTH and self.height >= LEAST_SHARED_HEIGHT

    @property
    def is_described(self):
        return self.is_decorative or bool(self.alternative_text)

    @property
    def code(self):
        """Return how a text places the picture, in Markdown."""
        alt = self.alternative_text or ("" if self.is_decorative else ALT_TEXT_TO_WRITE)
        return uploads.markdown_of(self.name, alt, self.caption)

    def measured(self, remade):
        """Note what is true of the file, and return the picture."""
        self.size = len(remade.content)
        self.width, self.height = remade.width, remade.height
        return self

    # What changes it

    def store(self):
        """Save what is said of the picture, in every text that shows it too."""
        with transaction.atomic():
            self.save()
            self.remake_texts()

    def remake_texts(self):
        """Make the HTML of the texts that name the picture anew, and stale what shows them."""
        scopes = set()
        for relation, scope in (
            (self.articles, CONTENT),
            (self.monthlyissueitems, CONTENT),
            (self.sitepages, SITE),
        ):
            # Locked: what somebody saves meanwhile is not shown as it was before.
            texts = relation.select_for_update(of=("self",), no_key=True).order_by("pk")
            for text in texts.iterator(chunk_size=20):
                text.remake_html()
                scopes.add(scope)
        if self.lead_articles.exists():
            scopes.add(CONTENT)
        if scopes:
            PageVersion.raise_for(*scopes)

    def replace(self, remade):
        """Put a new file in the place of the former, in every text at once; the former goes."""
        with transaction.atomic():
            # Not its key: a save that comes to name the picture need not wait, nor be waited for.
            row = Picture.objects.select_for_update(no_key=True).get(pk=self.pk)
            former = row.file_name
            row.version += 1
            while default_storage.exists(row.file_name):
                row.version += 1
            others = Picture.objects.with_content(remade.content).exclude(pk=self.pk)
            row.digest = None if others.exists() else digest_of(remade.content)
            uploads.write_picture(row.file_name, remade.content, remade.renditions)
            row.measured(remade).store()
            transaction.on_commit(lambda: uploads.delete_picture(former), robust=True)
        self.refresh_from_db()

    def put_in_trash(self):
        self.trashed_at = timezone.now()
        self.save(update_fields=["trashed_at"])

    def take_out_of_trash(self):
        self.trashed_at = None
        self.save(update_fields=["trashed_at"])

    @property
    def texts(self):
        """Return [(text, model, key)] of what shows the picture: an item by its monthly issue's."""
        articles = dict.fromkeys([*self.lead_articles.all(), *self.articles.all()])
        return [
            *((each, "article", each.pk) for each in articles),
            *((each.issue, "monthlyissue", each.issue_id) for each in self.monthlyissueitems.all()),
            *((each, "sitepage", each.pk) for each in self.sitepages.all()),
        ]

    @property
    def is_used(self):
        return not Picture.objects.unused().filter(pk=self.pk).exists()

    @property
    def is_public(self):
        """Tell whether a text that has been published names it: readers may have seen it."""
        return (
            self.articles.exclude(state__in=UNPUBLISHED_STATES).exists()
            or self.lead_articles.exclude(state__in=UNPUBLISHED_STATES).exists()
            or self.monthlyissueitems.filter(issue__state="published").exists()
            or self.sitepages.exists()
        )


def pictures_named(names):
    """Return {name: picture} of those that are known."""
    return Picture.objects.in_bulk(names, field_name="name") if names else {}
