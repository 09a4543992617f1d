import re

from django import forms
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.fields import LineFormField
from comments.identity import credentials, rate_limits
from comments.models import Comment
from comments.moderation.classifier import classifier_reasons
from comments.threads.anchors import Anchor
from comments.threads.text import clean_body, clean_name

POSTED_TOO_OFTEN = _(
    "As many comments as one may write in a short time have been sent from here. Send it again in"
    " %(wait)s; what you typed is kept in the form."
)
TOLD_TOO_OFTEN = _("Too many have been sent from your network. Try again in %(wait)s.")
EDITED_TOO_OFTEN = _(
    "This comment was edited too many times in a short time. Edit it again in %(wait)s; what you"
    " typed is kept in the form."
)
REFUSALS = {
    rate_limits.REPORTS_PER_NETWORK: TOLD_TOO_OFTEN,
    rate_limits.TAKEDOWNS_PER_NETWORK: TOLD_TOO_OFTEN,
    rate_limits.ACTS_PER_NETWORK: _(
        "From your network, comments were changed or deleted too many times. Try again in %(wait)s;"
        " what you typed is kept in the form."
    ),
    rate_limits.EDITS_OF_COMMENT: EDITED_TOO_OFTEN,
    rate_limits.EDITS_OF_COMMENT_A_DAY: EDITED_TOO_OFTEN,
    rate_limits.DESK_PASSWORDS: _(
        "The password was changed too many times. Change it again in %(wait)s."
    ),
    rate_limits.GUESSES_PER_COMMENT: _(
        "The e-mail or the password was wrong too many times. Try again in %(wait)s, or have a link"
        " sent to you by mail: it works at once."
    ),
    rate_limits.GUESSES_PER_NETWORK: _(
        "E-mails or passwords were wrong too many times from your network. Try again in %(wait)s,"
        " or have a link sent to you by mail: it works at once."
    ),
    rate_limits.GUESSES_OF_COMMENT: _(
        "The e-mail or the password of this comment was wrong so often that for %(wait)s only a"
        " link sent to you by mail opens it."
    ),
}
SUBMISSION_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class NameField(forms.CharField):
    """The name a commenter gives, or none."""

    def to_python(self, value):
        return clean_name(value or "")


class BodyField(forms.CharField):
    """A comment's text as it will be kept."""

    widget = forms.Textarea(attrs={"rows": 6})

    def to_python(self, value):
        return clean_body(value) if value else ""


class VersionField(forms.IntegerField):
    """Which version of a comment the form was shown with."""

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput, **kwargs)


