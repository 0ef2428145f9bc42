"""FlexMeasures as a contender: a process of its own Python that is given the same numbers, lap by lap."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from benchmarks.scheduling.contenders import Lap, Runner

if TYPE_CHECKING:
    from flex_pipeline.scheduling import Problem
    from flex_pipeline.scheduling.problem import Stock, Storage

SCRIPT = Path(__file__).resolve().parents[1] / "flexmeasures" / "run.py"


@dataclass(frozen=True)
class Partner:
    """A running `benchmarks/flexmeasures/run.py`: one line of JSON in, one line out."""

    process: subprocess.Popen[str]
    version: str

    def contend(self, problem: Problem) -> Runner:
        """Its `device_scheduler` on the problem; making its frames is not timed."""
        line = json.dumps(numbers(problem))

        def run() -> Lap:
            answer = self._ask(line)
            return Lap(answer["cost"], answer["cpu_seconds"])

        return run

    def _ask(self, line: str) -> Any:
        print(line, file=_pipe(self.process.stdin), flush=True)
        return _answer(self.process)


@contextmanager
def partner(python: Path) -> Iterator[Partner]:
    """FlexMeasures as installed for that Python."""
    command = [str(python), str(SCRIPT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Partner(process, _answer(process)["version"])


def numbers(problem: Problem) -> dict[str, Any]:
    """A problem without soft limits, commitments and processes in plain numbers: kW, kWh, currency, UTC."""
    site = problem.site
    softened = (site.import_soft, site.export_soft, site.export_peak)
    if any(softened) or site.commitments or problem.processes:
        raise ValueError("only hard limits, a peak of consumption and storages are passed on to FlexMeasures")
    peak = site.import_peak
    return {
        "start": problem.grid.start_utc.isoformat(),
        "step_minutes": 60 * problem.grid.hours,
        "consumption_price": site.consumption_price.tolist(),
        "production_price": site.production_price.tolist(),
        "fixed_kw": site.fixed_kw.tolist(),
        "import_limit_kw": site.import_limit_kw.tolist(),
        "export_limit_kw": site.export_limit_kw.tolist(),
        "peak_paid_kw": None if peak is None else float(peak.limit[0]),
        "peak_price": None if peak is None else float(peak.price[0]),
        "devices": [
            _device(storage, problem.stocks[storage.stock], problem.grid.hours)
            for storage in problem.storages
            if storage.stock is not None
        ],
    }


def _device(storage: Storage, stock: Stock, hours: float) -> dict[str, Any]:
    # what comes in during a step has lost (a − 1)/ln a of itself by the end; FlexMeasures applies that itself
    a = stock.retention
    with np.errstate(invalid="ignore"):
        spread = np.where(a == 1, 1, (a - 1) / np.log(a))
    minima = stock.floor_kwh if stock.minima is None else stock.minima.kwh
    return {
        "start_kwh": stock.start_kwh,
        "floor_kwh": np.fmax(stock.floor_kwh, minima).tolist(),
        "ceiling_kwh": stock.ceiling_kwh.tolist(),
        "charge_limit_kw": storage.charge_limit_kw.tolist(),
        "discharge_limit_kw": storage.discharge_limit_kw.tolist(),
        "charging_efficiency": (storage.charge_gain / (spread * hours)).tolist(),
        "discharging_efficiency": (spread * hours / storage.discharge_loss).tolist(),
        "retention": a.tolist(),
        "external_kw": (stock.external_kwh / (spread * hours)).tolist(),
    }


def _answer(process: subprocess.Popen[str]) -> Any:
    line = _pipe(process.stdout).readline()
    if not line:
        raise RuntimeError(f"FlexMeasures ended with status {process.wait()}; its messages are above")
    return json.loads(line)


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
