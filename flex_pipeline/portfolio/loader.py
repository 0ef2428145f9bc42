"""From a folder of YAML files to a portfolio, or to all that is wrong with them, with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from flex_pipeline.portfolio.aggregate import Aggregate
from flex_pipeline.portfolio.belonging import belonging_faults
from flex_pipeline.portfolio.document import Document, DocumentError, Key, key_of
from flex_pipeline.portfolio.expected import merged
from flex_pipeline.portfolio.fields import sensors_in, unknown_keys
from flex_pipeline.portfolio.file_schema import DEVICE, FILE, LOCATION, OF_THE_FILE
from flex_pipeline.portfolio.flex_context import (
    DEVICE_CONTEXT,
    FLEX_CONTEXT,
    by_commodity,
    check_device_context,
    check_flex_context,
    inherited,
)
from flex_pipeline.portfolio.flex_model import FLEX_MODELS, check_flex_model, device_types
from flex_pipeline.portfolio.misplaced import ENERGY_OF, misplaced
from flex_pipeline.portfolio.portfolio import Device, Portfolio, Settings, Site
from flex_pipeline.portfolio.process import precedence_faults
from flex_pipeline.portfolio.reader import PluginLoader, Reader, SourceCheck
from flex_pipeline.portfolio.regressors import regressor_faults
from flex_pipeline.portfolio.secrets import ADVICE, secrets_in
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.units import parse_quantity

Model = TypeVar("Model", Settings, Sensor, Aggregate)


class PortfolioError(ValueError):
    """Everything wrong with a portfolio; one fault a paragraph, each with file, line, field and value."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def load_portfolio(folder: Path, check_source: SourceCheck, load_plugins: PluginLoader) -> Portfolio:
    """The portfolio in a folder: one file a site, and one for what all share. Raises PortfolioError.

    `check_source` says what is wrong with a sensor's source, which only the readers of sources know;
    `load_plugins` imports the modules that the settings name, of which the folder may hold some.
    """
    reader = Reader(check_source, load_plugins)
    for document in _documents(folder, reader):
        _read_document(document, reader)
    for document, where, name in reader.references:
        if name not in reader.described:
            known = ", ".join(sorted(reader.sensors)) or "none"
            reader.fault(document, where, name, f"is not a sensor of this portfolio; known: {known}")
        elif name in reader.sensors and (problem := misplaced(where, reader.sensors[name].kind)):
            reader.fault(document, where, name, problem)
    for sensor, inner, value, problem in regressor_faults(reader.sensors):
        where = f"sensors.{sensor}.{inner}"
        reader.fault(reader.described[sensor], where, value, problem, ("sensors", sensor, *key_of(inner)))
    if not reader.faults:
        _check_aggregates(reader)
    if not reader.faults and not any(site.devices for site in reader.sites.values()):
        reader.faults.append(f"{folder}\n  describes no device: there is nothing to schedule")
    if reader.faults:
        raise PortfolioError(reader.faults)
    sites = tuple(site for _, site in sorted(reader.sites.items()))
    aggregates = tuple(aggregate for _, aggregate in reader.aggregates)
    return Portfolio(
        folder.absolute(), reader.common, sites, reader.sensors, tuple(reader.notices), aggregates
    )


def _documents(folder: Path, reader: Reader) -> list[Document]:
    if not folder.is_dir():
        raise PortfolioError(
            [f"{folder}\n  is not a folder; a portfolio is a folder of YAML files, one a site"]
        )
    documents = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            documents.append(Document.read(path))
        except DocumentError as error:
            reader.faults.append(str(error))
    if not documents and not reader.faults:
        raise PortfolioError([f"{folder}\n  holds no YAML file; a portfolio has one a site"])
    # settings first: the timezone of shared sensors is theirs
    return sorted(documents, key=lambda document: "settings" not in document.fields)


