"""Kept pages: through nginx, and from granian alone, against the limit that each of them sets."""

from bench.measure import Result, median_p99, median_rate, ratio, turn_by_turn, wrk
from bench.servers import GZIP, Proxy, Site, bare_function, database, folder, save_answer

THREAD = "50x1"
OTHERS = ("/", "/articles/", "/rankings/open-model-preference/", "/issues/2025-10/")


def filled_site(place, database_url):
    site = Site(place, database_url)
    found = site.fill("--thread", THREAD)
    return site, found["threads"][THREAD]


def load(port, path, options, **headers):
    url = f"http://127.0.0.1:{port}{path}"
    return lambda: wrk(url, seconds=options.seconds, headers={**GZIP, **headers})


def describe(runs):
    return f"{median_rate(runs):,.0f}/s, p99 {median_p99(runs):.1f} ms"


def through_nginx(options):
    """Article page, 100 comments, gzip, through nginx, against nginx with the same bytes."""
    with folder() as place, database("SQLite", place) as url:
        site, path = filled_site(place, url)
        with site.serving():
            page = site.get(path, GZIP)
            answer = save_answer(place, page)
            proxy = Proxy(place, site)
            proxy.write(answer)
            with proxy.serving():
                measures = {
                    "page": load(proxy.https_port, path, options),
                    "file": load(proxy.disk_port, "/index.html", options),
                }
                found = turn_by_turn(measures, options.rounds)
    value, text = ratio(median_rate(found["page"]), median_rate(found["file"]))
    size = f"{len(page.content):,} bytes of gzip"
    what = f"article page through nginx ({describe(found['page'])}, {size})"
    what += f" / nginx, file ({describe(found['file'])})"
    yield Result("nginx", what, text, "≥ 0.9", value >= 0.9)


def from_granian(options):
    """The same from granian alone against a bare function; 304 and other pages against that."""
    for kind, least in (("SQLite", 0.5), ("PostgreSQL", 0.2)):
        with folder() as place, database(kind, place) as url:
            site, path = filled_site(place, url)
            with site.serving():
                page = site.get(path, GZIP)
                with bare_function(save_answer(place, page)) as limit:
                    known = {"If-None-Match": page.headers["ETag"]}
                    measures = {
                        "page": load(site.port, path, options),
                        "limit": load(limit, "/", options),
                        "304": load(site.port, path, options, **known),
                    }
                    measures |= {other: load(site.port, other, options) for other in OTHERS}
                    found = turn_by_turn(measures, options.rounds)
        yield from granian_results(kind, least, found)


def granian_results(kind, least, found):
    page = median_rate(found["page"])
    value, text = ratio(page, median_rate(found["limit"]))
    what = f"{kind}: article page from granian ({describe(found['page'])})"
    what += f" / bare function ({describe(found['limit'])})"
    yield Result("granian", what, text, f"≥ {least}", value >= least)
    value, text = ratio(median_rate(found["304"]), page)
    what = f"{kind}: 304 ({describe(found['304'])}) / 200"
    yield Result("granian", what, text, "≥ 1", value >= 1)
    for other in OTHERS:
        value, text = ratio(median_rate(found[other]), page)
        size = found[other][0].size
        what = f"{kind}: {other} ({describe(found[other])}, {size:,.0f} bytes) / article page"
        yield Result("granian", what, text, "≥ 0.9", value >= 0.9)
