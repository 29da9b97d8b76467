"""Collecting: the raw frames that are kept, and what is cut of them: captures around triggers, windows of campaigns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final

import numpy as np

from edge.campaigns import Campaigning
from edge.captures import Capturing
from edge.config import Config
from edge.documents import Documents
from edge.grid import Cells
from edge.judgement import Judgement, Outcome
from edge.outbox import Outbox
from edge.ring import FrameRing
from edge.wire.envelope import Clock
from edge.wire.messages import Reported
from edge.wire.signed import DocumentKind

MEGABYTE: Final = 1_000_000


class Collecting:
    """The pipeline's thread alone calls it."""

    def __init__(
        self,
        config: Config,
        judgement: Judgement,
        outbox: Outbox | None,
        documents: Documents | None,
        stack: ExitStack,
        *,
        buses: Sequence[str],
        clock: Callable[[], Clock],
        on_posted: Callable[[], None],
    ) -> None:
        """`on_posted` is called by other threads when something new waits in the outbox.

        Raises:
            EdgeError: the outbox's disk is failing.
        """
        self._judgement, self._documents = judgement, documents
        self._ring = FrameRing(config.memory.frame_ring_mb * MEGABYTE)
        self.captures = Capturing(config, self._ring, outbox, clock=clock, on_posted=on_posted)
        stack.callback(self.captures.close)
        self.campaigns: Campaigning | None = None
        """None: nobody can ask for any."""
        if outbox is not None and documents is not None and config.campaigns.enabled:
            self.campaigns = Campaigning(
                judgement,
                self._ring,
                outbox,
                buses=buses,
                ring_bytes=round(config.campaigns.sample_ring_mb * MEGABYTE),
                clock=clock,
                on_posted=on_posted,
            )
            stack.callback(self.campaigns.close)
            documents.serve(DocumentKind.CAMPAIGNS, self.campaigns.take)

    @property
    def counters(self) -> dict[str, Mapping[str, int]]:
        """Of the ring, of captures, and of campaigns where there may be any."""
        ring = {"frames": len(self._ring), "frames_overwritten": self._ring.frames_overwritten}
        campaigns = {"campaigns": self.campaigns.counters} if self.campaigns else {}
        return {"ring": ring, "captures": self.captures.counters, **campaigns}

    def take_up(self, now: int) -> None:
        """Go on with what the last run had begun; `now` (ns): from here on frames are kept.

        Raises:
            EdgeError: the disk is failing.
        """
        self.captures.take_up(now)
        if self.campaigns:
            self.campaigns.take_up(now)

    def hearing(self, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
        """The outcomes, unchanged; what is in them may begin captures and windows."""
        outcomes = self.captures.hearing(outcomes)
        return self.campaigns.hearing(outcomes) if self.campaigns else outcomes

    def keep(self, cells: Cells) -> None:
        """Keep the frames of cells; of private cells those alone that are known to say nothing personal."""
        frames = cells.frames
        if self._judgement.private_ends:
            place = np.searchsorted(np.array(cells.ends), frames.time, side="right").clip(max=len(cells.ends) - 1)
            is_private = np.isin(cells.ends, self._judgement.private_ends)[place]
            withheld = is_private & ~self._judgement.decoder.impersonal(frames)
            if withheld.any():
                times = frames.time[withheld]
                self._withheld(len(times), int(times.min()), int(times.max()))
            frames = frames.select(~withheld)
        self._ring.append(frames)

    def advance(self) -> None:
        """Everything that was judged is kept: begin and hand on what is due."""
        until, around = self._judgement.history.until, self._judgement.around
        self.captures.advance(until)
        if self.campaigns:
            self.campaigns.advance(until, until + around.ahead_ns if around.clock_is_right else None)

    def news(self) -> Reported | None:
        """What the cloud should know of campaigns; None: nothing has changed."""
        if self.campaigns is None or self._documents is None:
            return None
        return self.campaigns.news(self._documents.version)

    def end(self, *, is_over: bool) -> None:
        """The run ends here; returns when all is durable. `is_over`: nothing goes on from it, as of a recording."""
        until = self._judgement.history.until
        self.captures.end(until, is_over=is_over)
        if self.campaigns:
            self.campaigns.end(until, is_over=is_over)

    def _withheld(self, frames: int, begin: int, end: int) -> None:
        self.captures.withheld(frames, begin, end)
        if self.campaigns:
            self.campaigns.withheld(frames, begin, end)
