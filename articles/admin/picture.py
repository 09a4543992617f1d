"""The library of pictures: found again, described, replaced, and put in the trash."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import StoredModelAdmin, may_publish
from articles.admin.edit_conflicts import EditConflictForm
from articles.admin.form_fields import row_of_key
from articles.admin.model_admin import require
from articles.admin.revision_views import object_to_view
from articles.content.uploads import MAX_FILE_BYTES, one_picture, remake_upload
from articles.desk.pictures import waiting_articles
from articles.models import Picture
from articles.models.picture import TRASH_DAYS

MAX_WAIT_SECONDS = 3
CHOICES_ON_A_PAGE = 24


class PictureFileForm(forms.Form):
    """One file, made anew while it is checked; `remade` is what is to be stored."""

    file = forms.FileField(
        label=gettext_lazy("picture"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=gettext_lazy("JPEG, PNG or WebP, up to 8 MB."),
    )

    def __init__(self, *args, name="", **kwargs):
        super().__init__(*args, **kwargs)
        self.name = name

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not one_picture.acquire(timeout=MAX_WAIT_SECONDS):
            raise ValidationError(_("Another picture is being stored. Try again in a moment."))
        try:
            self.remade = remake_upload(file, file.size, self.name)
        finally:
            one_picture.release()
        if len(self.remade.content) > MAX_FILE_BYTES:
            raise ValidationError(_("As the kind of file that stands there it becomes too large."))
        return file

    def store(self, storing):
        """Return what `storing(remade)` does, None where the disk takes nothing."""
        try:
            return storing(self.remade)
        except OSError:
            text = _("The server could not store the picture. Nothing else is lost.")
            self.add_error("file", text)
            return None


class PictureForm(EditConflictForm):
    def clean(self):
        super().clean()
        said, was_said = (
            any(values.get(name) for name in ("alternative_text", "is_decorative"))
            for values in (self.cleaned_data, self.initial)
        )
        if was_said and not said and not self.errors and self.instance.is_public:
            text = _("Published texts leave it to this picture to say what it shows.")
            self.add_error("alternative_text", text)

    class Meta:
        widgets = {
            name: forms.NumberInput(attrs={"min": 0, "max": 100}) for name in ("focal_x", "focal_y")
        }


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [
            ("none", _("In no text")),
            ("undescribed", _("Without alternative text")),
            ("mine", _("Uploaded by me")),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "none":
                return queryset.unused()
            case "undescribed":
                return queryset.filter(alternative_text="", is_decorative=False)
            case "mine":
                return queryset.filter(uploaded_by=request.user)
        return queryset


@admin.register(Picture)
class PictureAdmin(StoredModelAdmin):
    form = PictureForm
    fieldsets = [
        (None, {"fields": ["alternative_text", "is_decorative", "caption", "credit"]}),
        (gettext_lazy("What of it must stay in sight"), {"fields": [("focal_x", "focal_y")]}),
        (gettext_lazy("About the file"), {"fields": ["uses", "facts", "code"]}),
    ]
    readonly_fields = ["uses", "facts", "code"]
    list_display = ["__str__", "created_at"]
    list_filter = [UseFilter]
    list_per_page = 48
    date_hierarchy = "created_at"
    search_fields = [
        "alternative_text",
        "caption",
        "credit",
        "name",
        "articles__title",
        "monthlyissueitems__headline",
        "sitepages__title",
    ]
    search_help_text = gettext_lazy("In descriptions, credits, and titles of where it is used.")

    class Media:
        css = {"all": ["manage/picture.css"]}
        js = [forms.Script("manage/picture.js", defer=True)]

    def get_queryset(self, request):
        return super().get_queryset(request).outside_trash().with_texts()

    # Who may do what

    def has_change_permission(self, request, obj=None):
        """Leave what readers see to those who publish: a description stands on public pages."""
        return super().has_change_permission(request, obj) and (
            obj is None or may_publish(request) or not obj.is_public
        )

    def missing_permission(self, request, action):
        missing = super().missing_permission(request, action)
        return missing or (None if may_publish(request) else "articles.publish_article")

    def may_replace(self, request):
        return request.user.has_perm("articles.replace_picture")

    # What is shown of it

    @admin.display(description=gettext_lazy("used in"))
    def uses(self, picture):
        lines = format_html_join(
            "", '<li><a href="{}">{}</a></li>', ((url, text) for text, url in uses_of(picture))
        )
        return format_html('<ul class="uses">{}</ul>', lines) if lines else _("In no text")

    @admin.display(description=gettext_lazy("file"))
    def facts(self, picture):
        facts = [
            f"{picture.width} × {picture.height}",
            filesizeformat(picture.size),
            f"{timezone.localtime(picture.created_at):%Y.%m.%d}",
        ]
        if picture.uploaded_by:
            facts.append(picture.uploaded_by.get_username())
        link = format_html('<a href="{}" download>{}</a>', picture.url, _("Download"))
        return format_html("{} · {}", " · ".join(facts), link)

    @admin.display(description=gettext_lazy("in the text"))
    def code(self, picture):
        return format_html("<code>{}</code>", picture.code)

    # Pages

    def get_urls(self):
        pages = [
            ("trash/", self.trash_view, "trash"),
            ("choose/", self.choose_view, "choose"),
            ("<key:object_id>/replace/", self.replace_view, "replace"),
        ]
        return [
            path(address, self.admin_site.admin_view(view), name=f"articles_picture_{name}")
            for address, view, name in pages
        ] + super().get_urls()

    def changelist_view(self, request, extra_context=None):
        trash = {"trash_url": reverse("admin:articles_picture_trash")}
        return super().changelist_view(request, {**trash, **(extra_context or {})})

    def render_change_form(self, request, context, **options):
        context["may_replace"] = self.may_replace(request)
        return super().render_change_form(request, context, **options)

    def add_view(self, request, form_url="", extra_context=None):
        require(request, self.permission_for("add"))
        form = self._file_form(request)
        if form.is_valid():
            picture = form.store(partial(self._uploaded, request))
            if picture and IS_POPUP_VAR in request.POST:
                # The form that it was opened from chooses it.
                return self.response_add(request, picture)
            if picture:
                return redirect("admin:articles_picture_change", picture.pk)
        is_popup = IS_POPUP_VAR in request.GET or IS_POPUP_VAR in request.POST
        context = {"title": _("Upload a picture"), "form": form, "is_popup": is_popup}
        return self._file_page(request, context)

    def replace_view(self, request, object_id):
        """Put another file behind the same address, in every text at once."""
        require(request, "articles.replace_picture")
        picture = object_to_view(self, request, object_id)
        form = self._file_form(request, picture.name)
        if form.is_valid():
            form.store(partial(self._replaced, request, picture))
            if not form.errors:
                text = _("Every text shows the new file now. Look whether the description fits.")
                messages.success(request, text)
                return redirect("admin:articles_picture_change", picture.pk)
        context = {
            "title": _("Replace the file: %(name)s") % {"name": picture},
            "form": form,
            "picture": picture,
            "uses": uses_of(picture),
        }
        return self._file_page(request, context)

    @transaction.atomic
    def _uploaded(self, request, remade):
        is_known = Picture.objects.with_content(remade.content).exists()
        picture = Picture.objects.upload_remade(remade, by=request.user)
        if is_known:
            messages.info(request, _("This picture is in the library already: here it is."))
        else:
            self.log_addition(request, picture, _("Uploaded"))
            messages.success(request, _("The picture is stored. Say what it shows."))
        return picture

    @transaction.atomic
    def _replaced(self, request, picture, remade):
        picture.replace(remade)
        self.log_change(request, picture, _("File replaced"))

    def choose_view(self, request):
        """Show the pictures that the editor's dialog offers, as a part of its page."""
        require(request, self.permission_for("view"))
        words = request.GET.get("q", "")
        pictures, may_repeat = self.get_search_results(request, self.get_queryset(request), words)
        pictures = pictures.distinct() if may_repeat else pictures
        pages = Paginator(pictures.order_by("-created_at", "-pk"), CHOICES_ON_A_PAGE)
        context = {"page": pages.get_page(request.GET.get("page")), "words": words}
        return TemplateResponse(request, "admin/articles/picture/choose.html", context)

    def _file_form(self, request, name=""):
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        return PictureFileForm(*sent, name=name)

    def _file_page(self, request, context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, "admin/articles/picture/file.html", context)

    # Deleting

    def get_deleted_objects(self, objs, request):
        """Refuse what a text names, and say which."""
        may_delete = self.may(request, "delete")
        used = [
            format_html('{}: <a href="{}">{}</a>', picture, url, text)
            for picture in objs
            for text, url in uses_of(picture)
        ]
        missing = set() if may_delete else {self.opts.verbose_name}
        return list(map(str, objs)), {self.opts.verbose_name_plural: len(objs)}, missing, used

    def delete_model(self, request, obj):
        self.delete_queryset(request, [obj])

    def delete_queryset(self, request, queryset):
        for picture in queryset:
            picture.put_in_trash()
        text = _("For %(days)s days it waits in the trash.") % {"days": TRASH_DAYS}
        self.message_user(request, text, messages.INFO)

    def trash_view(self, request):
        """List what waits in the trash, and bring one back."""
        require(request, self.permission_for("view"))
        pictures = Picture.objects.in_trash()
        if request.method == "POST":
            require(request, self.permission_for("delete"))
            picture = row_of_key(pictures, request.POST.get("picture", ""))
            if picture is None:
                raise Http404
            picture.take_out_of_trash()
            self.log_change(request, picture, _("Taken out of the trash."))
            address = reverse("admin:articles_picture_change", args=[picture.pk])
            text = _("“%(title)s” is back, as it was.") % {"title": picture}
            messages.success(request, format_html('<a href="{}">{}</a>', address, text))
            return redirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Trash"),
            "opts": self.opts,
            "days": TRASH_DAYS,
            "pictures": pictures.order_by("-trashed_at", "-pk"),
            "may_restore": self.may(request, "delete"),
        }
        return TemplateResponse(request, "admin/articles/picture/trash.html", context)


def uses_of(picture):
    """Return [(text, address at the desk)] of where the picture is used."""
    waiting = [(article, "article", article.pk) for article in waiting_articles(picture)]
    return [
        (str(text), reverse(f"admin:articles_{model}_change", args=[key]))
        for text, model, key in dict.fromkeys([*picture.texts, *waiting])
    ]
