from django.db import models
from django.utils.translation import gettext_lazy as _


class FormerAddress(models.Model):
    """A slug that a category, a tag, a series or a site page had; its address leads there still.

    An article's address has its number, and a ranked subject's are its own (SubjectAddress).
    """

    class Model(models.TextChoices):
        """What is moved, by Django's name of the model."""

        CATEGORY = "category", _("category")
        TAG = "tag", _("tag")
        RANKING = "ranking", _("ranking")
        SITE_PAGE = "sitepage", _("site page")

    model = models.CharField(_("kind of content"), max_length=16, choices=Model)
    slug = models.SlugField(_("slug"), max_length=100, allow_unicode=True)
    object_id = models.BigIntegerField(_("key"))

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        ordering = ["model", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["model", "slug"], name="one_former_address_per_slug")
        ]

    def __str__(self):
        return self.slug

    @classmethod
    def note(cls, row):
        """Note the slug that a row is stored with, if it is about to get another."""
        of_model = cls.objects.filter(model=row._meta.model_name)
        stored = type(row)._default_manager.filter(pk=row.pk).values_list("slug", flat=True)
        old = stored.first() if row.pk else None
        if old is None or old != row.slug:
            # Whatever has an address now is what it means.
            of_model.filter(slug=row.slug).delete()
        if old is not None and old != row.slug:
            values = {"object_id": row.pk}
            cls.objects.update_or_create(values, model=row._meta.model_name, slug=old)
