"""Sensors that are read for many days: what they ask servers is asked once, and they share the answers."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from flex_pipeline.sources import http
from flex_pipeline.sources.http import Answer

DAY = timedelta(days=1)
# servers answer a month in one piece, and when one such answer cannot be read a month is asked for again day by day
DAYS_AT_ONCE = 31
# days of any zone, with what is read beyond them: a publication is looked at for half a day more
BEFORE, AFTER = DAY, 3 * DAY


@dataclass
class Together:
    """What is read in one go. Answers are kept as long as this is."""

    spans: tuple[tuple[datetime, datetime], ...]  # UTC, each asked for at once
    now: datetime
    names: Mapping[Hashable, frozenset[str]] = field(
        default_factory=dict
    )  # what one question can ask for, by it
    _answers: dict[Hashable, Answer] = field(default_factory=dict)

    @classmethod
    def of(
        cls, days: Collection[date], now: datetime, names: Collection[tuple[Hashable, str]] = ()
    ) -> Together:
        """For some days; `names` are what sensors ask for, each with the question that can ask for it."""
        together: dict[Hashable, frozenset[str]] = {}
        for question, name in names:
            together[question] = together.get(question, frozenset()) | {name}
        return cls(tuple(_spans(days)), now, together)

    def span(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """What to ask for to know of [start, end): a span that many share, or no more, where some lies ahead."""
        if end > self.now:
            return start, end
        shared = (
            (first, min(last, self.now)) for first, last in self.spans if first <= start and end <= last
        )
        return next(shared, (start, end))

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer, asked for by the first who wants it. Raises SourceError."""
        question = url, tuple(sorted((params or {}).items())), tuple(sorted((headers or {}).items()))
        if question not in self._answers:
            self._answers[question] = http.get(url, params, headers)
        return self._answers[question]


def _spans(days: Collection[date]) -> Iterator[tuple[datetime, datetime]]:
    """Days that follow each other, at most DAYS_AT_ONCE, with a margin."""
    ordered = sorted(days)
    for _, some in groupby(enumerate(ordered), key=lambda place: place[1].toordinal() - place[0]):
        run = [day for _, day in some]
        for first in range(0, len(run), DAYS_AT_ONCE):
            part = run[first : first + DAYS_AT_ONCE]
            yield _midnight(part[0]) - BEFORE, _midnight(part[-1]) + AFTER


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
