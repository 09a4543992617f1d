"""What axe finds in a page as it stands."""

from axe_playwright_python.sync_playwright import Axe

RUN = "axe.run({resultTypes: ['violations']}).then((results) => results.violations)"


def violations(page):
    """Return [(rule, the first elements that break it)]; a page loads axe once."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    return [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
        for fault in page.evaluate(RUN)
    ]
