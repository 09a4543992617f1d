from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery, Sum
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import (
    PartInline,
    PublishedModelAdmin,
    may_publish,
)
from articles.admin.bulk import BulkAdmin
from articles.admin.copying import copy_view
from articles.admin.edit_conflicts import EditConflictFormSet
from articles.admin.from_file import from_file_view
from articles.admin.month_search import MonthSearchAdmin, moments_of
from articles.admin.next_step import moment, next_step, remarks
from articles.admin.ordered_inlines import NumberedFormSet
from articles.admin.rankings.table_inline import RankingTableInline
from articles.admin.related_views import related_view
from articles.admin.review.admin import ReviewedAdmin, ShownStateFilter
from articles.admin.trash import trash_view
from articles.admin.waiting.admin import WaitingAdmin
from articles.admin.waiting.views import waiting_view
from articles.desk import waiting_changes
from articles.desk.trash import own_drafts, put_in_trash
from articles.models import (
    Article,
    ArticleReading,
    LegacyPath,
    Reference,
    Revision,
    WaitingChange,
)
from articles.models.article import TRASH_DAYS
from articles.models.review import UNPUBLISHED_STATES

READING_DAYS = 30
ROWS = "admin/articles/article/rows.html"


class ReferenceInline(PartInline, admin.StackedInline):
    model = Reference
    formset = NumberedFormSet
    template = ROWS
    fields = ["title", "publisher", "url", ("accessed_date", "position")]


class LegacyPathInline(PartInline, admin.StackedInline):
    model = LegacyPath
    formset = EditConflictFormSet
    template = ROWS
    fields = ["path"]
    classes = ["collapse"]


class WaitingChangeFilter(admin.SimpleListFilter):
    title = gettext_lazy("waiting change")
    parameter_name = "waiting"
    kept = {
        "review": WaitingChange.objects.for_review,
        "scheduled": WaitingChange.objects.scheduled,
        "stopped": WaitingChange.objects.stopped,
    }

    def lookups(self, request, model_admin):
        return [
            ("review", _("Waits for review")),
            ("scheduled", _("Has its moment")),
            ("stopped", _("Stopped")),
        ]

    def queryset(self, request, queryset):
        if self.value() not in self.kept:
            return queryset
        return queryset.filter(waiting_change__in=self.kept[self.value()]())


