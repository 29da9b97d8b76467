"""Writer: parts of windows on their way to the outbox, within the bytes that their campaign may have in a day."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from edge.campaigns.samples import SampleRows
from edge.campaigns.tallies import Tallies
from edge.captures.capture import Part
from edge.captures.packing import Packing, block_of, head_of, known_at
from edge.frames import FrameBatch
from edge.outbox import Outbox, Posting
from edge.wire import frame_block, messages, sample_block
from edge.wire.campaigns import Campaign
from edge.wire.envelope import Clock
from edge.wire.sample_block import Sampled, Samples, encode_samples

WINDOWS: Final = "campaigns.windows"
TALLIES: Final = "campaigns.tallies"
"""Under which names the outbox remembers what goes on after a restart."""


class Writer:
    """Takes parts from the pipeline, has them packed, and puts into the outbox what their budget allows."""

    def __init__(
        self, outbox: Outbox, tallies: Tallies, *, clock: Callable[[], Clock], on_posted: Callable[[], None]
    ) -> None:
        """`on_posted` is called by another thread."""
        self._outbox, self._tallies, self._clock = outbox, tallies, clock
        self._packing = Packing("campaigns", on_posted)

    @property
    def counters(self) -> Mapping[str, int]:
        """`parts` and their `rows` and `bytes` that are durable; `refused` parts that the outbox did not take, and
        those `over_budget`."""
        return dict(self._packing.counts)

    def take_frames(self, campaign: Campaign, part: Part[FrameBatch]) -> bool:
        """Take a part; False: too many wait already."""
        return self._take(campaign, part, frame_block.FORMAT, lambda: block_of(part.frames))

    def take_samples(self, campaign: Campaign, part: Part[SampleRows], signals: Sequence[Sampled]) -> bool:
        """Likewise; `signals`: what its rows point into."""
        return self._take(campaign, part, sample_block.FORMAT, lambda: _block_of(part.frames, signals))

    def close(self) -> None:
        """Wait until everything that was taken is durable; safe to repeat."""
        self._packing.close()

    def _take(
        self,
        campaign: Campaign,
        part: Part[FrameBatch] | Part[SampleRows],
        form: str,
        packed: Callable[[], bytes],
    ) -> bool:
        clock = self._clock()
        what = f"part {part.number} of a window of campaign {campaign.id}"
        return self._packing.take(lambda: self._keep(campaign, part, form, packed(), clock), what)

    def _keep(
        self, campaign: Campaign, part: Part[FrameBatch] | Part[SampleRows], form: str, block: bytes, clock: Clock
    ) -> None:
        if not self._tallies.spend(campaign.id, len(block), part.ended, most=campaign.bytes_a_day):
            self._packing.counts["over_budget"] += 1
            self._outbox.put([], remember={WINDOWS: part.state, TALLIES: self._tallies.packed()})
            return
        body = messages.Telemetry(**head_of(part, block, form), campaign=campaign.id, window=part.id)
        key = f"window:{part.id}:{part.number}"
        posting = Posting(body, known_at(part), clock, key=key, block=block)
        self._outbox.put([posting], remember={WINDOWS: part.state, TALLIES: self._tallies.packed()})
        self._packing.counts.update(parts=1, rows=len(part.frames), bytes=len(block))


def _block_of(rows: SampleRows, signals: Sequence[Sampled]) -> bytes:
    """A block of those signals alone that it has samples of."""
    there, places = np.unique(rows.signal, return_inverse=True)
    value = np.where(np.isfinite(rows.value), rows.value, np.nan)
    named = tuple(signals[place] for place in there.tolist())
    return encode_samples(Samples(rows.time, places.astype(np.int32), value, named))
