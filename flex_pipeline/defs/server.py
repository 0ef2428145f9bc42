"""The Dagster UI and daemon over the persistent instance, as children that end with us."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from flex_pipeline.defs import instance as dagster_instance
from flex_pipeline.warehouse.connection import Connection

HOST = "127.0.0.1"
STOP_LIMIT_S = 15.0
START_LIMIT_S = 120.0
POLL_S = 0.2


class PortTakenError(OSError):
    """Somebody else listens on the port of the UI."""


def serve(connection: Connection, port: int) -> int:
    """Run until Ctrl-C, a TERM signal, or the end of a child; then end every process that was started.

    Gives 0 when asked to stop, else the exit status of the child that ended by itself.
    """
    _refuse_taken_port(port)
    home = dagster_instance.prepare(connection)
    workspace = str(dagster_instance.PROJECT / "workspace.yaml")
    commands = (
        ("dagster-webserver", "--host", HOST, "--port", str(port), "--workspace", workspace),
        ("dagster-daemon", "run", "--workspace", workspace),
    )
    with _stop_requested() as stop, contextlib.ExitStack() as children:
        started = [children.enter_context(_child(command, home)) for command in commands]
        _announce(port, started, stop)
        while not stop:
            for (name, *_), child in zip(commands, started, strict=True):
                if child.poll() is not None:
                    print(f"{name} ended by itself: see {home / name}.log", file=sys.stderr)
                    return child.returncode or 1
            time.sleep(POLL_S)
    return 0


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(
                f"port {port} on {HOST} is taken; choose another: ./ui --port {port + 1}"
            ) from error


@contextlib.contextmanager
def _stop_requested() -> Iterator[list[int]]:
    """A list that is filled when we are asked to stop."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {
        number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _child(command: tuple[str, ...], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child in a process group of its own, which ends as a whole: code servers and run workers too."""
    program = Path(sys.executable).with_name(command[0])
    with (home / f"{command[0]}.log").open("ab") as log:
        child = subprocess.Popen(
            [str(program), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=dagster_instance.PROJECT,
        )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the group to end, then end what has not."""
    for number, limit_s in ((signal.SIGTERM, STOP_LIMIT_S), (signal.SIGKILL, STOP_LIMIT_S)):
        if not _signal_group(child.pid, number):
            break
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline and _signal_group(child.pid, 0):
            child.poll()  # a zombie would count as living
            time.sleep(POLL_S)
    child.wait()


def _signal_group(group: int, number: int) -> bool:
    """False when nobody of the group lives."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _announce(port: int, children: list[subprocess.Popen[bytes]], stop: list[int]) -> None:
    """Say where the UI is once it answers."""
    url = f"http://{HOST}:{port}"
    deadline = time.monotonic() + START_LIMIT_S
    print("Starting the Dagster UI ...", flush=True)
    while not stop and time.monotonic() < deadline and all(child.poll() is None for child in children):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/server_info", timeout=2):
            print(f"The UI is on {url} - Ctrl-C ends it", flush=True)
            return
        time.sleep(POLL_S)
