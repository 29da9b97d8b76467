"""Windows: when campaigns' windows begin, and how many run at a time; what belongs to each is cut in captures/cutting.

By the axis of the data, so a replay collects what the road would have.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from edge.campaigns.plan import Planned
from edge.campaigns.samples import SAMPLE_BYTES, SampleRing, SampleRows
from edge.campaigns.tallies import Tallies
from edge.campaigns.thinning import Thinning
from edge.captures.capture import Capture, Hole, Part
from edge.captures.captures import frames_in_a_part
from edge.captures.cutting import Cutting, note
from edge.frames import ERROR, EXTENDED, NANOSECONDS, FrameBatch
from edge.ring import FrameRing
from edge.wire.campaigns import BEFORE_S_MAX, Campaign, OnTime
from edge.wire.messages import HoleCause
from edge.wire.sample_block import SAMPLES_MAX, Sampled

log = logging.getLogger(__name__)

OPEN_MAX: Final = 8
"""Windows at a time."""
PART_NS: Final = 60 * NANOSECONDS
"""So much of a window is lost at most when the program is killed."""
SILENT_NS: Final = 10 * NANOSECONDS
"""Without a frame for so long there is nothing to collect, and no window begins on time."""
SAMPLES_IN_A_PART: Final = min(3 * 1024 * 1024 // SAMPLE_BYTES, SAMPLES_MAX)
LATELY_NS: Final = round(BEFORE_S_MAX * NANOSECONDS)
_TRIGGER: Final = "campaign:"
_EXTENDED_KEY: Final = 1 << 31


class Windows:
    """Those of one vehicle; the pipeline's thread alone calls it."""

    def __init__(
        self,
        frames: FrameRing,
        tallies: Tallies,
        *,
        tell_frames: Callable[[Campaign, Part[FrameBatch]], bool],
        tell_samples: Callable[[Campaign, Part[SampleRows], Sequence[Sampled]], bool],
    ) -> None:
        """The two take a part of a campaign's window, samples with what they point into, and never wait; False: there
        was no room."""
        self._frames, self._tallies = frames, tallies
        self._tell_frames, self._tell_samples = tell_frames, tell_samples
        self._planned: dict[str, Planned] = {}
        self._thinning: dict[str, Thinning] = {}
        """By window."""
        self._withheld: dict[bool, list[Hole]] = {False: [], True: []}
        """Lately, of frames and of samples."""
        self._samples = SampleRing((), (), SAMPLE_BYTES)
        self._of_samples = self._cutting_of(self._samples)
        self._of_frames: Cutting[FrameBatch] = Cutting(
            frames,
            lambda part: self._tell_frames(self._campaign(part.trigger), part),
            packed=lambda still_open: _packed([*still_open, *self._of_samples.open]),
            room=frames_in_a_part,
            joined=FrameBatch.joined,
            chosen=self._chosen_frames,
            part_ns=PART_NS,
        )

    @property
    def open(self) -> int:
        """How many are being taken."""
        return len(self._of_frames.open) + len(self._of_samples.open)

    @property
    def counters(self) -> Mapping[str, int]:
        """`ended` windows, `parts_dropped` because too many waited."""
        return dict(self._of_frames.counts + self._of_samples.counts)

    def plan(self, planned: Sequence[Planned], ring: SampleRing, until: int) -> None:
        """From now (ns) on these campaigns; what runs of others, or of changed ones, ends with what it has."""
        after = {one.campaign.id: one for one in planned}
        for cutting in (self._of_frames, self._of_samples):
            is_moved = cutting is self._of_samples and ring is not self._samples
            for window in list(cutting.open):
                known = _campaign_id(window)
                if is_moved or self._planned.get(known) != after.get(known):
                    cutting.end(window, until, is_over=True)
        self._planned = after
        if ring is not self._samples:
            counts = self._of_samples.counts
            self._samples, self._of_samples = ring, self._cutting_of(ring)
            self._of_samples.counts = counts

    def take_up(self, kept: bytes, now: int) -> None:
        """Go on with the windows of an earlier run, as far as their campaigns are still planned."""
        try:
            windows = [Capture.taken_up(one) for one in json.loads(kept)]
        except (ValueError, TypeError) as error:
            log.warning("windows of campaigns that were open when the program ended stay unfinished: %s", error)
            return
        for window in windows[:OPEN_MAX]:
            planned = self._planned.get(_campaign_id(window))
            if planned is None:
                continue  # its campaign has ended meanwhile
            (self._of_frames if planned.campaign.frames else self._of_samples).go_on(window, now)
            if planned.campaign.rate_hz is not None:
                self._thinning[window.id] = Thinning(planned.campaign.rate_hz, window.wanted_from)

    def withheld(self, frames: int, begin: int, end: int, *, of_samples: bool) -> None:
        """So many rows of a stretch (ns) were not put into a ring, since the vehicle is in private mode."""
        if not frames:
            return
        hole = Hole(begin, end, frames, HoleCause.WITHHELD)
        lately = self._withheld[of_samples]
        lately[:] = [one for one in lately if one.ended >= end - LATELY_NS]
        note(lately, hole)
        (self._of_samples if of_samples else self._of_frames).withheld(hole)

    def begin(self, campaign: Campaign, at: int) -> bool:
        """A window around a moment (ns), unless one of this campaign runs, or there is no room; whether it begins."""
        cutting = self._of_frames if campaign.frames else self._of_samples
        if any(_campaign_id(one) == campaign.id for one in cutting.open):
            return False
        if self._tallies.is_spent(campaign.id, at) or not self._made_room(campaign, at):
            self._tallies.missed(campaign.id, at)
            return False
        begin, end = (at + round(span * NANOSECONDS) for span in (-campaign.before_s, campaign.after_s))
        name = hashlib.sha256(f"{campaign.id}/{at}".encode()).hexdigest()[:32]
        self._tallies.began(campaign.id, at)
        if campaign.rate_hz is not None:
            self._thinning[name] = Thinning(campaign.rate_hz, begin)
        cutting.begin(Capture(name, _TRIGGER + campaign.id, begin, end), at, self._withheld[not campaign.frames])
        return True

    def advance(self, until: int, running: Sequence[Campaign]) -> None:
        """Everything before this (ns) is in the rings: begin what is due on time, and hand on what is due."""
        for campaign in running:
            if (
                isinstance(campaign.trigger, OnTime)
                and (at := self._due(campaign, campaign.trigger, until)) is not None
            ):
                self.begin(campaign, at)
        go_on = {campaign.id for campaign in running}
        for cutting in (self._of_frames, self._of_samples):
            cutting.advance(until)
            for window in list(cutting.open):
                if self._tallies.is_spent(_campaign_id(window), until):
                    cutting.abandon(window)
                elif _campaign_id(window) not in go_on:
                    cutting.end(window, until, is_over=True)
        self._forget_ended()

    def close(self, until: int, *, is_over: bool) -> None:
        """The run ends here. `is_over`: nothing goes on from it, as of a recording."""
        for cutting in (self._of_frames, self._of_samples):
            for window in list(cutting.open):
                cutting.end(window, until, is_over=is_over)

    def _due(self, campaign: Campaign, trigger: OnTime, until: int) -> int | None:
        """When (ns) a window should have begun by now; None: none should, or nothing is heard."""
        begun = self._tallies.of(campaign.id).begun
        at = until if begun is None else begun + round(trigger.every_s * NANOSECONDS)
        newest = self._frames.place - 1
        if at > until or newest < self._frames.first_place:
            return None
        heard = int(self._frames.between(newest, newest + 1).time[0])
        if heard <= until - SILENT_NS:
            return None
        return at if at > until - SILENT_NS else until

    def _made_room(self, campaign: Campaign, at: int) -> bool:
        """Whether there is room for a window; one of less priority gives way, with what it has so far."""
        if self.open < OPEN_MAX:
            return True
        windows = [(cutting, one) for cutting in (self._of_frames, self._of_samples) for one in cutting.open]
        cutting, least = min(windows, key=lambda each: (self._campaign(each[1].trigger).priority, each[1].wanted_from))
        if self._campaign(least.trigger).priority >= campaign.priority:
            return False
        self._tallies.missed(_campaign_id(least), at)
        cutting.end(least, at, is_over=True)
        return self.open < OPEN_MAX

    def _campaign(self, trigger: str) -> Campaign:
        return self._planned[trigger.removeprefix(_TRIGGER)].campaign

    def _cutting_of(self, ring: SampleRing) -> Cutting[SampleRows]:
        return Cutting(
            ring,
            lambda part: self._tell_samples(self._campaign(part.trigger), part, ring.signals),
            packed=lambda still_open: _packed([*self._of_frames.open, *still_open]),
            room=lambda _: SAMPLES_IN_A_PART,
            joined=SampleRows.joined,
            chosen=self._chosen_samples,
            part_ns=PART_NS,
        )

    def _chosen_frames(self, window: Capture, frames: FrameBatch) -> FrameBatch:
        campaign = self._campaign(window.trigger)
        keys = frames.id | np.where(frames.flags & EXTENDED, np.uint32(_EXTENDED_KEY), np.uint32(0))
        chosen = np.zeros(len(frames), np.bool_)
        for one in campaign.frames:
            same = keys == np.uint32(one.id | (_EXTENDED_KEY if one.extended else 0))
            if one.bus is not None:
                same &= np.isin(frames.bus, [place for place, bus in enumerate(frames.buses) if _is_on(bus, one.bus)])
            chosen |= same
        chosen &= (frames.flags & ERROR) == 0
        frames = frames.select(chosen)
        thinning = self._thinning.get(window.id)
        if thinning is None or not len(frames):
            return frames
        series = (frames.bus.astype(np.int64) << 32) | keys[chosen]
        return frames.select(thinning.rows(frames.time, series))

    def _chosen_samples(self, window: Capture, samples: SampleRows) -> SampleRows:
        wanted = set(self._campaign(window.trigger).signals)
        places = [place for place, signal in enumerate(self._samples.signals) if signal.path in wanted]
        samples = samples.select(np.isin(samples.signal, places))
        thinning = self._thinning.get(window.id)
        if thinning is None or not len(samples):
            return samples
        return samples.select(thinning.rows(samples.time, samples.signal.astype(np.int64)))

    def _forget_ended(self) -> None:
        if self._thinning:
            there = {one.id for cutting in (self._of_frames, self._of_samples) for one in cutting.open}
            self._thinning = {name: one for name, one in self._thinning.items() if name in there}


def _campaign_id(window: Capture) -> str:
    return window.trigger.removeprefix(_TRIGGER)


def _is_on(bus: str, wanted: str) -> bool:
    """Whether frames of this bus are of the wanted one, or of one inside it, as a recording names them."""
    return bus == wanted or bus.startswith(f"{wanted}/")


def _packed(windows: Sequence[Capture]) -> bytes:
    return json.dumps([one.kept() for one in windows]).encode()