def _read_document(document: Document, reader: Reader) -> None:
    fields = document.fields
    for fault in unknown_keys(fields, tuple(FILE), ""):
        reader.fault(document, fault.field, None, fault.message)
    if "settings" in fields:
        _read_settings(document, reader)
    site_id = fields.get("site")
    if site_id is None and {"devices", "groups"} & set(fields):
        reader.fault(document, "site", None, "is missing: devices and groups belong to a site")
    if site_id is None and "flex-context" in fields:
        reader.fault(
            document, "flex-context", None, "belongs to a site; what holds for all is settings.flex-context"
        )
    timezone = str(fields.get("timezone", reader.common.timezone))
    try:
        ZoneInfo(timezone)
    except (ValueError, KeyError, OSError):
        reader.fault(
            document, "timezone", timezone, 'is not a timezone; write for example "Europe/Amsterdam"'
        )
        timezone = "UTC"  # in order to see what else is wrong
    location = _location(document, reader)
    for name, given in _mapping(document, "sensors", reader):
        _read_sensor(document, reader, name, given, timezone=timezone, site=site_id, location=location)
    for name, given in _mapping(document, "aggregates", reader):
        _read_aggregate(document, reader, name, given, timezone, site_id)
    if site_id is not None:
        _read_site(document, reader, str(site_id), timezone, location)


def _read_aggregate(
    document: Document, reader: Reader, name: str, given: Any, timezone: str, site_id: str | None
) -> None:
    where = f"aggregates.{name}"
    if name in {aggregate.name for _, aggregate in reader.aggregates}:
        reader.fault(document, where, None, "has the name of another aggregate", ("aggregates", name))
    of_file = {"name": name, "site": site_id, "timezone": timezone}
    fields = {**given, **of_file} if isinstance(given, Mapping) else given
    aggregate = _validated(Aggregate, fields, where, document, reader, ("aggregates", name))
    if aggregate is not None:
        reader.references += [(document, f"{where}.weights.{sensor}", sensor) for sensor in aggregate.weights]
        reader.aggregates.append((document, aggregate))


def _check_aggregates(reader: Reader) -> None:
    for document, aggregate in reader.aggregates:
        for place, value, message in aggregate.faults(reader.sensors):
            reader.fault(document, f"aggregates.{aggregate.name}.{place}", value, message)


def _read_settings(document: Document, reader: Reader) -> None:
    if reader.settings is not None:
        reader.fault(document, "settings", None, "stand in another file of the portfolio too")
        return
    given, where = document.fields["settings"], "settings.flex-context"
    settings = _validated(Settings, given, "settings", document, reader) or Settings()
    stated = given.get("flex-context", {}) if isinstance(given, Mapping) else {}
    context = reader.present(document, stated, FLEX_CONTEXT, where)
    faults = check_flex_context(context, is_whole=False, path=where) if isinstance(context, Mapping) else []
    for fault in faults:
        reader.fault(document, fault.field, fault.value, fault.message)
    reader.inherited_faults = frozenset((f.field.removeprefix("settings."), f.message) for f in faults)
    reader.refer(document, context, where)
    inheritable = dict(context) if isinstance(context, Mapping) else {}
    reader.settings = settings.model_copy(update={"flex_context": inheritable})
    try:
        reader.load_plugins(settings.plugins, document.path.parent)
    except ImportError as error:
        reader.fault(document, "settings.plugins", None, str(error))


def _location(document: Document, reader: Reader) -> tuple[float | None, float | None]:
    given = document.fields.get("location")
    if given is None:
        return None, None
    if not isinstance(given, Mapping) or set(given) != set(LOCATION):
        reader.fault(document, "location", given, "must be written {latitude: 52.37, longitude: 4.90}")
        return None, None
    for name, limit in LOCATION.items():
        if not isinstance(given[name], int | float) or abs(given[name]) > limit:
            reader.fault(
                document, f"location.{name}", given[name], f"must be degrees from -{limit} to {limit}"
            )
            return None, None
    return float(given["latitude"]), float(given["longitude"])


