"""Life and death of the embedded server; `home` is a state folder for one test, `server` is shared."""

import os
import shutil
import signal
import socketserver
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psycopg
import pytest

from flex_pipeline.warehouse import embedded
from flex_pipeline.warehouse.cluster import Cluster
from flex_pipeline.warehouse.connection import Connection, ServerError

REPOSITORY = Path(__file__).resolve().parents[2]
STARTER = textwrap.dedent("""
    import signal
    import sys
    from pathlib import Path
    from flex_pipeline.warehouse import embedded
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background ignore it
    print(embedded.start(Path(sys.argv[1])).url, flush=True)
    sys.stdin.read()
""")


class Stranger(socketserver.TCPServer):
    allow_reuse_address = True  # connections that the server closed linger on its port


def starter(home: Path) -> "subprocess.Popen[str]":
    """Another process that starts the server, prints the URL and then waits for the end of its input."""
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )


def ask(connection: Connection, query: str) -> object:
    with psycopg.connect(connection.url, autocommit=True) as session:
        cursor = session.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def keep(connection: Connection, value: int) -> None:
    ask(connection, f"CREATE TABLE kept AS SELECT {value} AS value")


def kept(connection: Connection) -> object:
    return ask(connection, "SELECT value FROM kept")


def kill_postmaster(home: Path) -> None:
    recorded = Cluster(home).recorded()
    assert recorded is not None
    os.kill(recorded[0], signal.SIGKILL)


def test_a_new_server_has_a_database_for_the_warehouse_and_one_for_dagster(server: Connection) -> None:
    assert ask(server, "SELECT current_database()") == "flex"
    with psycopg.connect(server.dagster.url()) as session:
        assert session.execute("SELECT current_database()").fetchone() == ("dagster",)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("password_encryption", "scram-sha-256"),
        ("scram_iterations", "1"),
        ("timezone", "UTC"),
        ("fsync", "on"),
    ],
)
def test_the_server_is_closed_to_other_machines_and_safe_by_its_settings(
    server: Connection, setting: str, value: str
) -> None:
    assert ask(server, f"SHOW {setting}") == value


def test_text_sorts_by_code_point_on_every_machine(server: Connection) -> None:
    query = "SELECT concat(datlocprovider, ' ', datlocale) FROM pg_database WHERE datname = 'flex'"
    assert ask(server, query) == "b C.UTF-8"


def test_no_login_without_the_right_password(server: Connection) -> None:
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError, match=r"password"):
            psycopg.connect(server.warehouse.url(), password=password, passfile="/dev/null")
    rules = "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
    assert ask(server, rules) == 0


def test_the_password_is_long_random_and_for_the_owner_only(home: Path) -> None:
    connection = embedded.start(home)
    file = home / "password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    assert len(bytes.fromhex(connection.warehouse.password)) * 8 == 192
    assert connection.warehouse.password not in (home / "server.log").read_text()


def test_what_others_set_for_libpq_does_not_reach_the_embedded_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLMODE", "require")
    monkeypatch.setenv("PGDATABASE", "theirs")
    monkeypatch.setenv("PGPORT", "1")
    assert ask(embedded.start(home), "SELECT current_database()") == "flex"


def test_secrets_in_our_environment_stay_out_of_the_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKET_TOKEN", "for-us-only")
    embedded.start(home)
    recorded = Cluster(home).recorded()
    assert recorded is not None
    environment = Path(f"/proc/{recorded[0]}/environ")
    if not environment.exists():
        pytest.skip("this system does not show the environment of a process")
    shown = Cluster(home).account.run("cat", environment).stdout
    assert "LC_ALL" in shown
    assert "MARKET_TOKEN" not in shown


def test_a_running_server_is_attached_to(home: Path) -> None:
    first = embedded.start(home)
    recorded = Cluster(home).recorded()
    assert embedded.start(home) == first
    assert embedded.status(home) == first
    assert Cluster(home).recorded() == recorded


def test_stop_waits_rolls_back_and_says_whether_there_was_a_server(home: Path) -> None:
    assert embedded.stop(home) is False
    connection = embedded.start(home)
    session = psycopg.connect(connection.url)
    session.execute("CREATE TABLE open_transaction (x int)")
    assert embedded.stop(home) is True
    with pytest.raises(psycopg.OperationalError, match="terminating connection"):
        session.execute("SELECT 1")
    session.close()
    assert not (home / "data" / "postmaster.pid").exists()
    assert embedded.status(home) is None
    assert embedded.stop(home) is False
    assert ask(embedded.start(home), "SELECT to_regclass('open_transaction')") is None


def test_data_password_and_port_survive_a_restart(home: Path) -> None:
    before = embedded.start(home)
    keep(before, 7)
    embedded.stop(home)
    after = embedded.start(home)
    assert after == before
    assert kept(after) == 7


def test_three_starters_at_once_share_one_server(home: Path) -> None:
    starters = [starter(home) for _ in range(3)]
    urls = {process.communicate(timeout=60)[0].strip() for process in starters}
    assert len(urls) == 1
    status = embedded.status(home)
    assert status is not None
    assert urls == {status.url}


