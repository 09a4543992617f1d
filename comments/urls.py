from django.urls import path

from comments import feeds, report_views, views

app_name = "comments"
urlpatterns = [
    path("comments/feed/", feeds.comment_feed, name="comment_feed"),
    path(
        "articles/<int:article_id>/comments/feed/",
        feeds.article_comment_feed,
        name="article_comment_feed",
    ),
    path("articles/<int:article_id>/comments/", views.comment_create, name="comment_create"),
    path("comments/<int:comment_id>/", views.comment_detail, name="comment_detail"),
    path("comments/<int:comment_id>/edit/", views.comment_edit, name="comment_edit"),
    path("comments/<int:comment_id>/delete/", views.comment_delete, name="comment_delete"),
    path("comments/<int:comment_id>/history/", views.comment_history, name="comment_history"),
    path(
        "comments/<int:comment_id>/history/<int:version>/remove/",
        views.comment_revision_remove,
        name="comment_revision_remove",
    ),
    path("comments/<int:comment_id>/reply/", views.comment_reply, name="comment_reply"),
    path("comments/<int:comment_id>/report/", report_views.comment_report, name="comment_report"),
    path(
        "comments/<int:comment_id>/takedown/", report_views.takedown_create, name="takedown_create"
    ),
]
