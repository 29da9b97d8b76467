"""The story from the drive to the conversation about the repair, and the verdict on it."""

import logging
import secrets
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from cloud.children import until_signalled
from cloud.demo import neighbours, programs
from cloud.demo.client import Client
from cloud.demo.neighbours import Neighbours
from cloud.demo.news import News
from cloud.demo.owner import Owner
from cloud.demo.people import People, invite
from cloud.demo.read import DemoSettings, Read, is_settled, missing
from cloud.demo.story import Phone, Story
from cloud.demo.workshop import Workshop, open_centres

POLL_S: Final = 0.5
SETTLE_S: Final = 15.0
"""How long after the last act its consequences are waited for."""


def run_demo(settings: DemoSettings) -> int:
    """Run the story; 0 only if every step of it was read back through the HTTP API. Nothing stays behind.

    Raises:
        ChildFailed: the cloud or the edge did not start, or died.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would tell of every poll
    with ExitStack() as stack:
        stop = stack.enter_context(until_signalled())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="telltale-demo-")))
        story, read, token = Story(), Read(), secrets.token_urlsafe(24)
        phone = stack.enter_context(Phone(story.ring))
        announced = programs.where(folder, stack.enter_context(programs.cloud(folder, token)), stop)
        if announced is not None:
            root = Client(announced["api"], token)
            stack.callback(root.close)
            open_centres(root)
            people = stack.enter_context(invite(root))
            story.tell(_opening(settings, announced["api"], token, people))
            telling = _Telling(settings, story, read, people, stop)
            telling.owner.take_phone(phone.url)
            telling.live(stack, folder, announced["broker"])
        status = _verdict(settings, read)
        if settings.duration_s is None and sys.stdin.isatty() and not stop.is_set():
            print("the console stays open until Ctrl-C", flush=True)
            stop.wait()
    return status


class _Telling:
    """One run of the story."""

    def __init__(self, settings: DemoSettings, story: Story, read: Read, people: People, stop: threading.Event) -> None:
        self._settings = settings
        self._story = story
        self._read = read
        self._people = people
        self._stop = stop
        self._news = News(people.manager, read)
        self._workshop = Workshop(people, story, read)
        self.owner = Owner(people.owner, story, read, settings)

    def live(self, stack: ExitStack, folder: Path, broker: str) -> None:
        """The drive up to what it leads to; then the car stands in the workshop, and what follows is waited for."""
        others = None
        if self._settings.learns:
            children = stack.enter_context(neighbours.driving(folder, broker, self._settings))
            others = Neighbours(*children, self._people, self._story, self._read)
        self._drive(folder, broker)
        if self._stop.is_set() or not self._has_arrived():
            return
        if self._read.case["state"] == "booked":
            self._workshop.repair()
        self._settle()
        if others is not None and self._read.order.get("state") == "done" and not self._stop.is_set():
            self._learn(others)

    def _drive(self, folder: Path, broker: str) -> None:
        lasts_s = self._settings.duration_s
        ends_at = float("inf") if lasts_s is None else time.monotonic() + lasts_s
        with programs.edge(folder, broker, self._settings, self._story) as edge:
            while not (self._stop.is_set() or time.monotonic() >= ends_at or self._has_arrived()):
                edge.must_run()
                self._look()
                self.owner.act()
                self._stop.wait(POLL_S)
        self._look()  # what the edge handed over as it stopped

    def _settle(self) -> None:
        settled_at = time.monotonic() + SETTLE_S
        while not (self._stop.is_set() or time.monotonic() >= settled_at or is_settled(self._settings, self._read)):
            self._look()
            self._stop.wait(POLL_S)

    def _learn(self, others: Neighbours) -> None:
        """Why it failed, who pays, and what the owner is told."""
        self._workshop.look_up(self._settings.component)
        others.arrive()
        others.explain(self._settings.component)
        self._workshop.claim()
        self.owner.talk()

    def _look(self) -> None:
        for who, what in self._news.latest():
            self._story.say(who, what)

    def _has_arrived(self) -> bool:
        """The car need not drive any further for the story."""
        if not self._settings.component or not self._read.summaries:
            return False
        case = self._read.case
        return case.get("state") == "declined" or (case.get("state") == "booked" and case["work_order"] is not None)


def _opening(settings: DemoSettings, api: str, token: str, people: People) -> str:
    fault = "stays healthy"
    if settings.component:
        fault = f"develops a fault ({settings.fault}) after {programs.ONSET_S} s"
    sign_ins = [f"{'  sign in as' if n == 0 else '':<19} {line}" for n, line in enumerate(people.sign_ins)]
    return "\n".join(
        [
            f"a simulated car drives off at {settings.speed:g} times real time and {fault}",
            f"{'the console:':<19} {api}/",
            *sign_ins,
            f"{'the API:':<19} {api}/api/v1  (browse it at {api}/api/v1/docs)",
            f'{"  try":<19} curl -H "Authorization: Bearer {token}" {api}/api/v1/alerts',
        ]
    )


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
