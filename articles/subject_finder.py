"""From labels as printed to who is ranked."""

import re
from collections import defaultdict

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.models import RankingSubject, SubjectAddress

LABEL_WITH_COUNTRY = re.compile(r"(?P<name>.+?)\s*[(（](?P<country>[^()（）]+)[)）]")


class SubjectFinder:
    """Find who a printed label speaks of; whoever is not known yet is made, not saved."""

    def __init__(self, ranking):
        self.new = []
        self._by_spelling = defaultdict(list)
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
        return self._make(name, country)

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
