"""How comments are drawn. Nothing here asks the database.

A long page draws thousands, so they are put together as plain strings, with every word and address
looked up once: a template costs ten times as much for each comment. What every comment has stands
in `item`, `readable` and `actions`; what few have, in a method of its own that only those call. All
that a commenter chose is escaped here (the name) or was when it was saved (the text).
"""

from functools import lru_cache

# Django's own `escape` returns the same text, but asks first whether it is lazy.
from html import escape

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from articles.templatetags.articles_tags import in_korean
from comments.models.revision import VERSIONS_PER_PAGE
from comments.models.thread import page_of

# Of a root's replies; the others are folded.
REPLIES_IN_SIGHT = 3


def draw_branches(page, article, staff_links=None):
    """Return the HTML of a page's roots, each with its replies folded together, as a plain string.

    In the admin's preview `staff_links`, as [(URL name, word)], stand for what readers may do.
    """
    is_beside_article = page.thread is not None
    drawing = drawing_for(article, is_beside_article=is_beside_article, staff_links=staff_links)
    return "\n".join(('<ol class="comments">', *map(drawing.branch, page.branches), "</ol>"))


def drawing_for(article, *, is_beside_article=True, staff_links=None):
    """Return what draws the comments of `article`, in the active language."""
    address = None if is_beside_article else article.get_absolute_url()
    links = None if staff_links is None else tuple(staff_links)
    return _drawing(get_language(), article.takes_comments, address, links)


# It looks up two dozen words, for a page of a hundred comments a fortieth of its time.
@lru_cache(maxsize=32)
def _drawing(_language, takes_replies, article_address, staff_links):
    return CommentDrawing(takes_replies, article_address, staff_links)


