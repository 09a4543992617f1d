"""The benchmarks still fit the product; what they find is theirs to tell (`make bench`)."""

import pytest
from django.test import Client

from bench import fixture, growth_probe
from bench.measure import read_wrk, turn_by_turn
from comments.models import Comment

OUTPUT = """\
Running 2s test @ http://127.0.0.1:8000/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.81ms    2.61ms  42.35ms   92.09%
    Req/Sec     6.40k     1.10k    8.25k    70.00%
  Latency Distribution
     50%    1.05ms
     75%    1.83ms
     90%    3.90ms
     99%   13.07ms
  25501 requests in 2.00s, 1.02GB read
"""


def test_a_run_of_wrk_is_read():
    run = read_wrk(OUTPUT)

    assert (run.rate, run.p99, run.failed) == (12750.5, 13.07, 0)
    assert round(run.size) == round(1.02 * 1024**3 / 25501)


def test_answers_that_failed_do_not_count():
    failures = "  Socket errors: connect 0, read 1, write 0, timeout 3\n"
    failures += "  Non-2xx or 3xx responses: 501\n"

    run = read_wrk(OUTPUT + failures)

    assert (run.rate, run.failed) == ((25501 - 505) / 2, 505)


def test_what_is_compared_runs_in_turn():
    seen = []

    found = turn_by_turn({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, 2)

    assert seen == ["a", "b", "a", "b"]
    assert found == {"a": [None, None], "b": [None, None]}


@pytest.mark.django_db
def test_the_fixture_fills_a_site_whose_every_page_answers():
    found = fixture.fill(threads=["3x2"], pages=1, articles=60)

    client = Client()
    pages = growth_probe.every_page() | {"thread": found["threads"]["3x2"]}
    statuses = {name: client.get(path).status_code for name, path in pages.items()}
    assert {name for name, status in statuses.items() if status != 200} == {"404"}
    (path,) = found["pages"]
    comments = Comment.objects.filter(article=path.split("/")[2])
    assert comments.count() == 100
    text = comments.first().body.replace(" ", "")
    assert len(text) == fixture.SYLLABLES
    assert "개방형" in client.get(pages["search"]).content.decode()
