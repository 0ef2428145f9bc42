"""Asking servers: what is asked again, how long after, and what never shows in a message."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flex_pipeline.sources import SourceError, http
from tests.sources.local_server import LocalServer, Reply

KEY = "s3cret+key/with=signs"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(web: LocalServer, status: int) -> None:
    web.replies = [Reply("busy", status), Reply("busy", status), Reply("done")]

    assert http.get(web.url).text == "done"
    assert len(web.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_an_answer_that_asking_again_would_not_change_is_taken(web: LocalServer, status: int) -> None:
    web.replies = [Reply("no", status, {"Location": web.url + "/elsewhere"})]

    assert http.get(web.url).status == status
    assert len(web.asked) == 1


def test_each_wait_is_about_twice_the_last_and_never_the_same(
    web: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http, "sleep", waits.append)
    web.replies = [Reply(status=503)]
    with pytest.raises(SourceError):
        http.get(web.url, manners=replace(http.MANNERS, attempts=5, first_wait_s=1, longest_wait_s=60))

    # 1, 2, 4, 8 s, times 0.5 to 1
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits)] == [True] * 4


def test_a_server_that_says_when_is_asked_then(web: LocalServer) -> None:
    web.replies = [Reply(status=429, headers={"Retry-After": "1"}), Reply("done")]

    assert http.get(web.url).text == "done"
    assert web.asked[1].at - web.asked[0].at >= 1


def test_a_server_that_wants_an_hour_is_not_waited_for(web: LocalServer) -> None:
    web.replies = [Reply(status=429, headers={"Retry-After": "3600"})]

    with pytest.raises(SourceError, match="answered 429 to attempt 1 of 3 and asks to wait 3600 s"):
        http.get(web.url)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    clock = datetime(2026, 11, 21, 12, tzinfo=UTC)

    assert http._retry_after(header, lambda: clock) == seconds


def test_a_silent_server_is_named_after_the_last_attempt(web: LocalServer) -> None:
    web.replies = [Reply("late", wait_s=0.6)]

    with pytest.raises(SourceError, match="did not answer in time to attempt 3 of 3"):
        http.get(web.url)


def test_a_server_that_drips_for_ever_is_left(web: LocalServer) -> None:
    hasty = replace(http.MANNERS, whole_s=-1, attempts=1)  # over before it began
    web.replies = [Reply("drip")]

    with pytest.raises(SourceError, match="was not done after"):
        http.get(web.url, manners=hasty)


def test_an_answer_that_is_cut_off_is_asked_for_again(web: LocalServer) -> None:
    web.replies = [Reply("hal", promised=4), Reply("half")]

    assert http.get(web.url).text == "half"


def test_an_answer_without_end_is_refused(web: LocalServer) -> None:
    web.replies = [Reply(b"x" * (1 << 20))]

    with pytest.raises(SourceError, match="sent more than 0 MiB"):
        http.get(web.url, manners=replace(http.MANNERS, most_bytes=1000, attempts=1))


def test_a_server_that_failed_is_left_in_peace_by_the_other_sensors(web: LocalServer) -> None:
    web.replies = [Reply(status=503)]
    for _ in range(2):
        with pytest.raises(SourceError):
            http.get(web.url)

    assert len(web.asked) == 3  # three attempts of the first, none of the second


def test_nobody_there_is_told_without_a_traceback_of_the_transport() -> None:
    with pytest.raises(SourceError, match="could not be reached") as error:
        http.get("http://127.0.0.1:9", manners=http.Manners(attempts=1))

    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_questions_to_one_server_keep_their_distance_from_all_threads(web: LocalServer) -> None:
    web.replies = [Reply("x")]
    slow = replace(http.MANNERS, pause_s=0.1)
    threads = [threading.Thread(target=http.get, args=(web.url,), kwargs={"manners": slow}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    times = sorted(asked.at for asked in web.asked)
    assert times[-1] - times[0] >= 0.28  # three pauses, and some slack of the clock


def test_a_key_is_in_no_message_and_in_no_log(
    web: LocalServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SOME_KEY", KEY)
    key = http.secret("SOME_KEY", "the key")
    web.replies = [Reply(f"you said {KEY}", 503)]

    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as error:
        http.get(web.url, {"token": key}, {"Authorization": key})

    assert web.asked[0].params["token"] == KEY
    assert web.asked[0].headers["authorization"] == KEY
    shown = str(error.value) + caplog.text + str(caplog.records[0].__dict__)
    assert "GET /?token=***" in caplog.text  # the transport did log the address
    for form in (KEY, "s3cret", "with%3Dsigns"):
        assert form not in shown


def test_a_password_in_an_address_is_never_shown() -> None:
    assert http.redacted("at https://me:pa55@example.org/x") == "at https://***@example.org/x"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_asked_for_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)

    with pytest.raises(SourceError, match='environment\n  "SOME_KEY" is not set; the key of X is read from'):
        http.secret("SOME_KEY", "the key of X")
