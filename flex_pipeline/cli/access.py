"""Who may read the rows of which account."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from flex_pipeline.cli.server import migrated

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def grant(
    account: Annotated[str, typer.Argument(help="An account of the portfolio.")],
    login: Annotated[str | None, typer.Option("--login", help="Default: ACCOUNT_reader.")] = None,
) -> None:
    """Make a login that sees the rows of an account; an existing reader gets this account as well.

    The password is FLEX_READER_PASSWORD where that is set, else a random one, printed once.
    """
    from flex_pipeline.warehouse.access import grant as grant_access

    connection = migrated()
    given = os.environ.get("FLEX_READER_PASSWORD") or None
    granted = grant_access(connection, account, login, given)
    database = connection.warehouse
    typer.echo(f"login     {granted.login}, reads {', '.join(granted.accounts)}")
    if granted.password and not given:
        typer.echo(f"password  {granted.password}   (kept nowhere: note it now)")
    typer.echo(
        f"address   host={database.host} port={database.port} dbname={database.name} user={granted.login}"
    )


@app.command()
def revoke(
    account: Annotated[str, typer.Argument()],
    login: Annotated[str | None, typer.Option("--login", help="Name of the login.")] = None,
) -> None:
    """Take an account from a login, or from all of them; a login that is left with none is dropped."""
    from flex_pipeline.warehouse.access import revoke as revoke_access

    logins = revoke_access(migrated(), account, login)
    typer.echo(f"{', '.join(logins)} no longer reads {account}")


@app.command("list")
def list_access() -> None:
    """Each login and the accounts that it reads."""
    from flex_pipeline.warehouse.access import list_readers

    for login, accounts in list_readers(migrated()).items():
        typer.echo(f"{login}  {', '.join(accounts)}")
