"""A first visit to the article page in Chromium, on a slow phone and a slow network.

The processor throttled four times, 150 ms a round trip, 1.6 Mbit/s: Lighthouse's slow 4G.
"""

import os
import statistics

from playwright.sync_api import sync_playwright

from bench.measure import Result
from bench.servers import DATABASES, Site, database, folder

NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 200_000,
    "uploadThroughput": 93_750,
}
SLOWER = 4
VIEWPORT = {"width": 360, "height": 740}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Written before anything of the page runs; its own clock, from the start of the navigation.
OBSERVE = """
window.seen = {shift: 0, longest: 0, paint: null};
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) seen.shift += entry.value;
})).observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  seen.longest = Math.max(seen.longest, entry.duration);
})).observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (entry.name === "first-contentful-paint") seen.paint = entry.startTime;
})).observe({type: "paint", buffered: true});
"""
# The browser reports no task as long in which no script ran; its own record has those too.
RECORD = {"traceConfig": {"includedCategories": ["devtools.timeline", "toplevel"]}}
READ = """() => ({...seen, before: 1 + performance.getEntriesByType("resource")
  .filter((entry) => entry.startTime < seen.paint)
  .filter((entry) => entry.renderBlockingStatus === "blocking").length})"""


def slow_down(client):
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", NETWORK)
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def visit(browser, url):
    """Return what a first visit measured: seconds, bytes, and what moved or blocked."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    client = context.new_cdp_session(page)
    slow_down(client)
    received = []
    client.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.add_init_script(OBSERVE)
    page.goto(url, wait_until="networkidle")
    page.wait_for_function("seen.paint !== null")
    found = page.evaluate(READ) | {"bytes": sum(received)}
    context.close()
    return found


def longest_drawing(browser, url):
    """Return the ms of the longest task that drew a part of the page: style, layout and paint."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    slow_down(context.new_cdp_session(page))
    recorder = browser.new_browser_cdp_session()
    events, ended = [], []
    recorder.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    recorder.on("Tracing.tracingComplete", lambda last: ended.extend([last]))
    recorder.send("Tracing.start", RECORD)
    page.goto(url, wait_until="networkidle")
    recorder.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    context.close()
    parsed = [event for event in events if event["name"] == "ParseHTML"]
    ours = next(event["pid"] for event in parsed if url in str(event["args"]))
    return max(
        event.get("dur", 0) / 1000
        for event in events
        if event["pid"] == ours and "BeginMainFrame" in event.get("args", {}).get("src_func", "")
    )


def loading(options):
    """First paint, bytes, shifts and long tasks of the article page with 100 comments."""
    with folder() as place, database(DATABASES[0], place) as url:
        site = Site(place, url)
        path = site.fill("--thread", "50x1")["threads"]["50x1"]
        with site.serving(path), sync_playwright() as playwright:
            program = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            rounds = range(max(3, options.rounds))
            runs = [visit(browser, site.url + path) for _number in rounds]
            drawn = [longest_drawing(browser, site.url + path) for _number in rounds]
            browser.close()
    found = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    yield from (
        line(
            "first contentful paint",
            f"{found['paint'] / 1000:.2f} s",
            "≤ 1.2 s",
            found["paint"] <= 1200,
        ),
        line(
            "sent on a first visit",
            f"{found['bytes'] / 1000:.1f} kB",
            "≤ 45 kB",
            found["bytes"] <= 45_000,
        ),
        line("layout shift", f"{found['shift']:.3f}", "0", found["shift"] == 0),
        line("longest task", f"{found['longest']:.0f} ms", "≤ 50 ms", found["longest"] <= 50),
        line(
            "longest task that draws",
            f"{statistics.median(drawn):.0f} ms",
            "",
            None,
        ),
        line(
            "requests before the first paint", f"{found['before']:.0f}", "≤ 3", found["before"] <= 3
        ),
    )


def line(what, found, promised, holds):
    return Result("loading", f"article, 100 comments: {what}", found, promised, holds)
