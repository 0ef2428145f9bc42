import os
import subprocess
import sys
from pathlib import Path

import pytest

from flex_pipeline.warehouse import embedded
from flex_pipeline.warehouse.connection import Connection, ServerError
from flex_pipeline.warehouse.psql import psql_command

REPOSITORY = Path(__file__).resolve().parents[2]
EXEC = """
import sys
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.psql import exec_psql
exec_psql(Connection.parse(sys.stdin.readline().strip()), sys.argv[1:])
"""


def test_the_line_for_the_shell_opens_the_warehouse_and_hides_the_password(home: Path) -> None:
    connection = embedded.start(home)
    line = psql_command(home)
    assert connection.warehouse.password not in line
    query = "-XAtc 'SELECT current_database() || 1 + 1'"
    answer = subprocess.run(f"{line} {query}", shell=True, capture_output=True, text=True, check=True)
    assert answer.stdout == "flex2\n"


def test_psql_is_given_its_settings_where_no_list_of_processes_shows_them(server: Connection) -> None:
    command = [sys.executable, "-c", EXEC, "-XAtc", "SELECT current_database()"]
    answer = subprocess.run(
        command,
        input=server.url,
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env=os.environ | {"PGDATABASE": "theirs"},
    )
    assert answer.stdout == "flex\n"


def test_psql_before_the_first_start_says_so(home: Path) -> None:
    with pytest.raises(ServerError, match="no embedded server"):
        psql_command(home)