def test_the_server_outlives_its_starter_and_ctrl_c_in_its_terminal(home: Path) -> None:
    process = starter(home)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
    process.communicate(timeout=60)
    assert process.returncode != 0
    status = embedded.status(home)
    assert status is not None
    assert status.url == url


def test_after_a_kill_of_the_server_the_next_start_recovers_at_once(home: Path) -> None:
    connection = embedded.start(home)
    keep(connection, 11)
    with psycopg.connect(connection.url):  # a session, which notices the end of its server a little later
        kill_postmaster(home)
        again = embedded.start(home)
    assert again == connection
    assert kept(again) == 11


def test_a_stranger_with_the_process_id_of_a_killed_server_does_not_hinder_the_start(home: Path) -> None:
    connection = embedded.start(home)
    keep(connection, 13)
    cluster = Cluster(home)
    kill_postmaster(home)
    while cluster.is_running:
        time.sleep(0.01)
    # the same user, else PostgreSQL sees for itself that it cannot be its own process
    stranger = cluster.account.popen(["sleep", "60"], {})
    record = cluster.data / "postmaster.pid"
    lines = record.read_text().splitlines()
    record.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
    try:
        assert kept(embedded.start(home)) == 13
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_that_was_taken_meanwhile_is_replaced_and_nothing_is_lost(home: Path) -> None:
    before = embedded.start(home)
    keep(before, 17)
    embedded.stop(home)
    address = ("127.0.0.1", before.warehouse.port)
    with Stranger(address, socketserver.BaseRequestHandler) as stranger:  # hangs up on everybody
        threading.Thread(target=stranger.serve_forever, kwargs={"poll_interval": 0.01}).start()
        after = embedded.start(home)
        stranger.shutdown()
    assert after.warehouse.port != before.warehouse.port
    assert kept(after) == 17
    assert embedded.start(home) == after


def test_a_copied_state_folder_is_a_server_of_its_own(home: Path) -> None:
    original = embedded.start(home)
    keep(original, 19)
    embedded.stop(home)
    copy = home.with_name("copy")
    subprocess.run(["cp", "-a", home, copy], check=True)
    embedded.start(home)
    try:
        copied = embedded.start(copy)  # same password; the original serves the port that it remembers
        assert copied.warehouse.port != original.warehouse.port
        ask(copied, "UPDATE kept SET value = 0")
        assert kept(original) == 19
    finally:
        embedded.stop(copy)


def test_a_forgotten_port_is_learnt_from_the_running_server(home: Path) -> None:
    connection = embedded.start(home)
    (home / "port").unlink()
    assert embedded.start(home) == connection


def test_a_dropped_database_comes_back_empty(home: Path) -> None:
    connection = embedded.start(home)
    with psycopg.connect(connection.dagster.url(), autocommit=True) as session:
        session.execute("DROP DATABASE flex")
    assert ask(embedded.start(home), "SELECT current_database()") == "flex"


def test_a_server_that_cannot_start_shows_its_last_words(home: Path) -> None:
    embedded.start(home)
    embedded.stop(home)
    with (home / "data" / "postgresql.conf").open("a") as settings:
        settings.write("shared_bufers = 1GB\n")
    with pytest.raises(ServerError, match=r'did not start:\n(.*\n)*.*"shared_bufers"'):
        embedded.start(home)


def test_a_lost_password_is_an_error_and_not_a_new_cluster(home: Path) -> None:
    embedded.start(home)
    embedded.stop(home)
    (home / "password").rename(home / "elsewhere")
    with pytest.raises(ServerError, match=r"password is missing.*bring it back"):
        embedded.start(home)
    (home / "elsewhere").rename(home / "password")
    embedded.start(home)


def test_a_changed_password_is_named_and_not_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "SLOW_START_S", 0.2)
    ask(embedded.start(home), "ALTER ROLE flex PASSWORD 'by hand'")
    with pytest.raises(ServerError, match=r"does not take the password in .*/password"):
        embedded.start(home)


def test_a_server_that_never_answers_is_given_up_with_the_reason(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.start(home)
    (home / "password").write_text("wrong\n")
    monkeypatch.setattr(embedded, "START_LIMIT_S", 0.2)
    with pytest.raises(ServerError, match=r"did not answer within 0 s \(.*password authentication failed"):
        embedded.start(home)


def test_a_folder_cut_short_while_it_was_made_is_made_anew(home: Path) -> None:
    half = home / "initdb-half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (home / "password").write_text("of the attempt that was cut short\n")
    assert ask(embedded.start(home), "SELECT 1") == 1


def test_a_link_to_data_that_are_gone_is_an_error_and_not_a_new_cluster(home: Path) -> None:
    embedded.start(home)
    embedded.stop(home)
    away = home.with_name("away")
    (home / "data").rename(away)
    (home / "data").symlink_to(home.with_name("gone"))
    with pytest.raises(ServerError, match=r"data points to .*gone, which is gone; bring it back"):
        embedded.start(home)
    (home / "data").unlink()
    shutil.move(away, home / "data")
