from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.content.markdown import to_html
from articles.content.picture_html import picture_names, with_pictures
from articles.content.uploads import names_in
from articles.models.picture import Picture, pictures_named


class MarkdownBody(models.Model):
    """A row whose `body` is Markdown, converted once for all that checks and stores it."""

    # Those that the text names, found when it is saved.
    pictures = models.ManyToManyField(
        Picture, verbose_name=_("pictures"), editable=False, related_name="%(class)ss"
    )

    # Whether the body stands at the top of its page, so that its first picture is seen at once.
    begins_page = True

    _converted = (None, "")

    class Meta:
        abstract = True

    def clean(self):
        super().clean()
        try:
            self.converted_body()
        except ValidationError as error:
            raise ValidationError({"body": error}) from error

    def converted_body(self):
        """Return the HTML of `body`, made once for each text; raises ValidationError."""
        source, html = self._converted
        if source != self.body:
            html = self.placing_pictures(to_html(self.body))
            self._converted = self.body, html
        return html

    def placing_pictures(self, html):
        """Return converted HTML with what the library knows of its pictures."""
        return with_pictures(html, pictures_named(picture_names(html)), self.begins_page)

    def html_to_store(self):
        """Return what `body_html` is to be; raises ValidationError."""
        return self.converted_body()

    def remake_html(self):
        """Make the stored HTML anew, where a picture of the text has changed."""
        try:
            self.body_html = self.html_to_store()
        except ValidationError:
            # What was stored under earlier rules stays as it is.
            return
        self.save(update_fields=["body_html"])

    def note_pictures(self):
        """Find the pictures that the text names; none of them waits in the trash."""
        named = Picture.objects.filter(name__in=names_in(self.body))
        # First, so that whoever is about to delete one for good is waited for.
        named.in_trash().update(trashed_at=None)
        self.pictures.set(named)
