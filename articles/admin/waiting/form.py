"""The form of a public article: its save asks whether readers see it now or after review."""

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import PublishedModelForm
from articles.models import Article

NOW, AFTER_REVIEW = "now", "review"
# Whether and when an article is public: no change waits with these.
DECISIONS = ["state", "published_at", "withdrawn_at"]


class ArticleForm(PublishedModelForm):
    readers_see = forms.ChoiceField(
        label=gettext_lazy("When do readers see it?"),
        choices=[
            (NOW, gettext_lazy("Readers see it now")),
            (AFTER_REVIEW, gettext_lazy("Readers see it after review")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    # The revisions that waited and that were public when the form was opened.
    waiting_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    # The admin sets them: what waits for this article, and how the form shows it, where it does.
    waiting = None
    shown = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None or self.instance.state != Article.State.PUBLISHED:
            del self.fields["readers_see"], self.fields["waiting_seen"]
            return
        may_decide = self.may_publish and not self.shown
        for name in [] if may_decide else self.fields.keys() & set(DECISIONS):
            self.fields[name].disabled = True
            if name == "state":
                self.fields[name].choices = Article.State.choices
        field = self.fields["readers_see"]
        if not self.may_publish:
            field.choices = field.choices[1:]
        field.initial = NOW if may_decide else AFTER_REVIEW
        self.fields["waiting_seen"].initial = self.seen_now

    @property
    def seen_now(self):
        waiting_number = self.waiting.revision.number if self.waiting else 0
        return f"{waiting_number}/{self.shown.public_number if self.shown else ''}"

    @property
    def proposes(self):
        """Tell whether what is sent waits, in place of being stored."""
        if "readers_see" not in self.fields:
            return False
        chosen = self.cleaned_data.get("readers_see") or self.fields["readers_see"].initial
        return chosen == AFTER_REVIEW

    def may_save(self):
        is_proposed = self.proposes and self.instance.state == Article.State.PUBLISHED
        return super().may_save() or is_proposed

    def check_conflict(self, record):
        # The rows say what waits: of that, `waiting_seen` tells what has become of it.
        if not self.shown:
            super().check_conflict(record)

    def clean(self):
        super().clean()
        if self.shown or (self.waiting and self.proposes):
            self.check_seen()
        if self.proposes:
            for name in set(DECISIONS) & set(self.changed_data):
                self.add_error(name, _("This never waits: choose that readers see it now."))

    def check_seen(self):
        """Refuse once to put what is sent in the place of what its writer has not seen."""
        if self.cleaned_data.get("waiting_seen") == self.seen_now:
            return
        self.data = self.data.copy()
        self.data["waiting_seen"] = self.seen_now
        texts = [_("Nothing of yours is lost: it stands below, and has not been saved.")]
        if self.waiting:
            texts.insert(0, _("Meanwhile another change waits, or the public text has changed."))
            address = reverse("admin:articles_article_waiting", args=[self.instance.pk])
            link = '<a href="{}" target="_blank" rel="noopener">{}</a>'
            texts.append(format_html(link, address, _("Look at what waits.")))
        else:
            texts.insert(0, _("What waited is public meanwhile, or was dropped."))
        texts.append(_("Save once more to put yours in its place."))
        self.add_error(None, format_html(" ".join(["{}"] * len(texts)), *texts))