def _read_sensor(
    document: Document,
    reader: Reader,
    name: str,
    given: Any,
    *,
    timezone: str,
    site: str | None,
    location: tuple[float | None, float | None],
) -> None:
    key: Key = ("sensors", name)
    if name in reader.described:
        reader.fault(document, f"sensors.{name}", None, "has the name of another sensor", key)
        return
    reader.described[name] = document
    if not isinstance(given, Mapping):
        reader.fault(
            document, f"sensors.{name}", given, "needs fields: unit, resolution, kind and source", key
        )
        return
    if secrets := list(secrets_in(given)):
        for place in secrets:  # never with the value, nor with what another check would show of it
            where = ".".join(map(str, ("sensors", name, *place)))
            reader.fault(document, where, None, ADVICE, (*key, *place))
        return
    for name_of_file in set(OF_THE_FILE) & set(given):
        where = f"sensors.{name}.{name_of_file}"
        reader.fault(document, where, given[name_of_file], "is said by the file that the sensor stands in")
    fields = {"timezone": timezone} | dict(given) | {"name": name, "site": site}
    fields |= {"latitude": location[0], "longitude": location[1]}
    if "capacity" in fields:
        try:
            fields["capacity"] = parse_quantity(fields["capacity"], "power").value
        except ValueError as error:
            reader.fault(
                document, f"sensors.{name}.capacity", given["capacity"], str(error), (*key, "capacity")
            )
            del fields["capacity"]
    as_its_kind = _as_its_kind(fields, reader.common)
    sensor = _validated(Sensor, as_its_kind, f"sensors.{name}", document, reader, key)
    source = given.get("source")
    if isinstance(source, Mapping):
        for where, value, message in reader.check_source(source, sensor):
            reader.fault(document, f"sensors.{name}.{where}", value, message, (*key, *key_of(where)))
    if sensor is not None:
        reader.sensors[name] = sensor
        if sensor.quality.energy_of is not None:
            reader.references.append((document, f"sensors.{name}.{ENERGY_OF}", sensor.quality.energy_of))


