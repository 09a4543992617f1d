import hashlib
import json
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import LineField, ProseField, ShapedJSONField
from comments.moderation import rules
from comments.moderation.text_folding import tight

NOT_REHEARSED = gettext_lazy("A rule is tried on earlier comments before it is switched on.")


REHEARSAL = {
    "at": str,
    "compared": int,
    "is_cut": bool,
    "caught": int,
    "by_state": dict,
    "samples": list,
}


def repaired_rehearsal(rehearsal):
    """Return a rehearsal's outcome as `rehearse` keeps it, or {} where it is none."""
    has_shape = isinstance(rehearsal, dict) and all(
        isinstance(rehearsal.get(name), kind) for name, kind in REHEARSAL.items()
    )
    if not has_shape or as_moment(rehearsal["at"]) is None:
        return {}
    return rehearsal | {"samples": list(filter(is_sample, rehearsal["samples"]))}


def as_moment(text):
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def is_sample(value):
    is_pair = isinstance(value, list) and len(value) == 2
    return is_pair and isinstance(value[0], int) and isinstance(value[1], str)


class ModerationRuleQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def reasons_for(self, comment):
        """Return why the active rules hold a comment, as [{"rule": name, "text": reason}].

        What SQL has changed since its rehearsal holds nothing: nobody knows what it would do.
        """
        active = [rule for rule in self.active() if rule.is_rehearsed]
        if not active:
            return []
        history = StoredHistory(comment)
        reasons = [(rule, rule.reason_for(comment, history)) for rule in active]
        return [{"rule": rule.name, "text": text} for rule, text in reasons if text]


