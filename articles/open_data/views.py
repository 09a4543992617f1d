"""Pages as data, figures as files, and the table that another site may frame (docs/data.md)."""

from pathlib import Path

from csp.constants import NONE
from csp.decorators import csp_replace
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt

from articles.models import Article, MonthlyIssue
from articles.open_data import serializers
from articles.open_data.csv_export import BYTE_ORDER_MARK, to_csv
from articles.page_caching import NUMBER, cached_page
from articles.views import listing, load_ranking, load_subject

SCHEMAS = {path.stem: path for path in Path(__file__).with_name("schemas").glob("*.json")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def data_response(data):
    """Answer with JSON that a page of any site may read."""
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Access-Control-Allow-Origin"] = "*"
    return response


def file_response(content, content_type, name):
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@cached_page()
def ranking_json(request, slug):
    _figures, provenance = load_ranking(slug)
    return data_response(serializers.ranking_data(provenance))


@cached_page(query={"bom": "1"})
def ranking_csv(request, slug):
    """Send the rows as CSV, with `?bom=1` for spreadsheets that need the mark to read UTF-8."""
    figures, provenance = load_ranking(slug)
    text = to_csv(figures, provenance.notes)
    if request.GET.get("bom") == "1":
        text = BYTE_ORDER_MARK + text
    return file_response(text, "text/csv; charset=utf-8", f"{slug}.csv")


@cached_page()
def ranking_xlsx(request, slug):
    figures, provenance = load_ranking(slug)
    headings = {
        "title": _("Title"),
        "address": _("Address"),
        "source": _("Source"),
        "licence": _("Licence"),
        "date": _("Date"),
        "citation": _("How to cite"),
        "digest": _("Check digits"),
    }
    ranking = provenance.ranking
    from articles.open_data.xlsx_export import to_xlsx  # noqa: PLC0415 - 7 MB in each worker for few requests

    content = to_xlsx(
        *(ranking.title, provenance.date, ranking.layout(), figures),
        [(headings[name], text) for name, text in provenance.notes],
    )
    return file_response(content, XLSX, f"{slug}.xlsx")


@cached_page()
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"], "form-action": [NONE], "connect-src": [NONE]})
def ranking_embed(request, slug):
    """Show the table and chart alone, in a page that any site may frame."""
    _figures, provenance = load_ranking(slug)
    ranking = provenance.ranking
    context = {"ranking": ranking, "layout": ranking.layout(), "provenance": provenance}
    response = render(request, "articles/ranking_embed.html", context)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cached_page()
def subject_json(request, slug):
    subject, histories = load_subject(slug)
    if subject.slug != slug:
        response = redirect("articles:subject_json", subject.slug, permanent=True)
        response["Access-Control-Allow-Origin"] = "*"
        return response
    return data_response(serializers.subject_data(subject, histories))


@cached_page()
def monthly_issue_json(request, year, month):
    issues = MonthlyIssue.objects.published().for_page()
    issue = get_object_or_404(issues, month__year=year, month__month=month)
    return data_response(
        serializers.issue_data(issue, list(issue.articles.published().for_listing()))
    )


@cached_page(query={"before": NUMBER})
def articles_json(request):
    page = listing(request, Article.objects.published())
    return data_response(serializers.article_list_data(page["articles"], page["older"]))


@cached_page()
def schema(request, name):
    """Send the JSON Schema of one kind of twin."""
    if name not in SCHEMAS:
        raise Http404
    response = HttpResponse(SCHEMAS[name].read_bytes(), content_type="application/schema+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response
