"""All routes."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from articles import urls as articles_urls
from comments import urls as comments_urls
from openup import media, search_page, shared, views
from openup.staff import (
    editor,
    outside_links,
    presence,
    remarks,
    share_links,
    working_copies,
)
from openup.staff.previews import article, issue, revision, typed, waiting
from openup.staff.sign_in import new_password

handler400 = "openup.views.bad_request"
handler403 = "openup.views.permission_denied"
handler404 = "openup.views.page_not_found"
handler500 = "openup.views.server_error"

openid_urls = []
if settings.OIDC_RP_CLIENT_ID:
    from openup.staff.sign_in.openid import urlpatterns as openid_urls

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.health, name="health"),
    path("manage/markdownx/preview/", editor.markdown_preview, name="markdown_preview"),
    path("manage/markdownx/paste/", editor.paste_to_markdown, name="paste_to_markdown"),
    path("manage/markdownx/upload/", editor.image_upload, name="image_upload"),
    path("manage/preview/typed/", typed.typed_preview, name="typed_preview"),
    path("manage/preview/typed/<key:article_id>/", typed.typed_preview, name="typed_preview"),
    path("manage/presence/<slug:model>/<key:object_id>/", presence.presence, name="presence"),
    path(
        "manage/preview/articles/<key:article_id>/waiting/",
        waiting.waiting_preview,
        name="waiting_preview",
    ),
    path("manage/preview/issues/<key:issue_id>/", issue.issue_preview, name="issue_preview"),
    path(
        "manage/preview/<slug:model>/<key:object_id>/revisions/<key:number>/",
        revision.revision_preview,
        name="revision_preview",
    ),
    path("manage/checks/month/", typed.typed_items, name="typed_items"),
    path("manage/checks/month/<key:issue_id>/", typed.typed_items, name="typed_items"),
    path("manage/remarks/", remarks.my_remarks, name="my_remarks"),
    path("manage/remarks/<slug:model>/<key:object_id>/", remarks.remarks, name="remarks"),
    path(
        "manage/shares/<slug:model>/<key:object_id>/", share_links.share_links, name="share_links"
    ),
    path(
        "manage/links/<slug:model>/<key:object_id>/",
        outside_links.outside_links,
        name="outside_links",
    ),
    path("manage/working-copies/<slug:form>/", working_copies.working_copy, name="working_copy"),
    path(
        "manage/preview/articles/<key:article_id>/", article.article_preview, name="article_preview"
    ),
    # The sign-in's page links to it by this name.
    path("manage/password/", new_password.ask_for_link, name="admin_password_reset"),
    path(
        "manage/password/<uidb64>/<token>/",
        new_password.NewPasswordView.as_view(),
        name="password_reset_confirm",
    ),
    *openid_urls,
    # Instead of Django's, which leaves our words for its scripts out.
    path("manage/jsi18n/", admin.site.admin_view(JavaScriptCatalog.as_view(), cacheable=True)),
    # Its own way to a row's page, by any number: ours link there directly.
    path("manage/r/<path:row>", views.no_such_page),
    path("manage/", admin.site.urls),
    path("shared/<str:token>/", shared.shared, name="shared"),
    path("media/<path:name>", media.media_file, name="media_file"),
    path("search/", search_page.search, name="search"),
    path("share/<key:article_id>-<slug:digest>.png", media.share_picture, name="share_picture"),
    path(
        "share/ranking/<key:ranking_id>-<slug:digest>.png",
        media.ranking_picture,
        name="ranking_picture",
    ),
    path("share/<key:article_id>-<slug:digest>.jpg", media.share_photo, name="share_photo"),
    path("share/<slug:kind>/<slug:digest>.png", media.kind_picture, name="kind_picture"),
    path("", include(articles_urls)),
    # Before the article: "comments" is no slug.
    path("", include(comments_urls)),
    path("articles/<key:article_id>/<str:slug>.json", views.article_json, name="article_json"),
    path(
        "issues/<year:year>-<month:month>/", views.monthly_issue_detail, name="monthly_issue_detail"
    ),
    path("articles/<key:article_id>/read/", views.article_read, name="article_read"),
    path("articles/<key:article_id>/", views.article_detail, name="article_short"),
    path("articles/<key:article_id>/<str:slug>/", views.article_detail, name="article_detail"),
]
