"""Asking other people's servers: patient, polite, and silent about keys."""

from __future__ import annotations

import logging
import os
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flex_pipeline.sources.errors import SourceError

if TYPE_CHECKING:
    import requests

WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
USER_AGENT = "flex-pipeline (+https://pypi.org/project/flex-pipeline)"
SHORTEST_SECRET = 4  # a shorter one is in too many words
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Manners:
    """How long to wait for a server, how often to ask again, and how fast to ask at most."""

    connect_s: float = 5
    silence_s: float = 30  # without a byte
    whole_s: float = 120  # of one answer: a server may drip for ever
    most_bytes: int = 64 << 20
    attempts: int = 5
    first_wait_s: float = (
        1  # doubled each time, times 0.5 to 1 at random, so that a fleet does not come back as one
    )
    longest_wait_s: float = 60  # a Retry-After beyond this is not waited for
    pause_s: float = 0.2  # between two questions to one server
    rest_s: float = 60  # after the last attempt, in which nobody asks that server again


MANNERS = Manners()


@dataclass(frozen=True)
class Answer:
    """What a server said: its status below 500, not 429, and the whole body."""

    status: int
    body: bytes
    place: str  # the address without what was asked: no key in it

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not is replaced."""
        return self.body.decode("utf-8", errors="replace")


@dataclass
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_at: float = 0.0
    down_until: float = 0.0
    reason: str = ""


_hosts: dict[str, _Host] = {}
_secrets: set[str] = set()


class _Redaction(logging.Filter):
    """The transport logs addresses with all that is asked; keys are taken out first."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        record.msg, record.args = redacted(message), ()
        return True


def secret(variable: str, purpose: str) -> str:
    """A key from the environment, which is taken out of all messages from now on. Raises SourceError."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise SourceError("environment", variable, f"is not set; {purpose} is read from this variable")
    keep_secret(value)
    return value


def keep_secret(value: str) -> None:
    """Never show this text in a message."""
    if not _secrets:
        logging.getLogger("urllib3.connectionpool").addFilter(_Redaction())
    if len(value) >= SHORTEST_SECRET:
        _secrets.add(value)


def redacted(text: str) -> str:
    """The text without any key that was used in this process, as it is or as it stands in an address."""
    from urllib.parse import quote, quote_plus

    for value in sorted(_secrets, key=len, reverse=True):
        for form in {value, quote(value, safe=""), quote_plus(value)}:
            text = text.replace(form, "***")
    return re.sub(r"(?<=://)[^/\s@]+@", "***@", text)


def get(
    url: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    manners: Manners | None = None,
    *,
    follow: bool = False,
) -> Answer:
    """Ask until there is an answer that asking again would not change. Raises SourceError.

    `follow` a redirection only where no key is sent: a key is for the server that was named.
    """
    manners = manners or MANNERS
    parts = urlsplit(url)
    place = redacted(f"{parts.scheme}://{parts.netloc}{parts.path}")
    host = _hosts.setdefault(parts.netloc, _Host())
    if monotonic() < host.down_until:
        raise SourceError("source", place, f"{host.reason}; it is left in peace for a while")
    reason = ""
    for attempt in range(manners.attempts):
        _take_turns(host, manners)
        try:
            answer, retry_after = _ask(url, params, headers, manners, place, follow)
        except _NoAnswerError as failure:
            reason, retry_after = str(failure), None
        else:
            if answer.status not in WORTH_ANOTHER_TRY:
                return answer
            reason = f"answered {answer.status}"
        wait = manners.first_wait_s * 2**attempt * random.uniform(0.5, 1)
        if retry_after is not None:
            wait = max(wait, retry_after)
        if attempt + 1 == manners.attempts or wait > manners.longest_wait_s:
            reason += f" to attempt {attempt + 1} of {manners.attempts}"
            reason += f" and asks to wait {retry_after:.0f} s" if wait > manners.longest_wait_s else ""
            break
        sleep(wait)
    host.down_until, host.reason = monotonic() + manners.rest_s, reason
    raise SourceError("source", place, reason)


class _NoAnswerError(Exception):
    """No complete answer: why, without the address."""


def _take_turns(host: _Host, manners: Manners) -> None:
    with host.lock:
        wait = host.next_at - monotonic()
        host.next_at = max(host.next_at, monotonic()) + manners.pause_s
    if wait > 0:
        sleep(wait)


def _ask(
    url: str,
    params: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    manners: Manners,
    place: str,
    follow: bool,
) -> tuple[Answer, float | None]:
    import requests

    try:
        with requests.get(
            url,
            params=params,
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            timeout=(manners.connect_s, manners.silence_s),
            stream=True,
            allow_redirects=follow,
        ) as response:
            body = _body(response, manners)
            return Answer(response.status_code, body, place), _retry_after(
                response.headers.get("Retry-After")
            )
    except requests.Timeout:
        raise _NoAnswerError("did not answer in time") from None
    except (requests.RequestException, OSError) as error:
        # its message has the whole address, with the key
        raise _NoAnswerError(f"could not be reached ({type(error).__name__})") from None


def _body(response: requests.Response, manners: Manners) -> bytes:
    until, body = monotonic() + manners.whole_s, bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if monotonic() > until:
            raise _NoAnswerError(f"was not done after {manners.whole_s:g} s")
        if len(body) > manners.most_bytes:
            raise _NoAnswerError(f"sent more than {manners.most_bytes >> 20} MiB")
    return bytes(body)


def _retry_after(
    header: str | None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float | None:
    """Seconds to wait: the header gives a number of them or a date."""
    if not header:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - clock()).total_seconds())
