from django.core.exceptions import ValidationError
from django.db import models

from articles.content.markdown import to_html


class MarkdownBody(models.Model):
    """A row whose `body` is Markdown, converted once for all that checks and stores it."""

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
            html = to_html(self.body)
            self._converted = self.body, html
        return html
