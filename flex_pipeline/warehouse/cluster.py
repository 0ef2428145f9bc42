"""One embedded database cluster on disk: where its files lie, and how it is made.

data/         PostgreSQL's own files; a link where root had to put them where the server can reach them
password      of the superuser `flex`, for its owner only
port          on 127.0.0.1; may change from one start to the next
server.log    since the last start; server.log.1 holds the start before
lock          held while somebody starts or stops the server
running       beside the real data folder; held by the server's processes as long as one of them lives
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flex_pipeline.warehouse.binaries import program_folder
from flex_pipeline.warehouse.connection import Connection, Database, ServerError
from flex_pipeline.warehouse.server_account import Account, shared_folder

logger = logging.getLogger(__name__)

USER = "flex"
WAREHOUSE = "flex"
DAGSTER = "dagster"
INITDB = (
    *("--username", USER, "--pwfile", "/dev/stdin", "--auth", "scram-sha-256", "--encoding", "UTF8"),
    # sorts and folds the same on every machine, whatever locales it has
    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
    # iterations slow down guessing, of which a random 192-bit password has no need
    *("-c", "scram_iterations=1"),
    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
    *("-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "log_checkpoints=off"),
)


@dataclass(frozen=True)
class Cluster:
    """The files of one cluster, in its state folder `home`."""

    home: Path

    @classmethod
    def at(cls, home: Path) -> Cluster:
        """The cluster of a state folder, whether made yet or not; refused to all but the folder's owner."""
        home = home.absolute()
        owner = home.stat().st_uid if home.exists() else os.geteuid()
        if owner != os.geteuid():
            raise ServerError(
                f"{home} belongs to user {owner} and we are user {os.geteuid()}; run as its owner, "
                "or set FLEX_HOME to a folder of your own"
            )
        return cls(home)

    @property
    def exists(self) -> bool:
        """Whether the cluster was made; it is, or it is not: never halfway."""
        link = self.home / "data"
        if link.is_symlink() and not link.exists():
            raise ServerError(
                f"{link} points to {os.readlink(link)}, which is gone; bring it back, "
                f"or remove {self.home} to begin with empty databases"
            )
        return link.exists()

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder, where it really lies."""
        return (self.home / "data").resolve()

    @property
    def log(self) -> Path:
        """The server's messages since its last start."""
        return self.home / "server.log"

    @property
    def password_file(self) -> Path:
        """Readable by the owner of the state folder only."""
        return self.home / "password"

    @property
    def account(self) -> Account:
        """Whom the server runs as: the data's owner, so that a `postgres` user installed later harms none."""
        return Account.owning(self.data)

    @property
    def port(self) -> int | None:
        """The port of the last start; None where there was none."""
        try:
            return int((self.home / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def set_port(self, port: int) -> None:
        """Keep the port for the next start and for those who attach."""
        (self.home / "port").write_text(f"{port}\n")

    @property
    def connection(self) -> Connection:
        """How to reach the server at the port of its last start."""
        try:
            password = self.password_file.read_text().strip()
        except FileNotFoundError:
            raise ServerError(
                f"{self.password_file} is missing, and the databases in {self.data} open to no other "
                f"password; bring it back, or remove {self.home} to begin with empty databases"
            ) from None
        # said outright, lest PGSSLMODE in somebody's environment ask for TLS on loopback
        options = (("sslmode", "disable"),)
        warehouse = Database("127.0.0.1", self.port or 0, USER, password, WAREHOUSE, options)
        return Connection(warehouse, warehouse.at(DAGSTER))

    def recorded(self) -> tuple[int, int] | None:
        """Process id and port of the last postmaster, which may be long gone; None after a clean stop."""
        # read by its owner: root without CAP_DAC_OVERRIDE may not
        lines = self.account.run("cat", self.data / "postmaster.pid").stdout.splitlines()
        return (int(lines[0]), int(lines[3])) if len(lines) > 3 else None

    @contextmanager
    def held(self) -> Iterator[int | None]:
        """The lock `running` as a file descriptor for a new server; None while a server still has it."""
        descriptor = os.open(self.data.parent / "running", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                held = False
            yield descriptor if held else None
        finally:
            os.close(descriptor)

    @property
    def is_running(self) -> bool:
        """Whether any process of the server lives, answering or not."""
        with self.held() as lock:
            return lock is None

    def create(self) -> None:
        """Make the cluster, with a random password and no databases of ours yet."""
        account = Account.choose()
        self.home.chmod(0o700 if account.is_self else 0o711)
        folder = self._reachable_folder(account)
        unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=folder))
        account.take(unfinished)
        password = secrets.token_hex(24)
        initdb = program_folder(account) / "initdb"
        made = account.run(initdb, "--pgdata", unfinished, *INITDB, secret=f"{password}\n")
        if made.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise ServerError(f"initdb could not make a database cluster in {folder}:\n{made.stderr}")
        _write_private(self.password_file, password)
        os.rename(unfinished, folder / "data")  # from here on it exists
        if folder != self.home:
            (self.home / "data").symlink_to(folder / "data")

    def _reachable_folder(self, account: Account) -> Path:
        if account.can_enter(self.home):
            return self.home
        folder = Path(tempfile.mkdtemp(prefix=f"{self.home.parent.parent.name}-", dir=shared_folder()))
        folder.chmod(0o711)
        logger.warning(
            "%s lies in a folder that is closed to user %s, as whom PostgreSQL runs; its data go to %s",
            *(self.home, account.name, folder),
        )
        return folder


def _write_private(path: Path, text: str) -> None:
    """Write for the owner only, and onto the disk: without the password the data are lost."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
