"""What the cloud knows of the car now and did not know the last time."""

from collections.abc import Iterator
from typing import Any

from cloud.demo.car import FLEET, OF_CAR, VEHICLE
from cloud.demo.client import Client
from cloud.demo.read import Read

Line = tuple[str, str]
"""Who says it, and what."""
_CLOUD = "the cloud knows"


class News:
    """Reads the API as the manager of the fleet sees it."""

    def __init__(self, manager: Client, read: Read) -> None:
        self._client = manager
        self._read = read

    def latest(self) -> Iterator[Line]:
        """A line for each new thing."""
        yield from self._alerts()
        yield from self._drives()
        for delivery in self._client.items("/deliveries", {**OF_CAR, "state": "sent"}):
            self._read.sent.add(delivery["id"])
        yield from self._case()
        yield from self._health()

    def _alerts(self) -> Iterator[Line]:
        read = self._read
        for alert in self._client.items("/alerts", OF_CAR):
            if read.alerts.get(alert["id"]) != alert["state"]:
                read.alerts[alert["id"]] = alert["state"]
                read.components.add(alert["component"])
                yield _CLOUD, f"{alert['severity']} alert, {alert['state']}: {alert['summary']}"
        for incident in self._client.items("/incidents", OF_CAR):
            number, is_open = incident["number"], incident["closed_at"] is None
            if read.incidents.get(number) != is_open:
                read.incidents[number] = is_open
                yield _CLOUD, f"incident {number} ({incident['component']}) is {'open' if is_open else 'closed'}"

    def _drives(self) -> Iterator[Line]:
        read = self._read
        summaries = self._client.items("/summaries", OF_CAR)
        if summaries and not read.summaries:
            yield _CLOUD, f"the first summary, {len(summaries[0]['signals'])} signals of one minute"
        read.summaries = max(read.summaries, len(summaries))
        for trip in self._client.items("/trips", OF_CAR):
            if trip["id"] not in read.trips:
                read.trips.add(trip["id"])
                yield _CLOUD, f"a trip of {_km(trip['distance_m'])}, alerts on it: {len(trip['alerts'])}"

    def _case(self) -> Iterator[Line]:
        read = self._read
        cases = self._client.items("/cases", OF_CAR)
        if not cases:
            return
        case = max(cases, key=lambda one: one["number"])
        is_new = case["number"] != read.case.get("number")
        before, read.case = {} if is_new else read.case, case
        read.bookings.update({case["booking"]} - {None})
        if case["diagnosis"] is not None and before.get("diagnosis") is None:
            yield "the agents say", diagnosis_of(case)
        if case["state"] != before.get("state"):
            read.states.append(case["state"])
            yield f"case {case['number']}", f"{case['state']}, {case['meaning']}"
        if case["offers"] and not before.get("offers"):
            for place, offer in enumerate(case["offers"], start=1):
                slot = offer["slot"]
                yield f"  slot {place}", f"{slot['start_at']} at {slot['centre']}: {'; '.join(offer['reasons'])}"

    def _health(self) -> Iterator[Line]:
        component = self._read.case.get("component")
        health = None if component is None else self._client.find(f"/vehicles/{FLEET}/{VEHICLE}/health")
        found = [part for part in (health or {"components": []})["components"] if part["component"] == component]
        score = found[0]["score"] if found else None
        if score is not None and self._read.scores[-1:] != [score]:
            self._read.scores.append(score)
            yield _CLOUD, f"health of {component}: {score} of 100"


def diagnosis_of(case: dict[str, Any]) -> str:
    """What is wrong, in words."""
    told = case.get("diagnosis") or {"causes": [], "verdict": None, "reason": "nobody has looked"}
    likely = ", ".join(f"{cause['title']} {cause['probability']:.0%}" for cause in told["causes"][:3])
    verdict = "sure enough" if told["verdict"] else f"not sure ({told['reason']})"
    return f"{likely or 'no cause'}; {verdict}"


def _km(distance_m: float | None) -> str:
    return "unknown length" if distance_m is None else f"{distance_m / 1000:.1f} km"
