"""A site-day: all that the plan of one site for one day is made of. It needs no warehouse, nor does its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.known import Known
from flex_pipeline.planning.origins import Origin, origins
from flex_pipeline.planning.overnight import with_overnight
from flex_pipeline.planning.peaks import peak_notices, with_peaks
from flex_pipeline.planning.problem import NoValuesError, Values, input_hash, site_problem
from flex_pipeline.planning.state_of_charge import start_notice
from flex_pipeline.portfolio.portfolio import Device, Site


@dataclass(frozen=True)
class SiteDay:
    """A site on a day, and the inputs of its plan. Without a problem there is nothing to solve."""

    site: Site
    day: date
    seen: Horizon
    reasons: Mapping[str, str | None]  # why a device is not planned, for every device of the site
    read_at: datetime  # by the warehouse's clock: what was recorded later was not read
    problem: Mapping[str, Any] | None = None  # as a problem file has it
    baseline_soc_kwh: Mapping[str, float] = field(default_factory=dict)  # at the start, without flexibility
    stock_run_ids: Mapping[str, int] = field(
        default_factory=dict
    )  # of the plans that leave the stock, by device
    origins: tuple[Origin, ...] = ()  # of the values of the day
    baseline_overnight_kw: Mapping[str, Sequence[float]] = field(default_factory=dict)  # in the first steps
    notices: tuple[str, ...] = ()  # which inputs were repaired or forecast, and where the stock comes from

    @property
    def devices(self) -> list[Device]:
        """Those that are planned, in the order of the problem."""
        return [device for device in self.site.devices if not self.reasons[device.device_id]]

    @property
    def inputs(self) -> dict[str, Any]:
        """All that the plan depends on, in plain values."""
        return {
            "problem": self.problem,
            "blocked": {device: why for device, why in self.reasons.items() if why},
            "baseline": dict(self.baseline_soc_kwh),
            **(
                {"baseline_overnight_kw": overnight}
                if (overnight := dict(self.baseline_overnight_kw))
                else {}
            ),
        }

    @cached_property
    def input_hash(self) -> str:
        """Equal for equal inputs: by it a plan is known."""
        return input_hash(self.inputs)

    @property
    def key(self) -> tuple[str, str]:
        """Site and input hash: on a day, one plan has it."""
        return self.site.site_id, self.input_hash

    def refused(self, reason: str) -> SiteDay:
        """The same without a problem, every device blocked: for its own reason, or else for this one."""
        reasons = {device: why or reason for device, why in self.reasons.items()}
        return SiteDay(self.site, self.day, self.seen, reasons, self.read_at)


def with_problem(site_day: SiteDay, known: Known) -> SiteDay:
    """A site-day with its problem; devices with faulty inputs are left out. Refused when there is none."""
    site, devices = site_day.site, site_day.devices
    if not devices:
        return site_day
    used = site.sensors.union(*(device.sensors for device in devices))
    stock = {d.device_id: known.stock[d.device_id] for d in site.devices if d.device_id in known.stock}
    try:
        problem = site_problem(
            site,
            devices,
            Values(known.portfolio, {name: known.beliefs[name] for name in used}),
            site_day.seen,
            {device: held.soc_kwh for device, held in stock.items()},
        )
    except NoValuesError as error:
        return site_day.refused(str(error))
    peaks = known.peaks.get(site.site_id, {})
    night = {d.device_id: known.overnight[d.device_id] for d in devices if d.device_id in known.overnight}
    planned = {device: rest.power_kw for device, rest in night.items()}
    problem = with_overnight(with_peaks(problem, peaks), devices, planned)
    baseline = {device: held.baseline_soc_kwh for device, held in stock.items()}
    models = {device["name"]: device["flex_model"] for device in problem["devices"]}
    carried = {device: held.soc_kwh for device, held in stock.items()}
    starts = (start_notice(d, models[d.name], carried.get(d.device_id)) for d in devices)
    found = tuple(origins(known, used, site_day.seen))
    notices = (
        *(notice for notice in starts if notice),
        *peak_notices(peaks),
        *(str(origin) for origin in found if origin.is_made_up),
    )
    return replace(
        site_day,
        problem=problem,
        baseline_soc_kwh=baseline,
        stock_run_ids={device: held.run_id for device, held in stock.items()},
        origins=found,
        baseline_overnight_kw={device: rest.baseline_power_kw for device, rest in night.items()},
        notices=notices,
    )
