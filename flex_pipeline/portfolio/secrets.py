"""Keys and passwords do not belong into a portfolio: it is kept in files, in the database and in metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

ADVICE = "holds a secret; name an environment variable instead (key-env, url-env) and take this one out of the file"
# `key-env: ENTSOE_API_KEY` names a variable; `api-key: 1234` is the thing itself
_NAME = re.compile(r"(?:^|[-_])(?:key|token|passw(?:or)?d|secret|credentials?)$", re.IGNORECASE)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_KEY_IN_ADDRESS = re.compile(
    r"[?&][^=&\s]*(?:key|token|password|secret|sig|signature)=[^&\s]+", re.IGNORECASE
)


def secrets_in(given: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where secrets stand: fields named like one, and addresses with a password or a key in them."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            inner = (*path, str(name))
            if _NAME.search(str(name)) and value not in (None, "") and not isinstance(value, Mapping | list):
                yield inner
            else:
                yield from secrets_in(value, inner)
    elif isinstance(given, list):
        for i, value in enumerate(given):
            yield from secrets_in(value, (*path, i))
    elif isinstance(given, str) and (_PASSWORD_IN_ADDRESS.search(given) or _KEY_IN_ADDRESS.search(given)):
        yield path