class PublicForm(forms.Form):
    """A form that anyone may send."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # It would cut a syllable that is being composed.
            field.widget.attrs.pop("maxlength", None)

    @property
    def failed_fields(self):
        """Return the bound fields that have errors, for the summary above the form."""
        return [field for field in self if field.errors]

    # Of the answer to a form that is good and yet not taken.
    refusal_status = None
    # Seconds after which it may be sent again.
    retry_after = None

    def refuse(self, status, text):
        """Say why what was sent is not taken."""
        self.refusal_status = status
        self.add_error(None, text)

    def spend(self, shares):
        """Spend the shares; tell whether one had any left, and say until when where none is."""
        try:
            rate_limits.spend_all(shares)
        except rate_limits.LimitReached as reached:
            text = REFUSALS.get(reached.limit, POSTED_TOO_OFTEN)
            self.refuse(429, text % {"wait": rate_limits.wait_in_words(reached.retry_after)})
            self.retry_after = reached.retry_after
            return False
        return True


class PairForm(PublicForm):
    """The e-mail and the password that a comment is, or was, written with."""

    email = forms.CharField(
        label=_("E-mail"),
        strip=False,
        error_messages={"required": _("Enter an e-mail address such as name@example.com.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        error_messages={"required": _("Enter the password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def opens(self, comment, network):
        """Tell whether the pair is the comment's own, at the cost of one password hash.

        Whatever is wrong with the pair, the form says the same; when the network has guessed too
        often it says so before hashing.
        """
        address = self.cleaned_data["email"]
        shares = rate_limits.guessing(network, comment.pk)
        if not self.spend([(rate_limits.ACTS_PER_NETWORK, network), *shares]):
            return False
        is_right = credentials.check_pair(
            comment.email_digest, comment.password, address, self.cleaned_data["password"]
        )
        if is_right:
            rate_limits.refund_all(shares)
            comment.redigest(address)
        else:
            self.refuse(403, _("This e-mail and password do not belong to this comment."))
        return is_right


class CommentForm(PairForm):
    """A new comment on `article`, or a reply to `parent`."""

    name = NameField(
        label=_("Name"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    body = BodyField(label=_("Comment"), error_messages={"required": _("Write something.")})
    submission_key = forms.CharField(required=False, widget=forms.HiddenInput)
    about = forms.CharField(required=False, widget=forms.HiddenInput)
    # The parent's version that the writer of a reply saw.
    version = VersionField(required=False)
    is_notified = forms.BooleanField(
        label=_("Send me a mail when somebody replies"), required=False
    )
    # Out of everybody's sight: what fills it in is a program, and its comment is read first.
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    field_order = ["body", "email", "password", "name", "is_notified", "submission_key"]
    kind = Comment.Kind.COMMENT

    def __init__(self, *args, article, parent=None, anchor=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.article = article
        self.parent = parent
        self.anchor = anchor
        self.initial["about"] = anchor.key if anchor else ""
        self.fields["password"].widget.attrs["autocomplete"] = "new-password"
        if parent:
            self.initial.setdefault("version", parent.edit_version)

    def clean_email(self):
        return credentials.canonical_address(self.cleaned_data["email"])

    def clean_submission_key(self):
        key = self.cleaned_data["submission_key"]
        return key if SUBMISSION_KEY.fullmatch(key) else None

    def clean_about(self):
        key = self.cleaned_data["about"]
        if key and not (self.anchor and key == self.anchor.key):
            # Sent again, it speaks of the article as a whole.
            self.data = self.data.copy()
            self.data["about"] = ""
            raise forms.ValidationError(
                _(
                    "What you are writing about no longer stands in this article. Send it again to"
                    " post it about the article as a whole."
                )
            )
        return key

    def clean_password(self):
        # Declared after the e-mail, so the address is there if it was a good one.
        address = self.cleaned_data.get("email", "")
        return credentials.clean_password(self.cleaned_data["password"], address)

    def submit(self, network):
        """Post the comment and return it, or the earlier one that this submission repeats.

        Returns None, before the password is hashed, when the network or the writer has posted too
        often. A repetition spends nothing, until there are too many of them.
        """
        fields = self.cleaned_data
        active, *others = credentials.digests(fields["email"])
        address = credentials.canonical_address(fields["email"])
        shares = rate_limits.posting(network, address)
        if not self.spend(shares):
            return None
        comment = Comment(
            article=self.article,
            parent=self.parent,
            name=fields["name"],
            body=fields["body"],
            email_digest=active,
            password=self._hash_submission(),
            submission_key=fields["submission_key"],
            answered_version=fields["version"],
            kind=self.kind,
            hold_reasons=[*flood_reasons(), *self._suspicions()],
            **(self.anchor or Anchor()).columns,
        )
        comment.other_digests = others
        is_mailed = fields["is_notified"] and may_be_mailed(network, fields["email"])
        posted = comment.post(confirm_to=fields["email"] if is_mailed else "")
        if posted is not comment and may_repeat(network):
            rate_limits.refund_all(shares)
        return posted

    def offer_anew(self):
        """Say that this very comment was deleted; sent again, it is another one."""
        self.refuse(
            409,
            _(
                "This comment was posted already and has been deleted since. Send it again only if"
                " you want to post it anew."
            ),
        )
        self.data = self.data.copy()
        self.data["submission_key"] = get_random_string(32)
        # The page's script keeps this key, although the text is the same.
        self.fields["submission_key"].widget.attrs["data-anew"] = True

    def _suspicions(self):
        """Return what makes the text one to read first, apart from the moderators' rules."""
        fields = self.cleaned_data
        if fields["website"]:
            text = gettext("A field that nobody sees was filled in.")
            return [{"rule": gettext("Trap"), "text": text}]
        return classifier_reasons(self.article, fields["name"], fields["body"])

    def _hash_submission(self):
        fields = self.cleaned_data
        return credentials.hash_submission(
            fields["password"],
            fields["email"],
            str(self.article.pk),
            str(self.parent.pk if self.parent else ""),
            fields["submission_key"] or fields["body"],
            # The same words about two rows are two comments.
            *filter(None, [fields["about"]]),
        )


