from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.fields import OldAddressField
from articles.models.article import Article
from articles.old_addresses import MAX_ADDRESS_CHARACTERS


class LegacyPathQuerySet(models.QuerySet):
    def find(self, address):
        """Return the old address that a normalised one means, or None.

        The same one leads, else the one that differs by its last slash; one without a query stands
        for any query only where none of its siblings has one.
        """
        path, _mark, query = address.partition("?")
        # Others linked to the old site with and without the slash at the end.
        bare = path.rstrip("/")
        paths = [path, f"{bare}/" if path == bare else bare]
        exact = [f"{each}?{query}" for each in paths] if query else paths
        found = {old.path: old for old in self.filter(path__in=[*exact, *paths])}
        for spelling in exact:
            if spelling in found:
                return found[spelling]
        siblings = [Q(path__startswith=f"{each}?") for each in paths]
        if not found or self.filter(siblings[0] | siblings[1]).exists():
            return None
        return found.get(path) or next(iter(found.values()))


class LegacyPath(models.Model):
    """An address of the old site that leads to an article (articles/old_addresses.py)."""

    path = OldAddressField(
        _("path"),
        max_length=MAX_ADDRESS_CHARACTERS,
        unique=True,
        validators=[
            RegexValidator(
                r"\A/(?:[^?#\s]+|[^?#\s]*\?[^#\s]+)\Z",
                _("Give path and query of a page, such as /bbs/view.do?nttId=7."),
            )
        ],
    )
    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="legacy_paths"
    )

    objects = LegacyPathQuerySet.as_manager()

    class Meta:
        verbose_name = _("old address")
        verbose_name_plural = _("old addresses")
        ordering = ["path"]

    def __str__(self):
        return self.path