def _as_its_kind(fields: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The fields of a sensor with what the settings say of its kind."""
    kind: Any = fields.get("kind")
    usual: dict[str, Any] = {}
    if kind in settings.repair:
        usual["repair"] = settings.repair[kind]
    if kind in settings.quality:
        fields = dict(fields) | {"quality": merged(settings.quality[kind], fields.get("quality", {}))}
    return usual | dict(fields)


def _read_site(
    document: Document,
    reader: Reader,
    site_id: str,
    timezone: str,
    location: tuple[float | None, float | None],
) -> None:
    faults = len(reader.faults)
    if site_id in reader.sites or "/" in site_id or "|" in site_id:
        reader.fault(document, "site", site_id, "must be a name that no other site has, without / and |")
    context = _read_context(document, reader)
    devices = tuple(
        device
        for name, given in _mapping(document, "devices", reader)
        if (device := _read_device(document, reader, site_id, name, given))
    )
    groups = dict(_read_groups(document, reader))
    names = {device.name for device in devices if device.type == "storage"}
    for device in devices:
        if (owner := device.shares_stock_of) not in {None, *names} - {device.name}:
            where = f"devices.{device.name}.flex-model.shares-stock-of"
            reader.fault(document, where, owner, "is not another storage of this site")
    processes = {device.name: device.flex_model for device in devices if device.type == "process"}
    for fault in precedence_faults(processes, "devices.{}.flex-model"):
        reader.fault(document, fault.field, fault.value, fault.message)
    account = str(document.fields.get("account", site_id))
    site = Site(site_id, timezone, account, *location, context, devices, groups)
    if len(reader.faults) == faults:
        _check_belonging(document, reader, site)
    reader.sites[site_id] = site


def _read_context(document: Document, reader: Reader) -> dict[str, Any]:
    """The flex-context of a site: what it states, and of the settings' what it does not."""
    where = "flex-context"
    own = reader.present(document, document.fields.get(where, {}), FLEX_CONTEXT, where)
    reader.refer(document, own, where)
    if not isinstance(own, Mapping):
        context, checked = {}, check_flex_context(own, path=where)
    else:
        context = inherited(reader.common.flex_context, own)
        checked = check_flex_context(context, path=where)
    for fault in checked:
        if (fault.field, fault.message) not in reader.inherited_faults:
            reader.fault(document, fault.field, fault.value, fault.message)
    return context


def _read_groups(document: Document, reader: Reader) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, given in _mapping(document, "groups", reader):
        where = f"groups.{name}"
        model = reader.present(document, given, FLEX_MODELS["group"], where)
        for fault in check_flex_model(model, "group", path=where):
            reader.fault(document, fault.field, fault.value, fault.message)
        if name in (document.fields.get("devices") or {}):
            reader.fault(document, where, None, "has the name of a device")
        if isinstance(model, Mapping):
            reader.refer(document, model, where)
            yield name, dict(model)


def _check_belonging(document: Document, reader: Reader, site: Site) -> None:
    """What devices say about groups, commodities and converters, once all of it can be read."""
    entries: dict[str, Mapping[str, Any]] = {
        f"devices.{d.name}.flex-model": {"name": d.name, "type": d.type, "flex_model": d.flex_model}
        for d in site.devices
    }
    entries |= {
        f"groups.{name}": {"name": name, "type": "group", "flex_model": model}
        for name, model in site.groups.items()
    }
    for fault in belonging_faults(entries, by_commodity(site.flex_context, "flex-context")):
        reader.fault(document, fault.field, fault.value, fault.message)


def _read_device(document: Document, reader: Reader, site_id: str, name: str, given: Any) -> Device | None:
    where, types = f"devices.{name}", device_types()
    if not isinstance(given, Mapping) or "flex-model" not in given:
        reader.fault(document, where, given, f"needs a type ({' or '.join(types)}) and a flex-model")
        return None
    for fault in unknown_keys(given, tuple(DEVICE), where):
        reader.fault(document, fault.field, fault.value, fault.message)
    device_type = given.get("type", "storage")
    if device_type not in types:
        reader.fault(document, f"{where}.type", device_type, f"must be {' or '.join(types)}")
        return None
    model = reader.present(document, given["flex-model"], FLEX_MODELS[device_type], f"{where}.flex-model")
    for fault in check_flex_model(model, device_type, path=f"{where}.flex-model"):
        reader.fault(document, fault.field, fault.value, fault.message)
    place = f"{where}.flex-context"
    context = reader.present(document, given.get("flex-context", {}), DEVICE_CONTEXT, place)
    for fault in check_device_context(context, path=place):
        reader.fault(document, fault.field, fault.value, fault.message)
    if not isinstance(model, Mapping) or not isinstance(context, Mapping):
        return None
    reader.refer(document, model, f"{where}.flex-model")
    reader.refer(document, context, place)
    meter = sensors_in(given.get("meter", {}), f"{where}.meter")
    if "meter" in given and not meter:
        reader.fault(document, f"{where}.meter", given["meter"], "must be written {sensor: NAME}")
    reader.refer(document, given.get("meter", {}), f"{where}.meter")
    return Device(
        f"{site_id}/{name}",
        site_id,
        name,
        device_type,
        dict(model),
        dict(context),
        next(iter(meter.values()), None),
    )


def _mapping(document: Document, name: str, reader: Reader) -> Iterator[tuple[str, Any]]:
    given = document.fields.get(name) or {}
    if not isinstance(given, Mapping):
        reader.fault(document, name, given, "needs one field for each, by name")
        return
    for key, value in given.items():
        yield str(key), value


def _validated(
    model: type[Model], given: Any, where: str, document: Document, reader: Reader, key: Key | None = None
) -> Model | None:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        for fault in error.errors():
            inner: list[str] = [str(step) for step in fault["loc"]]
            message = str(fault["msg"]).removeprefix("Value error, ")
            value = None if fault["type"] == "missing" or not inner else fault["input"]
            place = (*(key or (where,)), *inner)
            reader.fault(document, ".".join([where, *inner]), value, message, place)
        return None
