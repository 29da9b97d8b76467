"""Writer: parts of captures on their way to the outbox."""

from collections.abc import Callable, Mapping
from typing import Final

from edge.captures.capture import Part
from edge.captures.packing import Packing, block_of, head_of, known_at
from edge.frames import FrameBatch
from edge.outbox import Outbox, Posting
from edge.wire import messages
from edge.wire.envelope import Clock
from edge.wire.frame_block import FORMAT

STATE: Final = "captures"
"""Under what name the outbox remembers what goes on after a restart."""


class Writer:
    """Takes parts from the pipeline, has them packed, and puts them into the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        running: Mapping[str, str],
        *,
        clock: Callable[[], Clock],
        on_posted: Callable[[], None],
    ) -> None:
        """`running`: what runs on the vehicle, by name; `on_posted` is called by another thread."""
        self._outbox, self._running, self._clock = outbox, dict(running), clock
        self._packing = Packing("captures", on_posted)

    @property
    def counters(self) -> Mapping[str, int]:
        """`parts` and their `frames` and `bytes` that are durable; `refused` parts that the outbox did not take."""
        return dict(self._packing.counts)

    def __call__(self, part: Part[FrameBatch]) -> bool:
        """Take a part; False: too many wait already."""
        clock = self._clock()
        return self._packing.take(lambda: self._keep(part, clock), f"part {part.number} of capture {part.id}")

    def close(self) -> None:
        """Wait until everything that was taken is durable; safe to repeat."""
        self._packing.close()

    def _keep(self, part: Part[FrameBatch], clock: Clock) -> None:
        block = block_of(part.frames)
        body = messages.Capture(
            **head_of(part, block, FORMAT),
            trigger=part.trigger,
            id=part.id,
            running=self._running if part.number == 1 else {},
        )
        key = f"capture:{part.id}:{part.number}"
        posting = Posting(body, known_at(part), clock, key=key, block=block)
        self._outbox.put([posting], remember={STATE: part.state})
        self._packing.counts.update(parts=1, frames=len(part.frames), bytes=len(block))
