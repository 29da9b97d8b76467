"""A vehicle that failed, was repaired, and is claimed for: through the real services."""

from datetime import date, timedelta
from typing import Any, Final

from cloud.fleet.profile import Part, Profile
from cloud.scheduling.work_order import Outcome, Report, WorkOrder
from cloud.scheduling.work_orders import NewOrder
from cloud.scheduling.works import catalogue
from cloud.warranty.claim import Statement
from cloud.warranty.facts import Service
from edge.wire import messages
from edge.wire.messages import AlertState, SignalSummary
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import T0, Speaker, minute
from tests.unit.cloud.workshop import MONDAY, centre, hours_after, job

VAN: Final = Speaker()
COOLANT: Final = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
ODOMETER: Final = "Vehicle.TraveledDistance"
REPAIRED: Final = Report(Outcome.REPAIRED, ("Shaft leaks",), "water_pump_worn", ("water_pump",))
KM: Final = 48_200.0
"""What the van's odometer says when it fails."""
FAILED_AT: Final = minute(40)


def profile(**changes: Any) -> Profile:
    fields: dict[str, Any] = {
        "make": "Example",
        "model": "Parcel",
        "model_year": 2025,
        "vin": "1M8GDM9AXKP042788",
        "in_service_on": date(2025, 3, 14),
        "country": "DE",
        "parts": {"cooling": Part("WP-1042", "K-2531")},
    }
    return Profile(VAN.address, **{**fields, **changes})


def statement(**changes: Any) -> Statement:
    fields: dict[str, Any] = {
        "failed_at": FAILED_AT,
        "odometer_km": KM,
        "maintenance": (Service(date(2025, 12, 1), 21_400.0),),
    }
    return Statement(**{**fields, **changes})


def signal(unit: str, low: float, high: float) -> SignalSummary:
    return SignalSummary(unit=unit, min=low, max=high, mean=(low + high) / 2, last=high, count=600)


def told(n: int, *, coolant_c: float, km: float) -> messages.Summary:
    signals = {
        COOLANT: signal("Celsius", coolant_c - 2, coolant_c + 2),
        ODOMETER: signal("m", km * 1e3, km * 1e3 + 800),
    }
    return messages.Summary(started_at=minute(n), ended_at=minute(n + 1), signals=signals)


def hot(n: int = 1, **changes: Any) -> messages.Alert:
    """The alert that the pump leads to."""
    state = changes.pop("state", AlertState.FIRING)
    fields = {"started_at": FAILED_AT, "values": {COOLANT: 121.5, "Vehicle.Speed": 62.0}, **changes}
    return says.alert(n, state).model_copy(update=fields)


def drive(cloud: Cloud, van: Speaker = VAN) -> None:
    """Forty minutes, in the middle of which the coolant gets hot."""
    heats = [(n, 90.0 + max(0.0, n - 30) * 3.0 if n < 45 else 70.0) for n in range(20, 60)]
    cloud.take(*(van.say(told(n, coolant_c=heat, km=KM - 40 + n), n + 1) for n, heat in heats))
    cloud.take(van.say(hot(), 1))


def repaired(cloud: Cloud, van: Speaker = VAN, *, report: Report | None = REPAIRED) -> WorkOrder:
    """The order about the pump, done; None: as it was opened."""
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(), by="ada")
    booking = cloud.appointments.hold("a wish of mine", job(), "mitte", hours_after(2), by="ada")
    cloud.appointments.confirm(booking.id, by="ada")
    work = catalogue().find("water_pump_replacement", "cooling")
    new = NewOrder(booking.id, 1, van.address, "cooling", work, "water_pump_worn")
    order = cloud.orders.open(new, by="agent/work")
    if report is None:
        return order
    cloud.now = hours_after(2)
    cloud.orders.start(order.number, by="kim")
    cloud.now = hours_after(4)
    return cloud.orders.complete(order.number, report, by="kim")


def arrive(cloud: Cloud, latitude_deg: float, longitude_deg: float) -> None:
    """The van tells where it is, an hour before the work."""
    at = hours_after(1)
    place = says.position().model_copy(update={"latitude_deg": latitude_deg, "longitude_deg": longitude_deg})
    cloud.take(VAN.say(place, 900, observed_at=at, received_at=at))


def whole(cloud: Cloud) -> WorkOrder:
    """Everything that a good claim needs."""
    drive(cloud)
    cloud.profiles.put(profile(), by="ada")
    order = repaired(cloud)
    arrive(cloud, 52.5203, 13.4048)
    return order


LATER: Final = T0 + timedelta(days=30)
