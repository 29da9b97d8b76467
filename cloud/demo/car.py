"""The car of the story, and what it is."""

from datetime import date, datetime, timedelta
from typing import Any, Final

FLEET: Final = "demo"
VEHICLE: Final = "car-1"
OF_CAR: Final = {"fleet": FLEET, "vehicle": VEHICLE}
COMPONENT_OF: Final = {"coolant_leak": "cooling", "battery": "charging", "none": ""}
"""Which component's alert a fault must lead to."""
BAD_BATCH: Final = "B"
"""Of the part that fails, in this car and in some of its neighbours."""
GOOD_BATCH: Final = "A"
_PART_NUMBERS: Final = {"cooling": "HOSE-1", "charging": "ALT-7"}
_FIRMWARE: Final = ("4.1", "4.2")
_IN_SERVICE: Final = timedelta(days=800)
"""How long each had been in service today."""
_SERVICE_KM: Final = 30_000


def profile(on: date, component: str, batch: str, number: int) -> dict[str, Any]:
    """A car of the invented make, some two years old; every other one has newer firmware."""
    begun_on = on - _IN_SERVICE
    made = {"make": "Example", "model": "Parcel", "model_year": begun_on.year, "country": "DE"}
    parts = {component: {"number": _PART_NUMBERS[component], "batch": batch}}
    firmware = _FIRMWARE[number % len(_FIRMWARE)]
    return {**made, "in_service_on": f"{begun_on}", "firmware": firmware, "parts": parts}


def service_book(repaired_at: str, km: float | None) -> dict[str, Any]:
    """What the workshop reads in it, and off the odometer: serviced every 30,000 km."""
    if km is None:
        return {"maintenance": []}
    begun_on = datetime.fromisoformat(repaired_at).date() - _IN_SERVICE
    shares = [(n + 1) * _SERVICE_KM / km for n in range(int(km // _SERVICE_KM))]
    services = [{"on": f"{begun_on + share * _IN_SERVICE}", "km": round(share * km)} for share in shares]
    return {"odometer_km": round(km), "maintenance": services}
