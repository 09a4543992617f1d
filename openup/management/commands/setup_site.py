from io import StringIO
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.bundle.files_to_data import read_file
from articles.models import CONTENT, Article, Due, SitePage
from openup.search_index import count, is_outdated

# Half a minute or less.
REBUILT_AT_ONCE = 20_000

VIEW = ("view",)
EDIT = ("add", "change", "view")
ALL = ("add", "change", "delete", "view")


def on(models, actions, app="articles"):
    """Return the names of the permissions for `actions` on `models` of an app."""
    return {f"{app}.{action}_{model}" for model in models for action in actions}


CONTENT_MODELS = ("article", "tag", "monthlyissue")
# Lines of a page that its editor adds and takes out again.
PARTS = ("reference", "legacypath", "rankingtable", "monthlyissueitem")
FIGURES = ("ranking", "rankingperiod", "rankingentry", "rankingsubject")

EDITOR = (
    on((*CONTENT_MODELS, "picture"), EDIT)
    | on(PARTS, ALL)
    | on(("category", *FIGURES, "rankingcorrection"), VIEW)
)
GROUPS = {
    "editor": EDITOR,
    "publisher": EDITOR
    | on((*CONTENT_MODELS, "picture", "category", "sitepage"), ALL)
    # Whoever may publish an article may answer below it in the staff's name.
    | {"articles.publish_article", "articles.replace_picture", "comments.answer_comment"},
    "moderator": on(["comment"], VIEW, "comments")
    | on(["moderationrule"], ALL, "comments")
    # What the page of an article that they look at links to, too.
    | on(("article", "category", "monthlyissue", "picture", "ranking"), VIEW)
    | {"comments.moderate_comment", "comments.answer_comment"},
    "data steward": on((*FIGURES, "rankingtable"), ALL)
    | on(["rankingcorrection"], VIEW)
    | on(["figurereport"], VIEW, "comments")
    | {"comments.decide_figurereport"},
}


class Command(BaseCommand):
    help = (
        "Give the four staff groups exactly their permissions (make groups of your own for others)"
        " add the site's first pages where they are missing, and see to the search's index."
    )

    def handle(self, *args, verbosity, **options):
        self.is_silent = verbosity == 0
        with transaction.atomic():
            self.set_up_groups()
            self.add_first_pages()
            plan_closings()
        self.bring_search_up_to_date()

    def tell(self, text):
        if not self.is_silent:
            self.stdout.write(text)

    def bring_search_up_to_date(self):
        if not is_outdated():
            self.tell(_("Search's index: up to date"))
        elif count() <= REBUILT_AT_ONCE:
            call_command("rebuild_search", stdout=StringIO() if self.is_silent else self.stdout)
        else:
            # Whoever calls this waits, and the site finds less until it is done.
            self.stdout.write(
                _("The search's index is outdated: run `manage.py rebuild_search` once.")
            )

    def set_up_groups(self):
        known = {
            f"{permission.content_type.app_label}.{permission.codename}": permission
            for permission in Permission.objects.select_related("content_type")
        }
        for name, permissions in GROUPS.items():
            group, is_new = Group.objects.get_or_create(name=name)
            wanted = {known[permission] for permission in permissions}
            if wanted == set(group.permissions.all()):
                self.tell(_("Group %(name)s: unchanged") % {"name": name})
                continue
            group.permissions.set(wanted)
            text = _("Group %(name)s: created") if is_new else _("Group %(name)s: set anew")
            self.tell(text % {"name": name})

    def add_first_pages(self):
        folder = Path(apps.get_app_config("articles").path) / "first_pages"
        existing = set(SitePage.objects.values_list("slug", flat=True))
        pages = sorted(map(read_file, folder.glob("*.md")), key=lambda page: page.position)
        for page in pages:
            if page.slug in existing:
                self.tell(_("Page %(slug)s: kept as it is") % {"slug": page.slug})
                continue
            site_page = SitePage(
                slug=page.slug, title=page.title, body=page.body, position=page.position
            )
            site_page.full_clean()
            site_page.store()
            self.tell(_("Page %(slug)s: created") % {"slug": page.slug})


def plan_closings():
    """Note when published articles close for comments, as the site's setting now says."""
    columns = "published_at", "comments_close_at", "comments_open_days"
    articles = Article.objects.filter(published_at__isnull=False).only(*columns)
    ends = {article.comments_end_at for article in articles.iterator()} - {None}
    Due.plan([CONTENT], [end for end in ends if end > timezone.now()])
