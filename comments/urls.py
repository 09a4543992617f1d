from django.urls import path

from comments import feeds
from comments.account import views as account_views
from comments.moderation import report_views
from comments.threads import views

app_name = "comments"
urlpatterns = [
    path("comments/feed/", feeds.comment_feed, name="comment_feed"),
    path(
        "articles/<key:article_id>/comments/feed/",
        feeds.article_comment_feed,
        name="article_comment_feed",
    ),
    path("articles/<key:article_id>/comments/", views.comment_create, name="comment_create"),
    path("comments/<key:comment_id>/", views.comment_detail, name="comment_detail"),
    path("comments/<key:comment_id>/edit/", views.comment_edit, name="comment_edit"),
    path("comments/<key:comment_id>/delete/", views.comment_delete, name="comment_delete"),
    path("comments/<key:comment_id>/history/", views.comment_history, name="comment_history"),
    path(
        "comments/<key:comment_id>/history/<key:version>/remove/",
        views.comment_revision_remove,
        name="comment_revision_remove",
    ),
    path("comments/<key:comment_id>/reply/", views.comment_reply, name="comment_reply"),
    path("comments/<key:comment_id>/report/", report_views.comment_report, name="comment_report"),
    path(
        "comments/<key:comment_id>/takedown/", report_views.takedown_create, name="takedown_create"
    ),
    path("comments/mine/", account_views.mine, name="mine"),
    path("comments/mine/sent/", account_views.mine_sent, name="mine_sent"),
    path("comments/mine/<slug:token>/", account_views.mine_open, name="mine_open"),
    *(
        path(f"comments/mine/<slug:key>/{place}/", view, name=f"mine_{name}")
        for place, view, name in [
            ("comments", account_views.mine_list, "list"),
            ("comments/<key:comment_id>/edit", account_views.mine_edit, "edit"),
            ("comments/<key:comment_id>/password", account_views.mine_password, "password"),
            ("comments/<key:comment_id>/delete", account_views.mine_delete, "delete"),
            ("comments/<key:comment_id>/notices", account_views.mine_notices, "notices"),
            ("password", account_views.mine_password, "password_all"),
            ("notices", account_views.mine_notices, "notices_all"),
            ("download", account_views.mine_download, "download"),
            ("erase", account_views.mine_erase, "erase"),
            ("leave", account_views.mine_leave, "leave"),
        ]
    ),
    path("comments/notices/<slug:token>/", account_views.notices_stop, name="notices_stop"),
    path(
        "comments/notices/<slug:token>/confirm/",
        account_views.notices_confirm,
        name="notices_confirm",
    ),
]