class ModerationRule(models.Model):
    """What makes a comment wait for review; a rule never refuses, hides or deletes one."""

    class Kind(models.TextChoices):
        WORDS = "words", gettext_lazy("Words")
        PATTERN = "pattern", gettext_lazy("Pattern")
        LINKS = "links", gettext_lazy("Many links")
        NEW_ADDRESS = "new_address", gettext_lazy("E-mail not seen before")
        REPEAT = "repeat", gettext_lazy("The same text again")
        SPEED = "speed", gettext_lazy("Many comments in a short time")

    name = LineField(gettext_lazy("name"), max_length=60)
    kind = models.CharField(gettext_lazy("kind"), max_length=16, choices=Kind)
    terms = ProseField(
        gettext_lazy("words or pattern"),
        blank=True,
        help_text=gettext_lazy(
            "Words: one word or phrase a line; letters typed apart, signs in between and"
            " look-alike letters are seen through. Pattern: one regular expression as RE2 knows"
            " them, compared with the text in lower case."
        ),
    )
    count = models.PositiveSmallIntegerField(
        gettext_lazy("number"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "Many links, same text, short time: held from this many on. E-mail not seen before:"
            " held until this many comments have appeared."
        ),
    )
    minutes = models.PositiveIntegerField(
        gettext_lazy("within minutes"),
        null=True,
        blank=True,
        help_text=gettext_lazy("For the same text and for many comments; 1440 is a day."),
    )
    is_active = models.BooleanField(gettext_lazy("switched on"), default=False, editable=False)
    # The digest of what was rehearsed; a changed rule is rehearsed again.
    rehearsed_definition = models.CharField(max_length=64, blank=True, editable=False)
    rehearsal = ShapedJSONField(
        repaired=repaired_rehearsal, default=dict, blank=True, editable=False
    )

    objects = ModerationRuleQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("moderation rule")
        verbose_name_plural = gettext_lazy("moderation rules")
        ordering = ["-is_active", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=False) | ~Q(rehearsed_definition=""),
                name="active_rule_was_rehearsed",
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if self.kind == self.Kind.WORDS:
            self._check_words()
        elif self.kind == self.Kind.PATTERN:
            self._check_pattern()
        elif not self.count:
            raise ValidationError({"count": _("Give a number from 1 on.")})
        if self.kind in {self.Kind.REPEAT, self.Kind.SPEED}:
            longest = rehearsal_span() // timedelta(minutes=1)
            if not self.minutes or self.minutes > longest:
                text = _("Give a number from 1 to %(longest)s.") % {"longest": longest}
                raise ValidationError({"minutes": text})

    def _check_words(self):
        words = [line.strip() for line in self.terms.splitlines() if line.strip()]
        if not words or len(words) > rules.MAX_TERMS:
            text = _("Give 1 to %(limit)s words, one a line.") % {"limit": rules.MAX_TERMS}
            raise ValidationError({"terms": text})
        if empty := [word for word in words if not tight(word)]:
            text = _("“%(word)s” has no letter to compare.") % {"word": empty[0]}
            raise ValidationError({"terms": text})

    def _check_pattern(self):
        pattern = self.terms.strip()
        if not pattern or len(pattern) > rules.MAX_PATTERN_CHARACTERS:
            limit = {"limit": rules.MAX_PATTERN_CHARACTERS}
            text = _("Give one pattern of at most %(limit)s characters.") % limit
            raise ValidationError({"terms": text})
        try:
            rules.compile_pattern(pattern)
        except rules.PatternError as error:
            text = _("This pattern cannot be used: %(reason)s") % {"reason": error}
            raise ValidationError({"terms": text}) from error

    @property
    def definition(self):
        """Return a digest of everything that decides what the rule holds."""
        parts = json.dumps([self.kind, self.terms, self.count, self.minutes])
        return hashlib.sha256(parts.encode()).hexdigest()

    @property
    def is_rehearsed(self):
        return self.rehearsed_definition == self.definition

    def store(self):
        """Save the rule; one whose definition has changed is off until it is rehearsed again."""
        if not self.is_rehearsed:
            self.is_active, self.rehearsed_definition, self.rehearsal = False, "", {}
        self.save()

    def switch_on(self):
        """Let the rule hold comments; raises ValidationError unless it was rehearsed as it is."""
        with transaction.atomic():
            stored = ModerationRule.objects.select_for_update().get(pk=self.pk)
            if not stored.is_rehearsed:
                raise ValidationError(NOT_REHEARSED, "not_rehearsed")
            stored.is_active = self.is_active = True
            stored.save(update_fields=["is_active"])

    def switch_off(self):
        self.is_active = False
        self.save(update_fields=["is_active"])

    def reason_for(self, comment, history):
        """Return why the rule holds the comment, or ""; `history` knows what came before it."""
        return getattr(self, f"_{self.kind}_reason")(comment, history)

    def _words_reason(self, comment, history):
        return rules.words_reason(rules.found_words(written(comment), self.terms))

    def _pattern_reason(self, comment, history):
        found = rules.found_pattern(written(comment), self.terms.strip())
        return rules.words_reason([found[:100]] if found else [])

    def _links_reason(self, comment, history):
        count = rules.link_count(written(comment))
        return rules.links_reason(count) if count >= self.count else ""

    def _new_address_reason(self, comment, history):
        count = history.shown_count()
        return rules.new_address_reason(count) if count < self.count else ""

    def _repeat_reason(self, comment, history):
        if len(tight(comment.body).replace(" ", "")) < rules.MIN_REPEATED_LETTERS:
            return ""
        count = history.same_text_count(timedelta(minutes=self.minutes))
        return rules.repeat_reason(count) if count >= self.count else ""

    def _speed_reason(self, comment, history):
        count = history.recent_count(timedelta(minutes=self.minutes))
        return rules.speed_reason(count, self.minutes) if count >= self.count else ""


def rehearsal_span():
    return timedelta(days=90)


def written(comment):
    return f"{comment.name}\n{comment.body}"


class StoredHistory:
    """What the database knows of the comments before one that is about to be kept."""

    def __init__(self, comment):
        self.comment = comment
        self.others = type(comment).objects.exclude(pk=comment.pk)
        self.by_address = self.others.filter(
            email_digest__in=[comment.email_digest, *comment.other_digests]
        ).exclude(email_digest="")

    def shown_count(self):
        return self.by_address.filter(state=self.comment.State.PUBLISHED).count()

    def same_text_count(self, span):
        since = timezone.now() - span
        digest = self.comment.text_digest
        return self.others.filter(text_digest=digest, created_at__gte=since).count()

    def recent_count(self, span):
        return self.by_address.filter(created_at__gte=timezone.now() - span).count()