class CommentDrawing:
    """Draws comments in the language that was active when it was made.

    `article_address` is None beside the article itself.
    """

    def __init__(self, takes_replies, article_address, staff_links):
        self.takes_replies = takes_replies
        self.is_beside_article = article_address is None
        self.article_address = article_address or ""
        self.staff_links = staff_links
        self.before_pk, self.after_pk = reverse("comments:comment_detail", args=[0]).split("0")
        self.replies = {}
        self.zone = get_current_timezone()
        self.in_korean = in_korean()
        self.anonymous = escape(_("Anonymous"))
        self.before_name, self.after_name = escape(_("to {name}")).split("{name}")
        self.to_gone = escape(_("to a comment that is gone"))
        self.earlier_text = escape(_("(its text before an edit)"))
        self.edited = escape(_("edited"))
        self.edited_after_reply = escape(_("edited after a reply"))
        self.reply, self.edit, self.delete = map(escape, (_("Reply"), _("Edit"), _("Delete")))
        self.report, staff = escape(_("Report")), escape(_("Staff"))
        self.other = escape(_("See more"))
        self.staff_badge = f' <span class="badge">{staff}</span>'
        self.deleted_text = escape(_("This comment was deleted."))
        self.hidden_text = escape(_("This comment was hidden by the site's staff."))
        self.corrected_since = escape(_("The figure has been corrected since."))
        self.held_text = escape(_("This comment is waiting for review."))

    def branch(self, branch):
        root, replies = branch.root, ""
        if branch.replies:
            # On the branch's own page nothing comes below that they would keep from sight.
            in_sight = REPLIES_IN_SIGHT if self.is_beside_article else len(branch.replies)
            replies = (
                f'\n<details class="branch" open><summary{self.whose("n", root)}>'
                f"{self.replies_in_words(root.branch_count)}</summary>\n"
                f"{self.list(branch.replies[:in_sight])}"
                f"{self.folded(root, branch.replies[in_sight:])}</details>"
            )
        return f"{self.item(root, replies + self.more(branch))}"

    def list(self, replies):
        return f"<ol>\n{chr(10).join(map(self.item, replies))}\n</ol>"

    def whose(self, name, root):
        """Let what opens replies be named by its count and by whose comment they answer."""
        if not root.is_readable:
            return ""
        own = f"{name}-{root.pk}"
        return f' id="{own}" aria-labelledby="{own} by-{root.pk}"'

    def folded(self, root, replies):
        if not (count := sum(reply.is_visible for reply in replies)):
            return self.list(replies) if replies else ""
        # A writer reads there what was done.
        is_open = " open" if any(reply.outcome for reply in replies) else ""
        return (
            f"\n<details{is_open}><summary{self.whose('m', root)}>"
            f"{self.more_in_words(count)}</summary>\n"
            f"{self.list(replies)}</details>"
        )

    def more_in_words(self, count):
        text = ngettext("{count} more reply", "{count} more replies", count)
        return escape(text.format(count=f"{count:,}"))

    def replies_in_words(self, count):
        if count not in self.replies:
            text = ngettext("{count} reply", "{count} replies", count)
            self.replies[count] = escape(text.format(count=f"{count:,}"))
        return self.replies[count]

    def more(self, branch):
        # On the branch's own page the row of page numbers leads on.
        if not self.is_beside_article or not branch.more_count:
            return ""
        text = self.more_in_words(branch.more_count)
        return f'\n<p class="more"><a href="{self.address(branch.root)}?page=2">{text}</a></p>'

    def item(self, comment, below=""):
        content = self.readable(comment) if comment.is_readable else self.gone(comment)
        if comment.outcome:
            content = self.just_done(comment, content)
        return (
            f'<li id="comment-{comment.pk}" class="depth-{comment.depth}">\n{content}{below}</li>'
        )

    def readable(self, comment):
        pk, address = comment.pk, self.address(comment)
        # The column alone gives the badge: no name can bring it about.
        badge = self.staff_badge if comment.staff_id else ""
        to_whom = self.to_whom(comment) if comment.answered else ""
        edited = self.edit_mark(comment, address) if comment.edited_at else ""
        about = self.about(comment) if comment.speaks_of_something else ""
        return (
            f'<p class="by"><span id="by-{pk}">{self.name(comment)}{badge} '
            f'<a href="{address}">{self.moment(comment.created_at)}</a></span>'
            f"{to_whom}{edited}</p>\n"
            f"{about}"
            f'<div class="text"{self.in_korean}>{comment.body_html}</div>\n'
            f'<div class="actions">{self.actions(comment, address)}</div>'
        )

    def gone(self, comment):
        if comment.is_visible:
            text = self.blocked(comment)
        elif comment.is_deleted:
            text = self.deleted_text
        else:
            text = self.held_text if comment.is_held else self.hidden_text
        return f'<p class="gone">{text}</p>'

    def just_done(self, comment, content):
        """Put the comment, without its replies, below what its writer has just done to it."""
        context = {"outcome": comment.outcome, "address": self.address(comment)}
        said = render_to_string("comments/_outcome.html", context)
        return f'<div id="done" tabindex="-1">{said}{content}</div>'

    def name(self, comment):
        if not comment.name:
            return f"<bdi>{self.anonymous}</bdi>"
        return f"<bdi{self.in_korean}>{escape(comment.name)}</bdi>"

    def pinned(self, comment):
        address = self.address(comment)
        badge = self.staff_badge if comment.staff_id else ""
        show = escape(_("Show it in the thread"))
        return (
            f'<p class="by">{self.name(comment)}{badge} '
            f"{self.moment(comment.created_at)}</p>\n"
            f'<div class="text"{self.in_korean}>{comment.body_html}</div>\n'
            f'<p class="actions"><a href="{address}">{show}</a></p>'
        )

    def blocked(self, comment):
        return render_to_string("comments/_blocked.html", {"until": comment.blocked_until}).strip()

    def moment(self, moment):
        iso = moment.astimezone(self.zone).isoformat(timespec="seconds")
        return f'<time datetime="{iso}">{iso[:4]}.{iso[5:7]}.{iso[8:10]} {iso[11:16]}</time>'

    def to_whom(self, comment):
        answered = comment.answered
        is_here = not answered.reply_number or answered.branch_page == comment.branch_page
        place = f"#comment-{answered.pk}" if is_here else self.address(answered)
        if not answered.is_readable:
            return f' <a href="{place}">{self.to_gone}</a>'
        to = f"{self.before_name}{self.name(answered)}{self.after_name}"
        if comment.answers_earlier_text:
            version = comment.answered_version
            page = page_of(version, VERSIONS_PER_PAGE)
            history = f"{self.address(answered)}history/?page={page}#version-{version}"
            return f' <a href="{place}">{to}</a> <a href="{history}">{self.earlier_text}</a>'
        return f' <a href="{place}">{to}</a>'

    def edit_mark(self, comment, address):
        text = self.edited_after_reply if comment.is_changed_after_answer else self.edited
        return f' <a class="edited" href="{address}history/">{text}</a>'

    def about(self, comment):
        """Draw what the comment speaks of and, of a report of a wrong figure, what came of it."""
        pieces = ""
        if anchor := comment.anchor:
            place = escape(f"{self.article_address}#{anchor.key}")
            text = escape(f"{anchor.label}, {anchor.period}")
            since = f" {self.corrected_since}" if comment.was_corrected_since else ""
            pieces = f'<p class="of"><a href="{place}">{text}</a>{since}</p>\n'
        if comment.is_figure_report:
            pieces += render_to_string("comments/_figure_report.html", {"comment": comment})
        return pieces

    def actions(self, comment, address):
        if self.staff_links is not None:
            return "".join(
                f'<a href="{reverse(name, args=[comment.pk])}">{escape(word)}</a>'
                for name, word in self.staff_links
            )
        # Reply stands out; what is seldom done opens, named by whose comment it is about.
        by = f"by-{comment.pk}"
        reply = ""
        if self.takes_replies:
            # The form that opens in place must know which version its writer sees.
            seen = comment.edit_version
            reply = (
                f'<a href="{address}reply/" aria-labelledby="to-reply {by}"'
                f' data-version="{seen}">{self.reply}</a>'
            )
        # An answer of the staff has no pair that could open it.
        if comment.staff_id:
            return reply
        return (
            f'{reply}<details><summary aria-labelledby="to-more {by}">{self.other}</summary>'
            f'<a href="{address}edit/">{self.edit}</a>'
            f'<a href="{address}delete/">{self.delete}</a>'
            f'<a href="{address}report/">{self.report}</a></details>'
        )

    def address(self, comment):
        return f"{self.before_pk}{comment.pk}{self.after_pk}"
