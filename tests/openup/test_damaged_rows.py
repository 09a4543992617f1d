"""Whatever SQL or another program put into a row, pages that show it open."""

import pytest
from django.db.models import JSONField, Value
from django.test import Client
from django.urls import reverse

from articles.models import Ranking, RankingEntry, RankingPeriod, RankingSubject
from articles.models.ranking import (
    repaired_cells,
    repaired_columns,
    repaired_total,
    validate_columns,
    validate_total,
)
from articles.models.ranking_subject import texts_of
from comments.models import Comment, ModerationRule
from comments.models.comment.model import repaired_reasons
from comments.models.moderation.rule import repaired_rehearsal
from comments.moderation.rule_rehearsal import rehearse
from tests.factories import make_comment, make_ranking, make_rule, make_staff

REHEARSAL = {"at": "x", "compared": 1, "is_cut": False, "caught": 1, "by_state": {}, "samples": []}
PARTLY = {**REHEARSAL, "at": "2026-01-01T00:00:00Z", "by_state": {"x": 1}, "samples": [7, [1]]}
# JSON that a database takes, of none of the shapes that we write, or of one but for a part.
DAMAGED = [
    *(None, 7, "x", [], {}, [1], [[]], [{"key": "a", "heading": 1}], [{"key": [], "heading": "a"}]),
    *({"label": 7, "cells": 7}, {"label": "a", "cells": {"x": []}}, {"x": []}, REHEARSAL, PARTLY),
]


@pytest.mark.parametrize("value", DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_read_of_damaged_json_has_its_shape(value):
    validate_columns(repaired_columns(value))
    validate_total(repaired_total(value))
    assert all(isinstance(cell, str) for cell in repaired_cells(value).values())
    assert all(isinstance(text, str) for text in texts_of(value))
    assert all(isinstance(reason["text"], str) for reason in repaired_reasons(value))
    assert repaired_rehearsal(value) in ({}, {**PARTLY, "samples": []})


@pytest.mark.django_db
def test_pages_open_whatever_shape_the_json_of_their_rows_has():
    ranking, comment = make_ranking(), make_comment()
    subject, rule = RankingSubject.objects.first(), make_rule(terms="광고")
    RankingPeriod.objects.update(published_at="2025-01-01T00:00:00Z")
    rehearse(rule)
    rule.switch_on()
    client = Client()
    client.force_login(make_staff(is_superuser=True))
    figures = [
        reverse("admin:articles_ranking_change", args=[ranking.pk]),
        reverse("admin:articles_ranking_grid", args=[ranking.pk]),
        ranking.get_absolute_url(),
    ]
    pages = {
        (Ranking, "columns"): figures,
        (RankingPeriod, "total"): figures[1:],
        (RankingEntry, "cells"): figures[1:],
        (RankingSubject, "aliases"): [
            reverse("admin:articles_rankingsubject_changelist"),
            reverse("admin:articles_rankingsubject_change", args=[subject.pk]),
        ],
        (Comment, "hold_reasons"): [reverse("admin:comments_comment_change", args=[comment.pk])],
        (ModerationRule, "rehearsal"): [
            reverse("admin:comments_moderationrule_changelist"),
            reverse("admin:comments_moderationrule_change", args=[rule.pk]),
        ],
    }

    for (model, name), addresses in pages.items():
        for value in (7, [{}], PARTLY):
            model.objects.update(**{name: Value(value, JSONField())})
            for address in addresses:
                assert client.get(address).status_code == 200, (name, value, address)


@pytest.mark.django_db
def test_rule_that_sql_has_changed_holds_nothing_and_stops_nobody():
    rule = make_rule(terms="광고", is_active=True)
    ModerationRule.objects.filter(pk=rule.pk).update(kind="nothing", terms="잘")

    comment = make_comment(body="잘 읽었습니다.")

    assert comment.is_visible and comment.hold_reasons == []
