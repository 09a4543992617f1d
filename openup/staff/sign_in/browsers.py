"""What a browser is called where its owner chooses which of them to sign out."""

from django.utils.translation import gettext as _

# The first that is found: most browsers also name those before them in time.
BROWSERS = {
    "Edg": "Edge",
    "Whale/": "Whale",
    "SamsungBrowser/": "Samsung Internet",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def name_of_browser(request):
    """Return such as "Chrome · Windows"."""
    agent = request.headers.get("User-Agent", "")
    found = [
        next((name for mark, name in names.items() if mark in agent), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or _("Another browser")
