"""From labels as printed to who is ranked."""

import re
from collections import defaultdict

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.models import RankingSubject, SubjectAddress
from articles.rankings.similar_names import near

LABEL_WITH_COUNTRY = re.compile(r"(?P<name>.+?)\s*[(（](?P<country>[^()（）]+)[)）]")
# The answer to who a name is, where it is nobody known yet.
NEW = "new"


class SubjectFinder:
    """Find who a printed label speaks of; whoever is not known yet is made, not saved.

    A name that may be another spelling of a known one is a question until `answers`, {name: NEW or
    the subject's slug}, say who it is; `questions` are {name: [RankingSubject]}.
    """

    def __init__(self, ranking, answers=None):
        self.new = []
        self.questions = {}
        self.respelled = []
        self._answers = answers or {}
        self._by_spelling = defaultdict(list)
        self._subjects = []
        self._slugs = set(SubjectAddress.objects.values_list("slug", flat=True))
        for subject in RankingSubject.objects.all():
            self._add(subject)
        # A label that stands in the series already speaks of the same subject as before.
        self._printed = {
            (period.pk, entry.label.casefold()): entry.subject
            for period in ranking.periods.all()
            for entry in period.entries.all()
        }
        self._printed |= {label: subject for (_pk, label), subject in self._printed.items()}

    def _add(self, subject):
        self._slugs.add(subject.slug)
        self._subjects.append(subject)
        for spelling in {known.casefold() for known in subject.spellings}:
            self._by_spelling[spelling].append(subject)

    def find(self, label, period):
        """Return the label's subject; raise ValidationError when it may be several."""
        spelling = label.casefold()
        printed = self._printed
        if subject := printed.get((period.pk, spelling)) or printed.get(spelling):
            return subject
        match = LABEL_WITH_COUNTRY.fullmatch(label)
        name, country = match.group("name", "country") if match else (label, "")
        name, country = name.strip(), country.strip()
        answering = self._by_spelling[spelling]
        for subjects in (
            [subject for subject in answering if str(subject).casefold() == spelling],
            answering,
            [
                subject
                for subject in self._by_spelling[name.casefold()]
                if subject.country.casefold() in {"", country.casefold()}
            ],
        ):
            if len(subjects) > 1:
                names = ", ".join(map(str, subjects))
                raise ValidationError(
                    _("“%(label)s” may be %(names)s. Write the country in brackets.")
                    % {"label": label, "names": names}
                )
            if subjects:
                return subjects[0]
        return self._answered(name, label) or self._make(name, country)

    def _answered(self, name, label):
        """Return whom the editor said is meant, None for a new subject; raise when it is open."""
        answer = self._answers.get(name)
        proposed = self._near(name)
        if not proposed or answer == NEW:
            return None
        self.questions[name] = proposed
        subject = next((each for each in proposed if each.slug == answer), None)
        if subject is None:
            raise ValidationError(
                _("“%(name)s” is not known yet, but others are spelt like it. Say who it is.")
                % {"name": name}
            )
        # The name itself is known where only the country was written otherwise.
        spelling = label if subject.answers_to(name) else name
        subject.aliases = [*subject.aliases, spelling]
        self._by_spelling[spelling.casefold()].append(subject)
        if subject.pk and subject not in self.respelled:
            self.respelled.append(subject)
        return subject

    def _near(self, name):
        names = near(
            name, (known for each in self._subjects for known in (each.name, *each.aliases))
        )
        found = {
            each.slug: each
            for near_name in names
            for each in self._subjects
            if each.answers_to(near_name)
        }
        return list(found.values())

    def _make(self, name, country):
        base = slugify(name, allow_unicode=True)[:60].strip("-_") or "subject"
        slug, number = base, 1
        while slug in self._slugs:
            number += 1
            slug = f"{base}-{number}"
        subject = RankingSubject(name=name, country=country, slug=slug)
        subject.clean_fields()
        self._add(subject)
        self.new.append(subject)
        return subject
