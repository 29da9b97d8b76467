"""Three workshops, the technician who repairs, and who pays for it."""

from datetime import datetime
from typing import Any, Final

from cloud.demo.car import BAD_BATCH, FLEET, OF_CAR, VEHICLE, profile, service_book
from cloud.demo.client import Client
from cloud.demo.people import People
from cloud.demo.read import Read
from cloud.demo.story import Story

_DAYS: Final = [{"weekday": day, "opens": "07:00", "closes": "20:00"} for day in range(7)]
_SKILLS: Final = ("brakes", "cooling", "electrical", "engine", "high_voltage", "tyres")
_PARTS: Final = (
    "thermostat", "water_pump", "radiator_fan", "battery_12v", "alternator", "ignition_coil", "spark_plugs", "injector",
)  # fmt: skip
_CENTRES: Final = {
    "mitte": ("Workshop Mitte", 52.52, 13.41, 0.0),
    "westend": ("Workshop Westend", 52.51, 13.28, 4.0),
    "treptow": ("Workshop Treptow", 52.49, 13.47, 26.0),
}
"""Id → name, place, and after how many hours parts are there."""


def open_centres(admin: Client) -> None:
    """Three workshops where a time can be booked."""
    for centre in _CENTRES:
        admin.put(f"/centres/{centre}", _centre(centre))


class Workshop:
    """What becomes of the car in there."""

    def __init__(self, people: People, story: Story, read: Read) -> None:
        self._technician = people.technician
        self._manager = people.manager
        self._story = story
        self._read = read

    def repair(self) -> None:
        """Take the car in, find what was wrong and put it right."""
        number = self._read.case["work_order"]
        order = self._technician.get(f"/work-orders/{number}")
        self._story.say("the workshop", f"begins with work order {number}: {order['title']}")
        order = self._technician.post(f"/work-orders/{number}/start", {"sequence": order["sequence"]})
        report = {"outcome": "repaired", "found_cause": order["diagnosed_cause"], "findings": ["Found and put right"]}
        self._technician.post(f"/work-orders/{number}/complete", {"sequence": order["sequence"], **report})
        self._read.order = self._technician.get(f"/work-orders/{number}")
        self._story.say("the workshop", f"{self._read.order['state']}; the diagnosis was {self._read.order['label']}")

    def look_up(self, component: str) -> None:
        """Say what the car is, as it stands on its plates and on the part that was taken out."""
        on = datetime.fromisoformat(self._read.order["ended_at"]).date()
        self._manager.put(f"/vehicles/{FLEET}/{VEHICLE}/profile", profile(on, component, BAD_BATCH, 0))

    def claim(self) -> None:
        """Claim the repair; the maker decides by what the plan says."""
        order = self._read.order
        wish = {"work_order": order["number"], **service_book(order["ended_at"], self._odometer_km())}
        claim = self._technician.post("/claims", wish)
        claim = self._technician.post(f"/claims/{claim['number']}/submit", {"sequence": claim["sequence"]})
        verdict = claim["assessment"]["verdict"]
        self._story.say("by the plan", f"{_plain(verdict['decision'])}, clause {verdict['clause'] or 'none'}")
        self._story.say("", verdict["reason"])
        checks = ", ".join(f"{one['subject']} {_plain(one['finding'])}" for one in claim["assessment"]["checks"])
        self._story.say("the vehicle's word", checks)
        decision = "approved" if verdict["decision"] == "eligible" else "rejected"
        ruling = {"sequence": claim["sequence"], "decision": decision, "note": "As the plan says"}
        self._manager.post(f"/claims/{claim['number']}/decide", ruling)
        self._read.claim = self._technician.get(f"/claims/{claim['number']}")
        self._story.say(f"claim {claim['number']}", f"{decision}, the {self._read.claim['pays']} pays")

    def _odometer_km(self) -> float | None:
        """What the car's odometer showed last, as the workshop reads it off; None: it tells none."""
        told = [one["signals"].get("Vehicle.TraveledDistance") for one in self._manager.items("/summaries", OF_CAR)]
        return next((one["last"] / 1000 for one in told if one is not None), None)


def _centre(centre: str) -> dict[str, Any]:
    name, latitude_deg, longitude_deg, parts_h = _CENTRES[centre]
    return {
        "name": name,
        "email": f"{centre}@example.org",
        "place": {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg},
        "zone": "Europe/Berlin",
        "hours": _DAYS,
        "bays": [{"id": "1", "equipment": ["lift"]}],
        "technicians": [{"id": "kim", "skills": list(_SKILLS), "shifts": _DAYS}],
        "lead_time_h": dict.fromkeys(_PARTS, parts_h),
    }


def _plain(name: str) -> str:
    return name.replace("_", " ")
