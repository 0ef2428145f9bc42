"""A verdict: what one rule says about one sensor on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flex_pipeline.portfolio.expected import Severity

__all__ = ["EVIDENCE_ROWS", "Severity", "Verdict"]

# enough to see a pattern; the stored readings hold the rest
EVIDENCE_ROWS = 50


@dataclass(frozen=True)
class Verdict:
    """One rule, one sensor, one local day. See `Severity`."""

    sensor: str
    day: date
    expectation: str  # the name of the rule in `suites`
    passed: bool
    severity: Severity
    observed: str  # one line a person reads
    rows: tuple[dict[str, object], ...]  # event_start and value of faulty steps, at most EVIDENCE_ROWS
