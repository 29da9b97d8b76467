"""The demo: one simulated car, the edge and the cloud as processes of their own, and the story as it happens.

Everything that is told about the cloud was read back through its HTTP API. Nothing stays behind.
"""

import json
import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import httpx

from cloud.children import Child, ChildFailed, until_signalled

FLEET: Final = "demo"
VEHICLE: Final = "car-1"
COMPONENT_OF: Final = {"coolant_leak": "cooling", "battery": "charging", "none": ""}
"""Which component's alert a fault must lead to."""
ONSET_S: Final = 60
"""Simulated seconds of health before the fault begins."""
READY_S: Final = 60.0
POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What can be chosen."""

    duration_s: float | None
    """None: until Ctrl-C."""
    seed: int
    fault: str
    speed: float


@dataclass(slots=True)
class Seen:
    """What was read back through the API."""

    alerts: dict[str, str] = field(default_factory=dict)
    """Alert id → state."""
    components: set[str] = field(default_factory=set)
    summaries: int = 0
    incidents: dict[int, bool] = field(default_factory=dict)
    """Number → whether it is open."""
    trips: set[str] = field(default_factory=set)


def run_demo(settings: DemoSettings) -> int:
    """Run the story; 0 only if the fault's alert and a summary were read back through the HTTP API.

    Raises:
        ChildFailed: the cloud or the edge did not start, or died.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would tell of every poll
    seen = Seen()
    with ExitStack() as stack:
        stop = stack.enter_context(until_signalled())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="telltale-demo-")))
        story = Story()
        token = secrets.token_urlsafe(24)
        announced = _start_cloud(stack, folder, token, stop)
        if announced is not None:
            api = announced["api"]
            story.tell(_opening(settings, api, token))
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"{api}/api/v1", headers=headers, timeout=10.0, trust_env=False) as client:
                with _edge(folder, announced["broker"], settings, story) as edge:
                    for line in _follow(client, edge, seen, _ends_at(settings), stop):
                        story.tell(line)
                for line in _news(client, seen):  # what the edge handed over as it stopped
                    story.tell(line)
    return _verdict(settings, seen)


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


def _opening(settings: DemoSettings, api: str, token: str) -> str:
    fault = "stays healthy" if settings.fault == "none" else f"develops a fault ({settings.fault}) after {ONSET_S} s"
    return "\n".join(
        [
            f"a simulated car drives off at {settings.speed:g} times real time and {fault}",
            f"the cloud's API:  {api}/api/v1  (browse it at {api}/api/v1/docs)",
            f'try:  curl -H "Authorization: Bearer {token}" {api}/api/v1/alerts',
        ]
    )


def _start_cloud(stack: ExitStack, folder: Path, token: str, stop: threading.Event) -> dict[str, str] | None:
    """Start the cloud and wait until it is ready; None when told to stop before that."""
    announce = folder / "cloud.json"
    arguments = ["serve", "--embedded-broker", "--port", "0", "--broker-port", "0", "--announce", str(announce)]
    arguments += ["--database", f"sqlite:///{folder}/cloud.db"]
    environment = {"TELLTALE_CLOUD_TOKEN": token}
    cloud = stack.enter_context(Child("telltale-cloud", arguments, log=folder / "cloud.log", environment=environment))
    deadline = time.monotonic() + READY_S
    while not announce.exists():
        cloud.must_run()
        if time.monotonic() > deadline:
            raise ChildFailed(f"the cloud was not ready after {READY_S:g} s:\n{cloud.last_words()}")
        if stop.wait(0.05):
            return None
    announced: dict[str, str] = json.loads(announce.read_text())
    return announced


@contextmanager
def _edge(folder: Path, broker: str, settings: DemoSettings, story: Story) -> Iterator[Child]:
    """The edge in its car; at the end it stops, and has handed over what it had to say."""
    fault = "" if settings.fault == "none" else f"&fault={settings.fault}@{ONSET_S}"
    arguments = ["run", "--bus", f"sim:car?seed={settings.seed}{fault}", "--profile", "telltale-car"]
    arguments += ["--speed", f"{settings.speed:g}", "--broker", broker, "--state", str(folder / "edge")]
    arguments += ["--fleet", FLEET, "--vehicle", VEHICLE, "--drain", "5"]
    environment = {"TMPDIR": str(folder)}  # onnxruntime leaves a file there when it is imported
    log = folder / "edge.log"
    with Child("telltale-edge", arguments, log=log, read=True, environment=environment) as edge:
        threading.Thread(target=_hear, args=(edge.lines, story), name="cab", daemon=True).start()
        yield edge


def _hear(lines: IO[str], story: "Story") -> None:
    with lines:
        for line in lines:
            if line.startswith("cab: "):
                story.tell(f"the driver hears:   {line.removeprefix('cab: ').strip()}")


def _ends_at(settings: DemoSettings) -> float:
    return float("inf") if settings.duration_s is None else time.monotonic() + settings.duration_s


def _follow(client: httpx.Client, edge: Child, seen: Seen, ends_at: float, stop: threading.Event) -> Iterator[str]:
    """Read the API until the end; a line for everything new."""
    while not stop.is_set() and time.monotonic() < ends_at:
        edge.must_run()
        yield from _news(client, seen)
        stop.wait(POLL_S)


def _news(client: httpx.Client, seen: Seen) -> Iterator[str]:
    """What the cloud knows now and did not know the last time, a line each."""
    of_car = {"fleet": FLEET, "vehicle": VEHICLE}
    for alert in _items(client, "/alerts", of_car):
        if seen.alerts.get(alert["id"]) != alert["state"]:
            seen.alerts[alert["id"]] = alert["state"]
            seen.components.add(alert["component"])
            yield f"the cloud knows:    {alert['severity']} alert, {alert['state']}: {alert['summary']}"
    for incident in _items(client, "/incidents", of_car):
        number, is_open = incident["number"], incident["closed_at"] is None
        if seen.incidents.get(number) != is_open:
            seen.incidents[number] = is_open
            state = "open" if is_open else "closed"
            yield f"the cloud knows:    incident {number} ({incident['component']}) is {state}"
    summaries = _items(client, "/summaries", of_car)
    if len(summaries) and not seen.summaries:
        signals = len(summaries[0]["signals"])
        yield f"the cloud knows:    the first summary, {signals} signals of one minute"
    seen.summaries = max(seen.summaries, len(summaries))
    for trip in _items(client, "/trips", of_car):
        if trip["id"] not in seen.trips:
            seen.trips.add(trip["id"])
            yield f"the cloud knows:    a trip of {_km(trip['distance_m'])}, alerts on it: {len(trip['alerts'])}"


def _items(client: httpx.Client, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
    answer = client.get(path, params=query)
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _km(distance_m: float | None) -> str:
    return "unknown length" if distance_m is None else f"{distance_m / 1000:.1f} km"


def _verdict(settings: DemoSettings, seen: Seen) -> int:
    component = COMPONENT_OF[settings.fault]
    found = bool(component) and component in seen.components
    print(
        f"read back through the API: {len(seen.alerts)} alerts ({', '.join(sorted(seen.components)) or 'none'}), "
        f"{len(seen.incidents)} incidents, {seen.summaries} summaries, {len(seen.trips)} trips"
    )
    if found and seen.summaries:
        print("the fault was found, told to the driver, and is known to the cloud")
        return 0
    print("no fault was asked for" if not component else f"the alert about {component} or a summary is missing")
    return 1
