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
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx

from cloud.children import Child, ChildFailed, until_signalled
from cloud.demo_story import FLEET, VEHICLE, VISITOR, Phone, Read, Story, Town

COMPONENT_OF: Final = {"coolant_leak": "cooling", "battery": "charging", "none": ""}
"""Which component's alert a fault must lead to."""
ANSWERS: Final = ("yes", "no")
ONSET_S: Final = 60
"""Simulated seconds of health before the fault begins."""
READY_S: Final = 60.0
POLL_S: Final = 0.5
SETTLE_S: Final = 15.0
"""How long after the last act its consequences are waited for."""
TALKED: Final = "the chat's answers after the repair"
_SETTINGS: Final = """
[broker]
embedded = true
port = 0

[api]
port = 0

[notify]
webhook_private = true  # the owner's phone is a port of this machine

[workflow]
look_every_s = 0.5
"""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """What can be chosen."""

    duration_s: float | None
    """At the latest; None: until the story is over, or Ctrl-C."""
    seed: int
    fault: str
    speed: float
    answer: str = "yes"
    """What the owner says."""
    asks: bool = False
    """Whoever sits at the terminal is the owner."""


def run_demo(settings: DemoSettings) -> int:
    """Run the story; 0 only if every step of it was read back through the HTTP API.

    Raises:
        ChildFailed: the cloud or the edge did not start, or died.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would tell of every poll
    read = Read()
    with ExitStack() as stack:
        stop = stack.enter_context(until_signalled())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="telltale-demo-")))
        story = Story()
        phone = stack.enter_context(Phone(story.ring))
        token = secrets.token_urlsafe(24)
        announced = _start_cloud(stack, folder, token, stop)
        if announced is not None:
            api = announced["api"]
            password = secrets.token_urlsafe(12)
            story.tell(_opening(settings, api, token, password))
            headers = {"Authorization": f"Bearer {token}"}
            client = stack.enter_context(
                httpx.Client(base_url=f"{api}/api/v1", headers=headers, timeout=10.0, trust_env=False)
            )
            town = Town(client, story, asks=settings.asks, answer=settings.answer)
            read = town.read
            town.furnish(phone.url, password)
            _live(town, story, settings, stop, folder=folder, broker=announced["broker"])
    return _verdict(settings, read)


def _live(
    town: Town, story: Story, settings: DemoSettings, stop: threading.Event, *, folder: Path, broker: str
) -> None:
    """The drive up to what it leads to; then the car stands in the workshop, and the consequences are waited for."""
    ends_at = float("inf") if settings.duration_s is None else time.monotonic() + settings.duration_s
    with _edge(folder, broker, settings, story) as edge:
        while not (stop.is_set() or time.monotonic() >= ends_at or _has_arrived(settings, town.read)):
            edge.must_run()
            _look(town, story)
            town.act()
            stop.wait(POLL_S)
    _look(town, story)  # what the edge handed over as it stopped
    if stop.is_set() or not _has_arrived(settings, town.read):
        return
    if settings.answer == "yes" and town.read.case.get("work_order") is not None:
        town.repair()
        town.claim()
    settled_at = time.monotonic() + SETTLE_S
    while not (stop.is_set() or time.monotonic() >= settled_at or set(missing(settings, town.read)) <= {TALKED}):
        _look(town, story)
        stop.wait(POLL_S)
    if town.read.order.get("state") == "done" and not stop.is_set():
        town.talk()


def _look(town: Town, story: Story) -> None:
    for line in town.news():
        story.tell(line)


def _has_arrived(settings: DemoSettings, read: Read) -> bool:
    """The car need not drive any further for the story."""
    if settings.fault == "none":
        return False
    is_booked = read.case.get("state") == "booked" and read.case["work_order"] is not None
    return bool(read.summaries) and (is_booked or read.case.get("state") == "declined")


def missing(settings: DemoSettings, read: Read) -> list[str]:
    """Which steps of the story were not read back; empty: all were."""
    if settings.fault == "none":
        steps = {
            "no case": not read.case,
            "no booking": not read.bookings,
            "a summary": read.summaries > 0,
        }
        return [step for step, is_there in steps.items() if not is_there]
    component = COMPONENT_OF[settings.fault]
    steps = {
        f"an alert about {component}": component in read.components,
        "a summary": read.summaries > 0,
        "a notice on the owner's phone": bool(read.sent),
        "a diagnosis": read.case.get("diagnosis") is not None,
        "the question to the owner": "asked" in read.states,
    }
    if settings.answer == "no" and not settings.asks:
        steps |= {
            "the owner's no": read.case.get("state") == "declined",
            "a reminder to come": read.case.get("wake_at") is not None,
            "no booking": not read.bookings,
        }
    elif "declined" not in read.states:
        steps |= {
            "the owner's yes": read.case.get("answer") == "yes",
            "offers": bool(read.case.get("offers")),
            "a booking": bool(read.bookings),
            "a finished work order": read.order.get("state") == "done",
            "a label for the diagnosis": read.order.get("label") is not None,
            "who pays": read.claim.get("pays") in {"maker", "owner"},
            "a repaired case": read.case.get("state") == "repaired",
            "closed incidents": bool(read.incidents) and not any(read.incidents.values()),
            TALKED: read.answers == ["standing", "drive", "chart"],
            "health back to green": len(read.scores) > 1 and read.scores[-1] > min(read.scores),
        }
    return [step for step, is_there in steps.items() if not is_there]


def _opening(settings: DemoSettings, api: str, token: str, password: str) -> str:
    fault = "stays healthy" if settings.fault == "none" else f"develops a fault ({settings.fault}) after {ONSET_S} s"
    return "\n".join(
        [
            f"a simulated car drives off at {settings.speed:g} times real time and {fault}",
            f"the console:      {api}/  (sign in as {VISITOR} with {password})",
            f"the cloud's API:  {api}/api/v1  (browse it at {api}/api/v1/docs)",
            f'try:  curl -H "Authorization: Bearer {token}" {api}/api/v1/alerts',
        ]
    )


def _start_cloud(stack: ExitStack, folder: Path, token: str, stop: threading.Event) -> dict[str, str] | None:
    """Start the cloud and wait until it is ready; None when told to stop before that."""
    announce, config = folder / "cloud.json", folder / "cloud.toml"
    config.write_text(_SETTINGS)
    arguments = ["serve", "--config", str(config), "--announce", str(announce)]
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


def _hear(lines: IO[str], story: Story) -> None:
    with lines:
        for line in lines:
            if line.startswith("cab: "):
                story.tell(f"the driver hears:   {line.removeprefix('cab: ').strip()}")


def _verdict(settings: DemoSettings, read: Read) -> int:
    print(
        f"read back through the API: {len(read.alerts)} alerts ({', '.join(sorted(read.components)) or 'none'}), "
        f"{len(read.incidents)} incidents, {read.summaries} summaries, {len(read.trips)} trips, "
        f"{len(read.bookings)} bookings; the case was {', '.join(read.states) or 'never opened'}"
    )
    lacking = missing(settings, read)
    if lacking:
        print(f"not read back: {', '.join(lacking)}")
        return 1
    print("every step was read back through the API")
    return 0
