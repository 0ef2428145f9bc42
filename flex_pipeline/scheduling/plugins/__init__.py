"""Plugins: constraints and device types from modules outside the core.

A module describes what it adds in a `Plugin` and registers it when it is imported; portfolios name the modules they
need.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from flex_pipeline.portfolio.fields import FieldSpec
from flex_pipeline.portfolio.flex_model import add_fields
from flex_pipeline.scheduling.addition import Addition
from flex_pipeline.scheduling.plugins.cycle_limit import read_cycle_limit
from flex_pipeline.scheduling.reading.arrays import Fields

Read = Callable[[Fields, str], Addition | None]


class PluginError(ImportError):
    """A module that cannot be used as a plugin; names it and says why."""


@dataclass(frozen=True)
class Plugin:
    """What a module adds to a type of device, or a type of its own with its fields.

    `read` gets a flex-model that has passed its check, and the name of the device; it gives None where the flex-model
    asks for nothing, and reports what is wrong with `Fields.fault`.
    """

    device_type: str
    fields: tuple[FieldSpec, ...]
    read: Read


REGISTERED = [Plugin("storage", (), read_cycle_limit)]  # its field belongs to every storage


def register(plugin: Plugin) -> None:
    """Make its fields known; PluginError where a field of that name exists."""
    try:
        add_fields(plugin.device_type, plugin.fields)
    except ValueError as error:
        raise PluginError(f"{plugin.read.__module__}: {error}") from error
    REGISTERED.append(plugin)


def load(modules: Iterable[str], folder: Path | None = None) -> None:
    """Import modules that register plugins; those in `folder` are found too. PluginError names one that fails."""
    if folder is not None and str(folder) not in sys.path:
        sys.path.append(str(folder))  # worker processes inherit it
    for name in modules:
        try:
            import_module(name)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"{name} cannot be imported: {error}") from error


def additions(device_type: str, model: Fields, device: str) -> Iterator[Addition]:
    """What plugins make of a device."""
    for plugin in REGISTERED:
        if plugin.device_type == device_type and (found := plugin.read(model, device)) is not None:
            yield found
