from django.contrib import admin, messages
from django.utils.translation import gettext as _

from articles.admin.model_admin import StaffModelAdmin
from comments.models import StaffSubscription, Subscriber


@admin.register(StaffSubscription)
class FollowedArticleAdmin(StaffModelAdmin):
    """The articles whose new comments are mailed to whoever is signed in; nobody sees another's."""

    permissions = {
        "add": "articles.view_article",
        "change": None,
        "delete": "articles.view_article",
        "view": "articles.view_article",
    }
    list_display = ["article", "created_at"]
    fields = ["article"]
    autocomplete_fields = ["article"]
    list_select_related = ["article"]

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and is_own(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Allow one's own, and all of a user's to whoever may delete the user."""
        is_permitted = super().has_delete_permission(request, obj) and is_own(request, obj)
        return is_permitted or (obj is not None and request.user.has_perm("auth.delete_user"))

    def get_queryset(self, request):
        return super().get_queryset(request).filter(subscriber__user=request.user)

    def add_view(self, request, form_url="", extra_context=None):
        if not request.user.email:
            self.message_user(
                request,
                _("Your account has no e-mail address yet, so nothing can be mailed to you."),
                messages.WARNING,
            )
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        obj.subscriber, _is_new = Subscriber.objects.get_or_create(user=request.user)
        already = StaffSubscription.objects.filter(subscriber=obj.subscriber, article=obj.article)
        # Once is enough: asked for again, the first one stays.
        obj.pk = already.values_list("pk", flat=True).first()
        if obj.pk is None:
            super().save_model(request, obj, form, change)


def is_own(request, subscription):
    return subscription is None or subscription.subscriber.user_id == request.user.pk
