"""What follows from the alert in the demo: an owner who answers, a workshop that works, and what the API says of it.

Everything that is told was read back through the API; whoever acts does it through the API as well.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final, Self

import httpx

FLEET: Final = "demo"
VEHICLE: Final = "car-1"
VISITOR: Final = "visitor"
"""Who watches the demo in the console."""
ANSWER_AFTER_S: Final = 3.0
"""How long an owner thinks who is not asked on the terminal."""
_IN_SERVICE: Final = timedelta(days=800)
"""How long the car had been in service when it failed."""
_SERVICE_KM: Final = 30_000
_OF_CAR: Final = {"fleet": FLEET, "vehicle": VEHICLE}
_DAYS: Final = [{"weekday": day, "opens": "07:00", "closes": "20:00"} for day in range(7)]
_PARTS: Final = (
    "thermostat", "water_pump", "radiator_fan", "battery_12v", "alternator", "ignition_coil", "spark_plugs", "injector",
)  # fmt: skip
_CENTRES: Final = {
    "mitte": ("Workshop Mitte", 52.52, 13.41, 0.0),
    "westend": ("Workshop Westend", 52.51, 13.28, 4.0),
    "treptow": ("Workshop Treptow", 52.49, 13.47, 26.0),
}
"""Id → name, place, and after how many hours parts are there."""


_PREFERRED: Final = {
    "base": {"latitude_deg": 52.5, "longitude_deg": 13.37},
    "preferences": {"distance_max_km": 25.0},
}


@dataclass(slots=True)
class Read:
    """What was read back through the API."""

    alerts: dict[str, str] = field(default_factory=dict)
    """Alert id → state."""
    components: set[str] = field(default_factory=set)
    summaries: int = 0
    incidents: dict[int, bool] = field(default_factory=dict)
    """Number → whether it is open."""
    trips: set[str] = field(default_factory=set)
    states: list[str] = field(default_factory=list)
    """Of the case, in the order in which they were seen."""
    case: dict[str, Any] = field(default_factory=dict)
    """As it was read last."""
    sent: set[int] = field(default_factory=set)
    """Deliveries that reached the owner's phone."""
    bookings: set[str] = field(default_factory=set)
    order: dict[str, Any] = field(default_factory=dict)
    """The work order as it was read last."""
    claim: dict[str, Any] = field(default_factory=dict)
    """The warranty claim as it was read last."""
    answers: list[str] = field(default_factory=list)
    """What the chat understood, in the order in which it was asked."""
    scores: list[int] = field(default_factory=list)
    """Of the component's health, each change."""

    def diagnosis(self) -> str:
        """What is wrong, in words."""
        told = self.case.get("diagnosis") or {"causes": [], "verdict": None, "reason": "nobody has looked"}
        likely = ", ".join(f"{cause['title']} {cause['probability']:.0%}" for cause in told["causes"][:3])
        verdict = "sure enough" if told["verdict"] else f"not sure ({told['reason']})"
        return f"{likely or 'no cause'}; {verdict}"


class Phone(HTTPServer):
    """The owner's phone: a webhook on this machine that hears what the cloud tells people."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 65_536))
                self.send_response(204)
                self.end_headers()
                ring(body.decode(errors="replace"))

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever, name="phone", daemon=True)

    @property
    def url(self) -> str:
        """Where it rings."""
        return f"http://127.0.0.1:{self.server_port}/owner"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Story:
    """Lines on the terminal, each with the second at which it was told."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._lock = threading.Lock()

    def tell(self, text: str) -> None:
        """Print one line (or several) now."""
        at_s = time.monotonic() - self._started_s
        with self._lock:
            for line in text.splitlines():
                print(f"[{at_s:5.1f} s] {line}", flush=True)

    def ask(self, question: str) -> str:
        """Put a question, and give the line that was typed, lower case; "" at the end of the input."""
        self.tell(question)
        return sys.stdin.readline().strip().lower()

    def ring(self, body: str) -> None:
        """What the phone shows."""
        try:
            title = json.loads(body)["title"]
        except (ValueError, LookupError, TypeError):
            title = body[:100]
        self.tell(f"the owner's phone:  {title}")


