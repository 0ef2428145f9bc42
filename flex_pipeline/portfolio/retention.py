"""How long beliefs and models are kept: in full, and at all."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

# forecasts learn from eight weeks, which may lie in three calendar months
SHORTEST = 3


def _parse_months(value: object) -> object:
    found = re.fullmatch(r"(\d{1,4}) months?", value) if isinstance(value, str) else None
    if found is None or int(found[1]) < SHORTEST:
        raise ValueError(f'must be a number of months, {SHORTEST} or more; write for example "24 months"')
    return int(found[1])


Months = Annotated[int, BeforeValidator(_parse_months)]


class Retention(BaseModel):
    """Whole calendar months (UTC) of steps, beside the current one, that are kept. None: for ever.

    `superseded`: beliefs that a newer one has taken the place of, and documents of models likewise. `beliefs`: all of
    them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    superseded: Months | None = None
    beliefs: Months | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Retention:
        if self.superseded and self.beliefs and self.superseded > self.beliefs:
            raise ValueError(
                f"keeps superseded beliefs for {self.superseded} months, longer than all beliefs "
                f"({self.beliefs} months); superseded must be the shorter"
            )
        return self

    def thinned_before(self, today: date) -> date | None:
        """The first day of the first month that is kept in full; None where all are."""
        return _months_before(today, self.superseded)

    def dropped_before(self, today: date) -> date | None:
        """The first day of the first month that is kept; None where all are."""
        return _months_before(today, self.beliefs)


def _months_before(today: date, months: int | None) -> date | None:
    if months is None:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)
