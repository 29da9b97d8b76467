"""Capturing: captures as the daemon has them, with who keeps them; without an outbox there are none."""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from edge.captures.captures import Captures, CaptureSettings
from edge.captures.running import running_of
from edge.captures.writer import STATE, Writer
from edge.config import Config
from edge.judgement import Outcome
from edge.outbox import Outbox
from edge.ring import FrameRing
from edge.wire.envelope import Clock


class Capturing:
    """The pipeline's thread alone calls it."""

    def __init__(
        self,
        config: Config,
        ring: FrameRing,
        outbox: Outbox | None,
        *,
        clock: Callable[[], Clock],
        on_posted: Callable[[], None],
    ) -> None:
        """`on_posted` is called by another thread when something new waits in the outbox."""
        self._outbox, self._captures, self._vehicle = outbox, None, config.vehicle.id
        if outbox is not None:
            self._writer = Writer(outbox, running_of(config), clock=clock, on_posted=on_posted)
            self._captures = Captures(ring, _settings(config), self._writer)

    @property
    def open(self) -> int:
        """How many are being taken."""
        return 0 if self._captures is None else self._captures.open

    @property
    def counters(self) -> Mapping[str, int]:
        """Of captures, and of their parts; see there."""
        return {} if self._captures is None else {**self._captures.counters, **self._writer.counters}

    def take_up(self, now: int) -> None:
        """Go on with what the last run had begun; `now` (ns): from here on frames are kept.

        Raises:
            EdgeError: the disk is failing.
        """
        if self._captures is not None and self._outbox is not None and (kept := self._outbox.recall(STATE)):
            self._captures.take_up(kept, now)

    def hearing(self, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
        """The outcomes, unchanged; what is in them may begin captures."""
        return outcomes if self._captures is None else self._captures.hearing(outcomes)

    def asked_for(self, at: int) -> None:
        """The driver asks for a capture of what happens at a moment (ns)."""
        if self._captures is not None:
            name = hashlib.sha256(f"{self._vehicle}/button/{at}".encode()).hexdigest()[:32]
            self._captures.begin(name, "button", at)

    def commanded(self, command: str, at: int) -> bool:
        """The cloud asks by this command for a capture of what happens at a moment (ns); whether it is begun."""
        return self._captures is not None and self._captures.begin(command, f"command:{command}", at)

    def withheld(self, frames: int, begin: int, end: int) -> None:
        """So many frames of a stretch (ns) were not put into the ring."""
        if self._captures is not None:
            self._captures.withheld(frames, begin, end)

    def advance(self, until: int) -> None:
        """Everything up to here (ns) is in the ring."""
        if self._captures is not None:
            self._captures.advance(until)

    def end(self, until: int, *, is_over: bool) -> None:
        """The run ends here; returns when all is durable. `is_over`: nothing goes on from it, as of a recording."""
        if self._captures is not None:
            self._captures.close(until, is_over=is_over)
            self._writer.close()

    def close(self) -> None:
        """Stop what it started; safe to repeat."""
        if self._captures is not None:
            self._writer.close()


def _settings(config: Config) -> CaptureSettings:
    wanted = config.capture
    return CaptureSettings(
        before_s=wanted.before_s,
        after_s=wanted.after_s,
        alerts=wanted.alerts,
        rules=frozenset(wanted.rules),
        a_day=wanted.a_day,
    )
