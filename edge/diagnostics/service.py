"""Service: asks a vehicle in a thread of its own; what it found is taken by the daemon."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.diagnostics.findings import Survey
from edge.diagnostics.kept import keep, recall
from edge.diagnostics.line import LOOK_S, News
from edge.diagnostics.poller import Poller, Rates, Standing, Surveyor, Told
from edge.diagnostics.watch import Signs
from edge.errors import BusDown, EdgeError

log = logging.getLogger(__name__)

TOLD_MAX: Final = 256
"""Looks that wait to be taken; beyond, the oldest is dropped, counted: the next look tells what still holds."""
RETRY_S: Final = 2.0
STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A way to a vehicle that is open."""

    surveyor: Surveyor
    standing: Standing
    listen_to: Callable[[Callable[[], News]], None]
    """Takes whom it may ask what the vehicle does of its own accord."""
    bad_install: Callable[[], str | None]
    close: Callable[[], None]


class Service:
    """Supervises one poller: opens its way, again and again while that is down, and ends with the daemon."""

    def __init__(
        self, name: str, open_vehicle: Callable[[Survey], Vehicle], *, file: Path | None, rates: Rates
    ) -> None:
        """`name`: of the bus, for logs; `open_vehicle` is given what is known of it; `file`: where that outlives a
        restart, None: nowhere."""
        self.name = name
        self._open = open_vehicle
        self._file = file
        self._rates = rates
        self._news = News()
        self._told: deque[Told] = deque()
        self._dropped = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._hurries = threading.Event()
        self._way = threading.Condition()
        self._pauses, self._is_open = 0, False
        self._looks = 0
        self._failure: BaseException | None = None
        self._poller: Poller | None = None
        self._vehicle: Vehicle | None = None
        self._said_bad = False
        self._private = True
        """Until it is known not to be."""
        self._down: str | None = "not open yet"
        self._thread = threading.Thread(target=self._run, name=f"diagnostics {name}", daemon=True)

    def start(self) -> None:
        """Start asking."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being asked, and give the bus back."""
        self._stop.set()
        self._thread.join(STOP_S)

    def hurry(self) -> None:
        """Ask for codes next, as soon as anything may be asked; any thread."""
        self._hurries.set()

    @property
    def looks(self) -> int:
        """How often codes were asked for and somebody answered, since the start."""
        return self._looks

    @property
    def vin(self) -> str:
        """What the vehicle calls itself, as far as that is known; any thread."""
        poller = self._poller
        return "" if poller is None else poller.survey.vin or ""

    @property
    def codes(self) -> int | None:
        """How many codes are known; None while nobody has answered."""
        poller = self._poller
        return None if poller is None or not self._looks else len(poller.survey.codes)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is asked in the block, and the way to the vehicle is closed, so that another may take it."""
        with self._way:
            self._pauses += 1
            self._way.wait_for(lambda: not self._is_open or self._stop.is_set())
        try:
            yield
        finally:
            with self._way:
                self._pauses -= 1
                self._way.notify_all()

    def show(self, signs: Signs) -> None:
        """What is known of the vehicle now; any thread."""
        with self._lock:
            self._news = replace(self._news, signs=signs)
            self._private = signs.private

    def count(self, frames: int, last_ns: int, bits: int) -> None:
        """What the vehicle sent of its own accord since the last call; any one thread."""
        if frames:
            with self._lock:
                news = self._news
                self._news = News(news.frames + frames, last_ns, news.bits + bits, news.signs)

    def take(self) -> list[Told]:
        """What was found since the last call.

        Raises:
            BaseException: what ended the thread.
        """
        if self._failure is not None:
            raise self._failure
        with self._lock:
            told = list(self._told)
            self._told.clear()
        return told

    @property
    def trouble(self) -> str | None:
        """What an installer should know: why the way is down, or what is wrong with the installation."""
        vehicle = self._vehicle
        if vehicle is not None and (bad := vehicle.bad_install()) is not None:
            return bad
        poller = self._poller
        return self._down or (poller.down if poller is not None else None)

    @property
    def why(self) -> str | None:
        """Why nothing is asked just now; None: something is."""
        poller = self._poller
        return None if poller is None or poller.why is None else str(poller.why)

    @property
    def counters(self) -> Mapping[str, int]:
        """What was asked and answered, and what was not and why."""
        poller = self._poller
        return {**(poller.counters if poller is not None else {}), "looks_dropped": self._dropped}

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if not self._may_open():
                    continue
                try:
                    self._once()
                finally:
                    with self._way:
                        self._is_open = False
                        self._way.notify_all()
        except BaseException as error:  # noqa: BLE001  # raised again by `take`, in the thread that supervises
            self._failure = error

    def _may_open(self) -> bool:
        """Whether nobody else has the way, waiting a moment where somebody has."""
        with self._way:
            self._is_open = self._way.wait_for(lambda: not self._pauses, LOOK_S)
            return self._is_open

    def _once(self) -> None:
        known = recall(self._file) if self._file else Survey()
        try:
            vehicle = self._open(known)
        except BusDown as error:
            self._down = str(error)
            self._stop.wait(RETRY_S)
            return
        self._down = None
        self._poll(vehicle, known)

    def _poll(self, vehicle: Vehicle, known: Survey) -> None:
        poller = Poller(vehicle.surveyor, vehicle.standing, tell=self._tell, known=known, rates=self._rates)
        self._vehicle, self._poller = vehicle, poller
        vehicle.listen_to(self._drain)
        looks_before = self._looks
        try:
            while not self._stop.is_set() and not self._pauses:
                if self._hurries.is_set():
                    self._hurries.clear()
                    poller.hurry()
                poller.step()
                self._looks = looks_before + poller.looks
                self._look_at(vehicle)
                if poller.down is not None:
                    self._stop.wait(LOOK_S)
        finally:
            vehicle.close()

    def _look_at(self, vehicle: Vehicle) -> None:
        """Say once that the installation is bad; the bus is only listened to from then on."""
        bad = vehicle.bad_install()
        if bad is not None and not self._said_bad:
            self._said_bad = True
            log.error("%s: nothing is sent any more: %s", self.name, bad)

    def _drain(self) -> News:
        with self._lock:
            news, self._news = self._news, News()
        return news

    def _tell(self, told: Told) -> None:
        with self._lock:
            if len(self._told) >= TOLD_MAX:
                self._told.popleft()
                self._dropped += 1
            self._told.append(told)
        if self._file is not None:
            try:
                keep(self._file, told.survey, private=self._private)
            except EdgeError as error:
                log.warning("what is known of the vehicle cannot be kept: %s", error)
