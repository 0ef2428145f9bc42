"""The account that the embedded server runs as: our own or, since PostgreSQL refuses root, a lesser one."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flex_pipeline.warehouse.connection import ServerError

CANDIDATES = ("postgres", "nobody")
# used by root only, for what the server's account cannot reach where it lies
SHARED_FOLDER = Path("/var/lib/flex_pipeline")


@dataclass(frozen=True)
class Account:
    """A user and group of this machine."""

    uid: int
    gid: int

    @classmethod
    def choose(cls) -> Account:
        """Ourselves; as root, the first of `CANDIDATES` that exists."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise ServerError(
            f"PostgreSQL does not run as root, and there is no user {' or '.join(CANDIDATES)} to run it as; "
            "start as an ordinary user, or set FLEX_DATABASE_URL to a server"
        )

    @classmethod
    def owning(cls, path: Path) -> Account:
        """The owner of a file or folder."""
        found = path.stat()
        return cls(found.st_uid, found.st_gid)

    @property
    def name(self) -> str:
        """The user's name; its number where it has none."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    @property
    def is_self(self) -> bool:
        """Whether nothing has to be switched."""
        return self.uid == os.geteuid()

    def popen(
        self, command: Sequence[str | Path], variables: dict[str, str], **arguments: Any
    ) -> subprocess.Popen[bytes]:
        """Start a program as this account. It gets none of our environment: some of that is secret."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | variables
        if not self.is_self:
            arguments |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            return subprocess.Popen(command, cwd="/", env=environment, **arguments)
        except OSError as error:
            raise self._explained(error) from error

    def run(self, *command: str | Path, secret: str = "") -> subprocess.CompletedProcess[str]:
        """Run a short command to its end; it can read the `secret`, at most a line, from /dev/stdin."""
        reader, writer = os.pipe()
        try:
            os.write(writer, secret.encode())
            os.close(writer)
            if not self.is_self:
                os.fchown(reader, self.uid, self.gid)  # else it may not open /dev/stdin
            with self.popen(
                command, {}, stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                out, err = (stream.decode(errors="replace") for stream in process.communicate())
                return subprocess.CompletedProcess(command, process.returncode, out, err)
        finally:
            os.close(reader)

    def can_run(self, program: Path) -> bool:
        """Whether the program, its libraries and the folders on the way are open to this account."""
        try:
            return self.run(program, "--version").returncode == 0
        except PermissionError:
            return False

    def can_enter(self, folder: Path) -> bool:
        """Whether the folder and those on the way to it are open to this account."""
        return self.is_self or self.run("test", "-x", folder).returncode == 0

    def take(self, path: Path) -> None:
        """Make this account the owner."""
        if self.is_self:
            return
        try:
            os.chown(path, self.uid, self.gid)
        except PermissionError as error:
            raise self._explained(error) from error

    def _explained(self, error: OSError) -> OSError | ServerError:
        if error.errno != errno.EPERM:  # EACCES: the file is closed to the account, which may be expected
            return error
        return ServerError(
            f"root may not become user {self.name} here or give files to it ({error}), and PostgreSQL does "
            "not run as root; start as an ordinary user, or set FLEX_DATABASE_URL to a server"
        )


def shared_folder() -> Path:
    """`SHARED_FOLDER`, made when missing; every account can enter it, only root can write."""
    try:
        SHARED_FOLDER.mkdir(parents=True, exist_ok=True)
        SHARED_FOLDER.chmod(0o755)
    except OSError as error:
        raise ServerError(
            f"the server's account needs a folder that it can enter, and {SHARED_FOLDER} cannot be made "
            f"({error}); start as an ordinary user, or set FLEX_DATABASE_URL to a server"
        ) from error
    return SHARED_FOLDER
