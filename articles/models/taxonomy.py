from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from articles.addresses import path_of
from articles.content.text import opening
from articles.fields import LineField, MarkdownField
from articles.models.former_address import FormerAddress
from articles.models.markdown_body import MarkdownBody
from articles.models.page_version import CONTENT, SITE, PageVersion


class Category(models.Model):
    name = LineField(_("name"), max_length=50, unique=True)
    slug = models.SlugField(_("slug"), max_length=50, unique=True, allow_unicode=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return path_of("articles:category_detail", self.slug)

    def store(self):
        """Save the category and make the pages that show it stale."""
        with transaction.atomic():
            FormerAddress.note(self)
            self.save()
            self.raise_page_versions()

    def raise_page_versions(self):
        """Make every page stale: the navigation names the category too."""
        PageVersion.raise_for(CONTENT, SITE)


class Tag(models.Model):
    name = LineField(_("name"), max_length=50, unique=True)
    slug = models.SlugField(_("slug"), max_length=50, unique=True, allow_unicode=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return path_of("articles:tag_detail", self.slug)

    def store(self):
        """Save the tag and make the pages that show it stale."""
        with transaction.atomic():
            FormerAddress.note(self)
            self.save()
            self.raise_page_versions()

    def raise_page_versions(self):
        """Make every page stale that may name the tag."""
        PageVersion.raise_for(CONTENT)


class SitePage(MarkdownBody):
    """A page of the site itself, such as its privacy policy, in the staff's own words."""

    slug = models.SlugField(_("slug"), max_length=50, unique=True, allow_unicode=True)
    title = LineField(_("title"), max_length=100)
    body = MarkdownField(_("body"), help_text=_("Markdown"))
    body_html = models.TextField(editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("site page")
        verbose_name_plural = _("site pages")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return path_of("articles:site_page_detail", self.slug)

    @property
    def description(self):
        """Return what stands below the title where the page is shared."""
        return opening(self.body_html) or self.title

    def store(self):
        """Make the HTML, save the page and make the pages that show it stale."""
        with transaction.atomic():
            FormerAddress.note(self)
            self.body_html = self.html_to_store()
            self.save()
            self.note_pictures()
            self.raise_page_versions()

    def raise_page_versions(self):
        """Make every page stale: the footer names the site's pages."""
        PageVersion.raise_for(SITE)

    @property
    def is_privacy_policy(self):
        return self.slug == "privacy"
