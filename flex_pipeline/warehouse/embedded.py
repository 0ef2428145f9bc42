"""The embedded PostgreSQL server: start, attach, stop.

It listens on 127.0.0.1 only, outlives the process that started it, and is found again by connecting to it:
a process id on disk proves nothing after a crash, a container's restart or a copy of the folder.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from flex_pipeline.warehouse.binaries import program_folder
from flex_pipeline.warehouse.cluster import DAGSTER, WAREHOUSE, Cluster
from flex_pipeline.warehouse.connection import Connection, ServerError

logger = logging.getLogger(__name__)

START_LIMIT_S = 1800.0  # recovery after a crash replays all that was written since the last checkpoint
STOP_LIMIT_S = 120.0
SLOW_START_S = 10.0
POLL_S = 0.02
LOG_LINES = 20


def start(home: Path) -> Connection:
    """Start the server whose state is in `home`, or attach to it; makes what is missing. Safe to race."""
    home.mkdir(parents=True, exist_ok=True)
    cluster = Cluster.at(home)
    with _locked(cluster):
        if not cluster.exists:
            cluster.create()
        if _failure(cluster):
            _bring_up(cluster)
        _create_missing_databases(cluster)
        return cluster.connection


def stop(home: Path) -> bool:
    """Stop the server and wait until it is gone, open transactions rolled back. False: it was not running."""
    cluster = Cluster.at(home)
    if not cluster.exists:
        return False
    with _locked(cluster):
        if not cluster.is_running:
            return False
        account = cluster.account
        pg_ctl = program_folder(account) / "pg_ctl"
        asked = account.run(pg_ctl, "stop", "--pgdata", cluster.data, "--mode", "fast", "--no-wait")
        deadline = time.monotonic() + STOP_LIMIT_S
        while cluster.is_running:
            if time.monotonic() > deadline:
                raise _error(cluster, f"did not stop within {STOP_LIMIT_S:.0f} s. {asked.stderr.strip()}")
            time.sleep(POLL_S)
    return True


def status(home: Path) -> Connection | None:
    """The connection if the server answers. Starts and makes nothing."""
    cluster = Cluster.at(home)
    return cluster.connection if cluster.exists and not _failure(cluster) else None


@contextmanager
def _locked(cluster: Cluster) -> Iterator[None]:
    """Keep other starters and stoppers out; the system frees the lock of a killed process."""
    descriptor = os.open(cluster.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _failure(cluster: Cluster) -> str:
    """Why our server does not answer; empty when it does."""
    if cluster.port is None:
        return "it was never started"
    try:
        # A stranger on our port must not be sent the password, nor be taken for ours.
        with psycopg.connect(
            cluster.connection.warehouse.at("postgres").url(),
            connect_timeout=5,
            require_auth="scram-sha-256",
        ) as server:
            found = server.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError as error:
        return str(error)
    return "" if found == (str(cluster.data),) else f"port {cluster.port} serves the data in {found}"


def _bring_up(cluster: Cluster) -> None:
    """Launch the server, unless processes of it live, and wait until it answers."""
    began = time.monotonic()
    server: subprocess.Popen[bytes] | None = None
    slow = False
    while failure := _failure(cluster):
        if server is None:
            server = _launch(cluster)
        elif server.poll() is not None:
            raise _error(cluster, "did not start:")
        waited_s = time.monotonic() - began
        if waited_s > START_LIMIT_S:
            raise _error(cluster, f"did not answer within {START_LIMIT_S:.0f} s ({failure}):")
        if waited_s > SLOW_START_S and "password authentication failed" in failure:
            raise _error(cluster, f"does not take the password in {cluster.password_file}:")
        if waited_s > SLOW_START_S and not slow:
            slow = True
            logger.warning("PostgreSQL is still starting, for example to recover after a crash: %s", failure)
        time.sleep(POLL_S)
    if server is not None:
        # as long as we live, the server is our child: somebody has to take its exit status
        threading.Thread(target=server.wait, daemon=True).start()


def _launch(cluster: Cluster) -> subprocess.Popen[bytes] | None:
    """A new server process; None while processes of an older one live: starting, or ending after a kill."""
    with cluster.held() as lock:
        recorded = cluster.recorded()
        if lock is None:
            if recorded:
                cluster.set_port(recorded[1])
            return None
        port = _free_port(cluster.port)
        cluster.set_port(port)
        # We hold the lock, so the recorded process is dead, even if a zombie or a stranger bears its number.
        # PostgreSQL would mistrust that; the number of a grandparent is one that it knows to pass over.
        variables = {"PG_GRANDPARENT_PID": str(recorded[0])} if recorded else {}
        if cluster.log.exists():
            os.replace(cluster.log, cluster.log.with_name("server.log.1"))
        log = os.open(cluster.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            return cluster.account.popen(
                (program_folder(cluster.account) / "postgres", "-D", cluster.data, "-p", str(port)),
                variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C in our terminal is not meant for it
            )
        finally:
            os.close(log)


def _free_port(wanted: int | None) -> int:
    """A port on 127.0.0.1 that nobody listens on: the wanted one, or any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return _free_port(None)
        return int(probe.getsockname()[1])


def _create_missing_databases(cluster: Cluster) -> None:
    with psycopg.connect(cluster.connection.warehouse.at("postgres").url(), autocommit=True) as server:
        found = {name for (name,) in server.execute("SELECT datname FROM pg_database")}
        for name in (WAREHOUSE, DAGSTER):
            if name not in found:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _error(cluster: Cluster, what: str) -> ServerError:
    """What went wrong, with the server's own last words."""
    lines = cluster.log.read_text(errors="replace").splitlines() if cluster.log.exists() else []
    return ServerError("\n".join([f"the embedded PostgreSQL in {cluster.home} {what}", *lines[-LOG_LINES:]]))
