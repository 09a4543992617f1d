from django.db.models import BigIntegerField
from django.urls import path, register_converter

from articles import feeds, sitemaps, views
from articles.open_data import views as data_views

app_name = "articles"


class YearConverter:
    regex = "[1-9][0-9]{3}"

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return f"{value:04d}"


class MonthConverter(YearConverter):
    regex = "[0-9]{2}"

    def to_url(self, value):
        return f"{value:02d}"


class KeyConverter:
    """A row's key, written in one way alone: no other address shows the same page."""

    regex = "0|[1-9][0-9]{0,18}"

    def to_python(self, value):
        key = int(value)
        if key > BigIntegerField.MAX_BIGINT:
            raise ValueError  # no such address: the databases would refuse the number itself
        return key

    def to_url(self, value):
        return str(value)


register_converter(KeyConverter, "key")
register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")

urlpatterns = [
    path("articles/", views.article_list, name="article_list"),
    path("articles.json", data_views.articles_json, name="articles_json"),
    path("articles/<year:year>/<month:month>/", views.month_archive, name="month_archive"),
    path("categories/<str:slug>/", views.category_detail, name="category_detail"),
    path("tags/<str:slug>/", views.tag_detail, name="tag_detail"),
    path("issues/", views.monthly_issue_list, name="monthly_issue_list"),
    path("issues/<year:year>/", views.monthly_issue_list, name="monthly_issue_year"),
    path(
        "issues/<year:year>-<month:month>.json",
        data_views.monthly_issue_json,
        name="monthly_issue_json",
    ),
    path("corrections/", views.correction_list, name="correction_list"),
    path("corrections/feed/", feeds.correction_feed, name="correction_feed"),
    path("rankings/", views.ranking_list, name="ranking_list"),
    path("rankings/<str:slug>/", views.ranking_detail, name="ranking_detail"),
    path("rankings/<str:slug>.json", data_views.ranking_json, name="ranking_json"),
    path("rankings/<str:slug>.csv", data_views.ranking_csv, name="ranking_csv"),
    path("rankings/<str:slug>.xlsx", data_views.ranking_xlsx, name="ranking_xlsx"),
    path("rankings/<str:slug>/embed/", data_views.ranking_embed, name="ranking_embed"),
    path("feed/", feeds.article_feed, name="article_feed"),
    path("categories/<str:slug>/feed/", feeds.category_feed, name="category_feed"),
    path("tags/<str:slug>/feed/", feeds.tag_feed, name="tag_feed"),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap_index"),
    path("sitemaps/<str:part>.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("subjects/<str:slug>/", views.subject_detail, name="subject_detail"),
    path("subjects/<str:slug>/feed/", feeds.subject_feed, name="subject_feed"),
    path("subjects/<str:slug>.json", data_views.subject_json, name="subject_json"),
    path("schemas/<str:name>.json", data_views.schema, name="schema"),
    path("pages/<str:slug>/", views.site_page_detail, name="site_page_detail"),
]