class Town:
    """The people around the car: they read the API and do what people do."""

    def __init__(self, client: httpx.Client, story: Story, *, asks: bool, answer: str) -> None:
        self._client = client
        self._story = story
        self._asks = asks
        self._answer = answer
        self._asked_s: float | None = None
        self.read = Read()

    def furnish(self, phone: str, password: str) -> None:
        """Three workshops, an owner with a phone, and somebody who may look on and join in."""
        grants = [{"role": "fleet_manager", "fleet": FLEET}]
        self._put(f"/people/{VISITOR}", {"name": "Visitor", "grants": grants, "password": password})
        for centre in _CENTRES:
            self._put(f"/centres/{centre}", _centre(centre))
        self._put(f"/contacts/{FLEET}/owner", {"person": "the owner", "channel": phone, "severity_min": "info"})

    def news(self) -> Iterator[str]:
        """What the cloud knows now and did not know the last time, a line each."""
        yield from self._alerts()
        yield from self._drives()
        yield from self._told()
        yield from self._case()
        yield from self._health()

    def act(self) -> None:
        """What the owner does now, if anything."""
        state = self.read.case.get("state")
        if state == "asked" and self.read.case["answer"] is None:
            self._answer_it()
        elif state == "offered" and self.read.case["chosen"] is None:
            self._choose()

    def repair(self) -> None:
        """The workshop takes the car in, finds what was wrong and puts it right."""
        number = self.read.case["work_order"]
        order = self._get(f"/work-orders/{number}")
        self._story.tell(f"the workshop:       begins with work order {number}: {order['title']}")
        order = self._post(f"/work-orders/{number}/start", {"sequence": order["sequence"]})
        report = {"outcome": "repaired", "found_cause": order["diagnosed_cause"], "findings": ["Found and put right"]}
        self._post(f"/work-orders/{number}/complete", {"sequence": order["sequence"], **report})
        self.read.order = self._get(f"/work-orders/{number}")
        self._story.tell(
            f"the workshop:       {self.read.order['state']}; the diagnosis was {self.read.order['label']}"
        )

    def claim(self) -> None:
        """The workshop claims the repair, and the maker decides by what the plan says."""
        order = self.read.order
        self._put(f"/vehicles/{FLEET}/{VEHICLE}/profile", _profile(order["ended_at"]))
        wish = {"work_order": order["number"], **_service_book(order["ended_at"], self._odometer_km())}
        claim = self._post("/claims", wish)
        claim = self._post(f"/claims/{claim['number']}/submit", {"sequence": claim["sequence"]})
        verdict = claim["assessment"]["verdict"]
        self._story.tell(f"by the plan:        {_plain(verdict['decision'])}, clause {verdict['clause'] or 'none'}")
        self._story.tell(f"                    {verdict['reason']}")
        checks = ", ".join(f"{one['subject']} {_plain(one['finding'])}" for one in claim["assessment"]["checks"])
        self._story.tell(f"the vehicle's word: {checks}")
        decision = "approved" if verdict["decision"] == "eligible" else "rejected"
        ruling = {"sequence": claim["sequence"], "decision": decision, "note": "As the plan says"}
        self._post(f"/claims/{claim['number']}/decide", ruling)
        self.read.claim = self._get(f"/claims/{claim['number']}")
        self._story.tell(f"claim {claim['number']}:            {decision}, the {self.read.claim['pays']} pays")

    def _odometer_km(self) -> float | None:
        """What the car's odometer showed last, as the workshop reads it off; None: it tells none."""
        told = [one["signals"].get("Vehicle.TraveledDistance") for one in self._items("/summaries", _OF_CAR)]
        return next((one["last"] / 1000 for one in told if one is not None), None)

    def talk(self) -> None:
        """The owner asks the chat about the repair."""
        held: dict[str, Any] = {}
        for question in ("Is everything all right now?", "May I drive?", "Show me the coolant temperature"):
            self._story.tell(f"the owner asks:     {question}")
            wish = {"fleet": FLEET, "vehicle": VEHICLE, "text": question}
            held = self._post("/chat", wish | ({"conversation": held["conversation"]} if held else {}))
            points = "" if held["chart"] is None else f" (a chart of {len(held['chart']['points'])} points)"
            self._story.tell(f"the chat answers:   {held['text']}{points}")
            self.read.answers.append(held["intent"])

    def _answer_it(self) -> None:
        self._asked_s = self._asked_s or time.monotonic()
        if self._asks:
            said = "no" if self._story.ask("may it be repaired? [Y/n]").startswith("n") else "yes"
        elif time.monotonic() - self._asked_s < ANSWER_AFTER_S:
            return
        else:
            said = self._answer
        if said == "yes":
            self._prefer()
        self._post(f"/cases/{self.read.case['number']}/answer", {"answer": said})
        self._story.tell(f"the owner says:     {said}")

    def _prefer(self) -> None:
        """Where the car stands, and how far is too far: the offers heed it."""
        path = f"/vehicles/{FLEET}/{VEHICLE}/preferences"
        self._put(path, _PREFERRED)
        known = self._get(path)["preferences"]
        self._story.tell(f"the owner prefers:  a workshop within {known['distance_max_km']:g} km of the garage")

    def _choose(self) -> None:
        offers = self.read.case["offers"]
        chosen = 0
        if self._asks:
            typed = self._story.ask(f"which of them? [1-{len(offers)}]")
            chosen = int(typed) - 1 if typed.isdigit() and 0 < int(typed) <= len(offers) else 0
        wish = {"offer": chosen, "sequence": self.read.case["sequence"]}
        self._post(f"/cases/{self.read.case['number']}/choice", wish)
        self._story.tell(f"the owner chooses:  number {chosen + 1}")

    def _alerts(self) -> Iterator[str]:
        read = self.read
        for alert in self._items("/alerts", _OF_CAR):
            if read.alerts.get(alert["id"]) != alert["state"]:
                read.alerts[alert["id"]] = alert["state"]
                read.components.add(alert["component"])
                yield f"the cloud knows:    {alert['severity']} alert, {alert['state']}: {alert['summary']}"
        for incident in self._items("/incidents", _OF_CAR):
            number, is_open = incident["number"], incident["closed_at"] is None
            if read.incidents.get(number) != is_open:
                read.incidents[number] = is_open
                yield f"the cloud knows:    incident {number} ({incident['component']}) is {_open(is_open)}"

    def _drives(self) -> Iterator[str]:
        summaries = self._items("/summaries", _OF_CAR)
        if summaries and not self.read.summaries:
            signals = len(summaries[0]["signals"])
            yield f"the cloud knows:    the first summary, {signals} signals of one minute"
        self.read.summaries = max(self.read.summaries, len(summaries))
        for trip in self._items("/trips", _OF_CAR):
            if trip["id"] not in self.read.trips:
                self.read.trips.add(trip["id"])
                yield f"the cloud knows:    a trip of {_km(trip['distance_m'])}, alerts on it: {len(trip['alerts'])}"

    def _told(self) -> Iterator[str]:
        for delivery in self._items("/deliveries", {"fleet": FLEET, "state": "sent"}):
            self.read.sent.add(delivery["id"])
        yield from ()

    def _case(self) -> Iterator[str]:
        cases = self._items("/cases", _OF_CAR)
        if not cases:
            return
        case = max(cases, key=lambda one: one["number"])
        is_new = case["number"] != self.read.case.get("number")
        before, self.read.case = {} if is_new else self.read.case, case
        if is_new:
            self._asked_s = None
        self.read.bookings.update({case["booking"]} - {None})
        if case["diagnosis"] is not None and (is_new or before.get("diagnosis") is None):
            yield f"the agents say:     {self.read.diagnosis()}"
        if case["state"] != before.get("state"):
            self.read.states.append(case["state"])
            yield f"case {case['number']}:             {case['state']}, {case['meaning']}"
        if case["offers"] and not before.get("offers"):
            for place, offer in enumerate(case["offers"], start=1):
                slot = offer["slot"]
                yield f"  slot {place}:           {slot['start_at']} at {slot['centre']}: {'; '.join(offer['reasons'])}"

    def _health(self) -> Iterator[str]:
        component = self.read.case.get("component")
        answer = self._client.get(f"/vehicles/{FLEET}/{VEHICLE}/health")
        if component is None or answer.status_code == httpx.codes.NOT_FOUND:
            return
        answer.raise_for_status()
        found = [part for part in answer.json()["components"] if part["component"] == component]
        score = found[0]["score"] if found else None
        if score is not None and self.read.scores[-1:] != [score]:
            self.read.scores.append(score)
            yield f"the cloud knows:    health of {component}: {score} of 100"

    def _items(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._get(path, query)["items"]
        return items

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return _body(self._client.get(path, params=dict(query or {})))

    def _post(self, path: str, body: object) -> dict[str, Any]:
        return _body(self._client.post(path, json=body))

    def _put(self, path: str, body: object) -> dict[str, Any]:
        return _body(self._client.put(path, json=body))


def _body(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _centre(centre: str) -> dict[str, Any]:
    name, latitude_deg, longitude_deg, parts_h = _CENTRES[centre]
    skills = ["brakes", "cooling", "electrical", "engine", "high_voltage", "tyres"]
    return {
        "name": name,
        "email": f"{centre}@example.org",
        "place": {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg},
        "zone": "Europe/Berlin",
        "hours": _DAYS,
        "bays": [{"id": "1", "equipment": ["lift"]}],
        "technicians": [{"id": "kim", "skills": skills, "shifts": _DAYS}],
        "lead_time_h": dict.fromkeys(_PARTS, parts_h),
    }


def _profile(repaired_at: str) -> dict[str, Any]:
    """A car of the invented make that went into service some two years ago."""
    begun_on = datetime.fromisoformat(repaired_at).date() - _IN_SERVICE
    made = {"make": "Example", "model": "Parcel", "model_year": begun_on.year, "country": "DE"}
    return {**made, "in_service_on": f"{begun_on}"}


def _service_book(repaired_at: str, km: float | None) -> dict[str, Any]:
    """What the workshop reads in it, and off the odometer: serviced every 30,000 km."""
    if km is None:
        return {"maintenance": []}
    begun_on = datetime.fromisoformat(repaired_at).date() - _IN_SERVICE
    shares = [(n + 1) * _SERVICE_KM / km for n in range(int(km // _SERVICE_KM))]
    services = [{"on": f"{begun_on + share * _IN_SERVICE}", "km": round(share * km)} for share in shares]
    return {"odometer_km": round(km), "maintenance": services}


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _open(is_open: bool) -> str:
    return "open" if is_open else "closed"


def _km(distance_m: float | None) -> str:
    return "unknown length" if distance_m is None else f"{distance_m / 1000:.1f} km"