def may_be_mailed(network, address):
    """Count a mail that somebody asks for; tell whether it may be sent. The answer is the same."""
    try:
        rate_limits.spend_all(
            rate_limits.mail_link(network, credentials.canonical_address(address))
        )
    except rate_limits.LimitReached:
        return False
    return True


def may_repeat(network):
    """Count a repetition; tell whether it is still free. Each has cost a hash."""
    try:
        rate_limits.spend(rate_limits.REPEATS_PER_NETWORK, network)
    except rate_limits.LimitReached:
        return False
    return True


def flood_reasons():
    """Count a post for the whole site; return why it waits for review when there are too many."""
    try:
        rate_limits.spend(rate_limits.POSTS_OF_SITE)
    except rate_limits.LimitReached as flood:
        text = _("More than %(count)s comments arrived on the site within a minute.")
        return [{"rule": gettext("Flood"), "text": text % {"count": flood.limit.count}}]
    return []


class FigureReportForm(CommentForm):
    """A comment that says that one figure of what it speaks of is wrong.

    Its text is made of the fields, so that it is read, edited, moderated and kept as any other.
    """

    kind = Comment.Kind.FIGURE_ERROR

    figure = LineFormField(
        label=_("Wrong figure"),
        max_length=200,
        error_messages={"required": _("Say which figure is wrong.")},
    )
    should_be = LineFormField(
        label=_("What it should be"),
        max_length=200,
        error_messages={"required": _("Say what it should be.")},
    )
    source = LineFormField(
        label=_("Source"),
        max_length=500,
        error_messages={"required": _("Say where the right figure is found.")},
    )

    field_order = ["figure", "should_be", "source", "body", "email", "password", "name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if figures := self.anchor.figures() if self.anchor else []:
            choose = ("", _("Choose a figure"))
            self.fields["figure"] = forms.ChoiceField(
                label=self.fields["figure"].label,
                choices=[choose, *((figure, figure) for figure in figures)],
                error_messages={
                    "required": self.fields["figure"].error_messages["required"],
                    "invalid_choice": _("The row has changed meanwhile. Choose the figure again."),
                },
            )
            self.order_fields(self.field_order)
        self.fields["body"].required = False
        self.fields["body"].label = _("Explanation")

    def clean(self):
        fields = super().clean()
        if not self.errors:
            lines = [
                _("Wrong figure: %(text)s") % {"text": fields["figure"]},
                _("What it should be: %(text)s") % {"text": fields["should_be"]},
                _("Source: %(text)s") % {"text": fields["source"]},
            ]
            text = "\n".join(lines) + "\n\n" + fields["body"]
            try:
                fields["body"] = clean_body(text)
            except forms.ValidationError as error:
                self.add_error("body", error)
        return fields


class CommentEditForm(PairForm):
    """A new text for a comment; `version` is the one its author saw."""

    name = CommentForm.base_fields["name"]
    body = CommentForm.base_fields["body"]
    version = VersionField()

    field_order = ["body", "email", "password", "name", "version"]

    def reasons_to_hold(self, comment):
        """Return what the outside classifier, where there is one, says of the new text."""
        fields = self.cleaned_data
        return classifier_reasons(comment.article, fields["name"], fields["body"])

    def clean(self):
        if "version" in self.errors:
            # Sent again, it is for the version that it is shown with now.
            self.data = self.data.copy()
            self.data["version"] = self.initial["version"]

    def accept_version(self, version):
        """Let the text that was typed replace `version`, once its author has seen that one."""
        self.refusal_status = 409
        self.data = self.data.copy()
        self.data["version"] = version
