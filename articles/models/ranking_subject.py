from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.addresses import path_of
from articles.content.text import normalise_line
from articles.fields import LineField, ShapedJSONField
from articles.models.page_version import CONTENT, PageVersion
from articles.models.search_document import SearchDocument


def texts_of(values):
    """Return the texts among the values of a list, in which something can be seen."""
    values = values if isinstance(values, list) else []
    return [value for value in values if isinstance(value, str) and value.strip()]


class RankingSubject(models.Model):
    """What is ranked, followed across series and months."""

    name = LineField(gettext_lazy("name"), max_length=100)
    country = LineField(gettext_lazy("country"), max_length=50, blank=True)
    slug = models.SlugField(gettext_lazy("slug"), max_length=80, unique=True, allow_unicode=True)
    aliases = ShapedJSONField(
        gettext_lazy("other spellings"),
        repaired=texts_of,
        default=list,
        blank=True,
        help_text=gettext_lazy('A list such as ["Alibaba", "阿里巴巴"].'),
    )

    class Meta:
        verbose_name = gettext_lazy("ranking subject")
        verbose_name_plural = gettext_lazy("ranking subjects")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "country"], name="one_subject_per_name")
        ]

    def __str__(self):
        return f"{self.name} ({self.country})" if self.country else self.name

    def get_absolute_url(self):
        return path_of("articles:subject_detail", self.slug)

    @property
    def is_public(self):
        """Tell whether readers find the subject's page; asks the database."""
        return self.entries.public().exists()

    def clean(self):
        super().clean()
        if not isinstance(self.aliases, list) or not all(
            isinstance(alias, str) and alias.strip() for alias in self.aliases
        ):
            raise ValidationError({"aliases": _("Give a list of words in quotation marks.")})
        self.aliases = [normalise_line(alias) for alias in self.aliases]
        if SubjectAddress.objects.filter(slug=self.slug).exclude(subject=self.pk).exists():
            raise ValidationError({"slug": _("This address leads to another subject.")})

    def store(self):
        """Save the subject and make the pages that name it stale; its old address leads here."""
        with transaction.atomic():
            old = RankingSubject.objects.filter(pk=self.pk).values_list("slug", flat=True).first()
            self.save()
            if old and old != self.slug:
                SubjectAddress.objects.create(slug=old, subject=self)
            SubjectAddress.objects.filter(slug=self.slug).delete()
            self.raise_page_versions()
            self.index()

    def index(self):
        """Bring what the search knows of the subject up to date."""
        SearchDocument.replace_one(SearchDocument.Kind.SUBJECT, self)

    def search_document(self):
        """Return what the search is to know of the subject."""
        return SearchDocument.of(
            SearchDocument.Kind.SUBJECT,
            self.pk,
            moment=SearchDocument.TIMELESS,
            title=str(self),
            name=", ".join(self.spellings),
            text=", ".join(self.aliases),
            url=self.get_absolute_url(),
            subject=self,
        )

    def merge_into(self, other):
        """Give `other` this subject's ranks, spellings and addresses, and remove the subject.

        Raises ValidationError where a period ranks them both: there they are two.
        """
        with transaction.atomic():
            # In one order, so that two mergers never wait for each other.
            held = RankingSubject.objects.select_for_update().order_by("pk")
            if len(held.filter(pk__in=[self.pk, other.pk])) < 2:
                raise ValidationError(_("One of the subjects is there no longer, or both are one."))
            both = self.entries.filter(period__entries__subject=other).order_by("period__as_of")
            if periods := ", ".join(
                str(entry.period) for entry in both.select_related("period__ranking")
            ):
                raise ValidationError(
                    _("%(one)s and %(other)s stand side by side in: %(periods)s")
                    % {"one": self, "other": other, "periods": periods}
                )
            other.refresh_from_db()
            self.entries.update(subject=other)
            self.addresses.update(subject=other)
            for spelling in self.spellings:
                if not other.answers_to(spelling):
                    other.aliases.append(spelling)
            slug = self.slug
            self.delete()
            SubjectAddress.objects.create(slug=slug, subject=other)
            other.store()

    def raise_page_versions(self):
        """Make every page stale that may name the subject."""
        PageVersion.raise_for(CONTENT)

    @property
    def spellings(self):
        return [self.name, str(self), *self.aliases]

    def answers_to(self, spelling):
        """Tell whether `spelling` is this subject's name, printed label or one of its aliases."""
        return spelling.casefold() in (known.casefold() for known in self.spellings)


class SubjectAddress(models.Model):
    """An address that a subject had before it was renamed or merged; it leads there still."""

    slug = models.SlugField(gettext_lazy("slug"), max_length=80, unique=True, allow_unicode=True)
    subject = models.ForeignKey(
        RankingSubject,
        verbose_name=gettext_lazy("ranking subject"),
        on_delete=models.CASCADE,
        related_name="addresses",
    )

    class Meta:
        verbose_name = gettext_lazy("earlier address of a subject")
        verbose_name_plural = gettext_lazy("earlier addresses of subjects")
        ordering = ["slug"]

    def __str__(self):
        return self.slug

    def clean(self):
        super().clean()
        if RankingSubject.objects.filter(slug=self.slug).exists():
            raise ValidationError({"slug": _("A subject has this address now.")})
