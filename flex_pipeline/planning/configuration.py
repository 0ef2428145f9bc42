"""The portfolio that a pipeline runs on."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from flex_pipeline import demo
from flex_pipeline.portfolio.document import Document
from flex_pipeline.portfolio.loader import PortfolioError, load_portfolio
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.sources import check_source


def portfolio_folder() -> Path:
    """FLEX_PORTFOLIO, else the bundled demo."""
    named = os.environ.get("FLEX_PORTFOLIO")
    return Path(named) if named else Path(demo.__file__).parent


def reports_folder() -> Path | None:
    """The folder with reports of one's own, if the settings name one; read before the portfolio is checked.

    PortfolioError where there is none of that name.
    """
    folder = portfolio_folder()
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        # most files are sites: to parse a hundred of them for one field takes as long as all other definitions
        if "reports:" not in path.read_text(encoding="utf-8", errors="replace"):
            continue
        settings = Document.read(path).fields.get("settings")
        if isinstance(settings, dict) and (named := settings.get("reports")):
            if not (reports := folder / str(named)).is_dir():
                raise PortfolioError(
                    [f'{path}  settings.reports\n  "{named}" is not a folder beside the file']
                )
            return reports
    return None


def load(folder: Path | None = None) -> Portfolio:
    """The portfolio in a folder, in full checked. Raises PortfolioError."""
    return load_portfolio(folder or portfolio_folder(), check_source, _load_plugins)


def load_named_plugins(folder: Path | None, modules: Collection[str]) -> None:
    """Load modules, and those that the settings in a folder name, so that what they add is known.

    The rest of the portfolio may be faulty, or not be written yet. Raises DocumentError and ImportError.
    """
    documents = [] if folder is None else [Document.read(path) for path in sorted(folder.glob("*.y*ml"))]
    settings = [document.fields.get("settings") for document in documents]
    named = [given.get("plugins") for given in settings if isinstance(given, dict)]
    _load_plugins(
        [*modules, *(name for names in named if isinstance(names, list) for name in names)], folder or Path()
    )


def _load_plugins(modules: Collection[str], folder: Path) -> None:
    if not modules:
        return
    from flex_pipeline.scheduling import plugins

    plugins.load(modules, folder)
