from dataclasses import dataclass


@dataclass(frozen=True)
class DeviceDay:
    device_id: str
    day: object
    timezone: object
    starts: object
    step_hours: float
    price: object
    power_kw: object
    soc_kwh: object
    soc_bounds_kwh: object
    cost: float
    currency: str


def plot_device_day(day):
    return b"x"


def bounds_of(m):
    return None
