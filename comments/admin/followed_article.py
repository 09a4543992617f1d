from django.contrib import admin, messages
from django.utils.translation import gettext as _

from comments.models import StaffSubscription, Subscriber


@admin.register(StaffSubscription)
class FollowedArticleAdmin(admin.ModelAdmin):
    """The articles whose new comments are mailed to whoever is signed in; nobody sees another's."""

    list_display = ["article", "created_at"]
    fields = ["article"]
    autocomplete_fields = ["article"]
    list_select_related = ["article"]

    def has_module_permission(self, request):
        return request.user.has_perm("articles.view_article")

    has_add_permission = has_module_permission

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request) and (
            obj is None or obj.subscriber.user_id == request.user.pk
        )

    has_delete_permission = has_view_permission

    def has_change_permission(self, request, obj=None):
        return False

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
