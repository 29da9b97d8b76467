"""The other fleet: buses with a bad batch of pumps, a repair to be claimed, somebody to be told, somebody odd."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import httpx

from edge.wire import messages
from edge.wire.messages import Action, Severity, SignalSummary
from tests.browser.town import PASSWORD, alert, now, put, tell, through_the_workshop, too_hot, trip
from tests.integration.cloud.service import Service

FLEET: Final = "south"
BUSES: Final = tuple(f"bus-{number:02}" for number in range(1, 13))
BATCHES: Final = ("K-2531", "K-2406")
"""Of the first every pump fails, of the second none."""
REPAIRED: Final = "van-1"
KM: Final = 18_400.0
ODOMETER: Final = "Vehicle.TraveledDistance"
COOLANT: Final = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
REFUSED: Final = 40
"""Requests that somebody makes and may not: more than behaviour monitoring takes for a slip."""


def furnish_south(service: Service) -> int:
    """All of it; the number of the work order that can be claimed."""
    for place, bus in enumerate(BUSES):
        batch = BATCHES[place % len(BATCHES)]
        tell(service, bus, *_bus(is_bad=batch == BATCHES[0]), fleet=FLEET)
        put(service, f"/vehicles/{FLEET}/{bus}/profile", _profile("Bus", batch))
    tell(service, REPAIRED, too_hot(), *_warming(), trip(1, 30), fleet=FLEET)
    put(service, f"/vehicles/{FLEET}/{REPAIRED}/profile", _profile("Parcel", BATCHES[0]))
    return through_the_workshop(service, REPAIRED, "water_pump_worn")


def told_to(service: Service) -> None:
    """People who are told when something opens: one by mail, for which there is no server, and one who sleeps."""
    quiet = {"from_at": "22:00", "until_at": "07:00", "zone": "Europe/Berlin"}
    put(service, f"/contacts/{FLEET}/mara-mail", {"person": "mara", "channel": "mailto:mara@example.org"})
    asleep = {"person": "erik", "channel": "mailto:erik@example.org", "quiet": quiet, "critical_always": True}
    put(service, f"/contacts/{FLEET}/erik-mail", {**asleep, "rank": 1})


def misbehave(service: Service, login: str) -> None:
    """Somebody tries what they may not, again and again, until it is noticed."""
    signed = httpx.post(f"{service.api}/api/v1/session", json={"login": login, "password": PASSWORD}, timeout=30)
    headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
    with httpx.Client(headers=headers, timeout=30) as client:
        for _ in range(REFUSED):
            client.get(f"{service.api}/api/v1/people")
    path = f"/api/v1/findings?principal={login}"
    service.wait_until(lambda: bool(service.get(path)["items"]), f"a finding about {login}")


def statement() -> dict[str, Any]:
    """What is said of the repaired one: everything that the plan wants to know."""
    serviced = (now() - timedelta(days=100)).date().isoformat()
    return {"odometer_km": KM, "maintenance": [{"on": serviced, "km": 9_000.0}], "circumstances": [], "note": ""}


def claimed(service: Service, order: int) -> int:
    """A draft about this work order."""
    number: int = service.post("/api/v1/claims", work_order=order, **statement())["number"]
    return number


def _profile(model: str, batch: str) -> dict[str, Any]:
    return {
        "make": "Example",
        "model": model,
        "model_year": now().year,
        "in_service_on": (now() - timedelta(days=200)).date().isoformat(),
        "country": "DE",
        "parts": {"cooling": {"number": "WP-1042", "batch": batch}},
    }


def _bus(*, is_bad: bool) -> Iterator[messages.Body]:
    for number, hours_ago in enumerate((26.0, 50.0, 74.0), start=1):
        yield trip(number, hours_ago)
    if is_bad:
        yield alert(
            1, "The coolant is low", severity=Severity.WARNING, action=Action.WATCH, driver="", minutes_ago=30.0,
            advice="Look at the level when it is cold.",
        )  # fmt: skip


def _warming() -> Iterator[messages.Body]:
    """An hour in which the coolant is as usual, then rises; with an odometer."""
    for minute in range(60):
        began = now() - timedelta(minutes=60 - minute)
        heat_c = 90.0 + max(0.0, (minute - 45) * 2.0)
        metres = KM * 1000.0 - 40_000.0 + minute * 700.0
        signals = {COOLANT: _signal("celsius", heat_c), ODOMETER: _signal("m", metres)}
        yield messages.Summary(started_at=began, ended_at=began + timedelta(minutes=1), signals=signals)


def _signal(unit: str, value: float) -> SignalSummary:
    return SignalSummary(unit=unit, min=value, max=value, mean=value, last=value, count=600)