@admin.register(Article)
class ArticleAdmin(BulkAdmin, MonthSearchAdmin, ReviewedAdmin, WaitingAdmin, PublishedModelAdmin):
    inlines = [RankingTableInline, ReferenceInline, LegacyPathInline]
    autocomplete_fields = ["category", "tags", "monthly_issue", "lead_picture"]
    publisher_fields = ["published_at", "withdrawn_at"]
    list_display = [
        "__str__",
        "state_shown",
        "acting",
        "month",
        "moment",
        "readings",
        "preview_link",
    ]
    list_filter = [ShownStateFilter, WaitingChangeFilter, "category", "published_at"]
    list_select_related = ["monthly_issue", "waiting_change"]
    list_per_page = 50
    search_fields = ["title", "kicker", "summary", "byline", "body"]
    date_hierarchy = "published_at"
    fieldsets = [
        (None, {"fields": ["kicker", "title", "body", "summary"]}),
        (
            gettext_lazy("Publishing"),
            {"classes": ["beside"], "fields": ["state", ("published_at", "withdrawn_at")]},
        ),
        (
            gettext_lazy("Where it belongs"),
            {
                "classes": ["beside"],
                "fields": ["category", "tags", "monthly_issue", "lead_picture"],
            },
        ),
        (
            gettext_lazy("Licence, comments and address"),
            {
                "classes": ["beside", "collapse"],
                "fields": [
                    ("byline", "kogl"),
                    ("comment_policy", "comments_open_days", "comments_close_at"),
                    "slug",
                ],
            },
        ),
    ]

    def get_urls(self):
        pages = [
            ("from-file/", self.from_file_view, "from_file"),
            ("trash/", self.trash_view, "trash"),
            ("<key:object_id>/copy/", self.copy_view, "copy"),
            ("<key:object_id>/related/", self.related_view, "related"),
            ("<key:object_id>/waiting/", self.waiting_view, "waiting"),
            ("<key:object_id>/waiting/change/", self.waiting_form_view, "waiting_form"),
        ]
        return [
            path(address, self.admin_site.admin_view(view), name=f"articles_article_{name}")
            for address, view, name in pages
        ] + super().get_urls()

    def from_file_view(self, request):
        return from_file_view(self, request)

    def copy_view(self, request, object_id):
        return copy_view(self, request, object_id)

    def related_view(self, request, object_id):
        return related_view(self, request, object_id)

    def trash_view(self, request):
        return trash_view(self, request)

    def waiting_view(self, request, object_id):
        return waiting_view(self, request, object_id)

    # The form

    def render_change_form(self, request, context, **options):
        article = options.get("obj")
        context["next_step"] = next_step(request, article)
        is_open = article is not None and article.state in UNPUBLISHED_STATES
        context["may_relate"] = is_open or may_publish(request)
        return super().render_change_form(request, context, **options)

    # Deleting

    def has_delete_permission(self, request, obj=None):
        """Let writers delete drafts of their own too, as far as nobody has published them."""
        return super().has_delete_permission(request, obj) or (
            obj is not None
            and super().has_change_permission(request, obj)
            and own_drafts(request.user).filter(pk=obj.pk).exists()
        )

    def get_deleted_objects(self, objs, request):
        """List the articles alone: all that belongs to them waits in the trash with them."""
        kept = [obj for obj in objs if not self.has_delete_permission(request, obj)]
        needed = {self.opts.verbose_name} if kept else set()
        return [str(obj) for obj in objs], {self.opts.verbose_name_plural: len(objs)}, needed, []

    def delete_model(self, request, obj):
        with transaction.atomic():
            # Before a page version, which who saves the article takes after it.
            waiting_changes.lock(obj.pk)
            self.let_go(request, obj)
            put_in_trash(obj)
        text = _("For %(days)s days it waits in the trash, with its comments.")
        self.message_user(request, text % {"days": TRASH_DAYS}, messages.INFO)

    def delete_queryset(self, request, queryset):
        for article in queryset:
            self.delete_model(request, article)

    def get_queryset(self, request):
        readings = ArticleReading.objects.since(READING_DAYS).filter(article=OuterRef("pk"))
        total = readings.values("article").annotate(total=Sum("count")).values("total")
        saved = Revision.objects.filter(
            model=Revision.Model.ARTICLE, object_id=OuterRef("pk")
        ).exclude(author_name="")
        articles = super().get_queryset(request).outside_trash()
        return articles.annotate(
            reading_total=Subquery(total),
            last_author=Subquery(saved.order_by("-number").values("author_name")[:1]),
        )

    @staticmethod
    def of_month(month):
        begin, end = moments_of(month)
        in_month = Q(published_at__gte=begin, published_at__lt=end, monthly_issue=None)
        return Q(monthly_issue__month=month) | in_month

    @admin.display(description=gettext_lazy("who"))
    def acting(self, article):
        """Name who has to act, or who saved it last where nobody has to."""
        return super().acting(article) or article.last_author or ""

    @admin.display(description=gettext_lazy("month"), ordering="monthly_issue__month")
    def month(self, article):
        return f"{article.monthly_issue.month:%Y.%m}" if article.monthly_issue else ""

    @admin.display(description=gettext_lazy("published at"), ordering="published_at")
    def moment(self, article):
        return moment(article.published_at) if article.published_at else ""

    @admin.display(description=gettext_lazy("state"), ordering="shown_now")
    def state_shown(self, article):
        state, change = super().state_shown(article), getattr(article, "waiting_change", None)
        if change is None:
            return state
        address = reverse("admin:articles_article_waiting", args=[article.pk])
        return format_html('{}<br><a href="{}">{}</a>', state, address, change.short_status)

    @admin.display(description=gettext_lazy("read in 30 days"), ordering="reading_total")
    def readings(self, article):
        return article.reading_total or 0

    @admin.display(description=gettext_lazy("preview"))
    def preview_link(self, article):
        return format_html(
            '<a href="{}">{}</a>', reverse("article_preview", args=[article.pk]), _("Preview")
        )

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for level, text in remarks(form.instance):
            self.message_user(request, text, level)
