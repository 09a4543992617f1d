"""The editors' guide as a page of the desk: the document that stands in the project."""

from functools import cache

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from articles.content.headings import contents, with_anchors

DOCS = settings.BASE_DIR / "docs"


@require_safe
def guide(request):
    html, chapters = read_guide()
    context = {
        **admin.site.each_context(request),
        "title": _("Editors’ guide"),
        "guide": html,
        "chapters": chapters,
    }
    return render(request, "admin/guide.html", context)


@cache
def read_guide():
    """Return the guide's HTML without its title, and its chapters."""
    source = (DOCS / "editor-guide.md").read_text(encoding="utf-8")
    _title, _line, text = source.partition("\n")
    # Our own document: what it links to and shows stands beside it.
    html = with_anchors(MarkdownIt("commonmark").enable("table").render(text))
    return mark_safe(html), [each for each in contents(html) if each.level == 2]  # noqa: S308


@require_safe
def guide_picture(request, name):
    try:
        return FileResponse((DOCS / "images" / f"{name}.png").open("rb"), content_type="image/png")
    except OSError as error:
        # Such as a name that is longer than any file's.
        raise Http404 from error
