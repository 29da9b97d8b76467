"""Campaigning: campaigns as the daemon has them, from the document that was verified to blocks in the outbox."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.campaigns.plan import Offer, Plan, Planned, plan_of
from edge.campaigns.tallies import Tallies
from edge.campaigns.watch import Watch
from edge.campaigns.windows import Windows
from edge.campaigns.writer import TALLIES, WINDOWS, Writer
from edge.frames import NANOSECONDS
from edge.judgement import Judgement, Outcome
from edge.outbox import Outbox
from edge.ring import FrameRing
from edge.uplink import utc
from edge.wire.campaigns import Campaign, read_campaigns
from edge.wire.envelope import Clock
from edge.wire.messages import CampaignReport, CampaignState, Refusal, Reported

log = logging.getLogger(__name__)

LOOK_NS: Final = NANOSECONDS
"""So often it is looked whether a campaign begins, is over, or has no bytes left."""
UNKNOWN_TIME: Final = "the time of day is not known yet"


@dataclass(frozen=True, slots=True)
class _Next:
    """A plan that is ready to go to work."""

    plan: Plan
    watch: Watch
    names: Mapping[str, str]
    """Of campaigns, by their ids."""


class Campaigning:
    """`take` is called by whoever verifies documents; everything else by the pipeline's thread."""

    def __init__(
        self,
        judgement: Judgement,
        ring: FrameRing,
        outbox: Outbox,
        *,
        buses: Sequence[str],
        ring_bytes: int,
        clock: Callable[[], Clock],
        on_posted: Callable[[], None],
    ) -> None:
        """`buses`: their names; `ring_bytes`: of the samples that are kept for what was before; `on_posted` is called
        by another thread when something new waits in the outbox.

        Raises:
            EdgeError: the outbox's disk is failing.
        """
        self._judgement, self._outbox = judgement, outbox
        signals = judgement.decoder.signals
        self._offer = Offer({one.path: one.unit for one in reversed(signals)}, tuple(buses))
        self._ring_bytes = ring_bytes
        self._tallies = Tallies(outbox.recall(TALLIES))
        self._writer = Writer(outbox, self._tallies, clock=clock, on_posted=on_posted)
        self._windows = Windows(
            ring, self._tallies, tell_frames=self._writer.take_frames, tell_samples=self._writer.take_samples
        )
        self._lock = threading.Lock()
        self._next: _Next | None = None
        self._plan = Plan()
        self._names: Mapping[str, str] = {}
        self._watch = Watch((), signals, ring_bytes)
        self._due: list[tuple[str, int]] = []
        self._states: dict[str, CampaignState] = {}
        self._look_at = 0
        self._running: list[Campaign] = []
        self._is_new = False
        self._is_timeless = True

    @property
    def open(self) -> int:
        """Windows that are being taken."""
        return self._windows.open

    @property
    def counters(self) -> Mapping[str, int]:
        """Of windows, and of their parts; see there."""
        return {**self._windows.counters, **self._writer.counters}

    @property
    def states(self) -> Mapping[str, CampaignState]:
        """By the names of campaigns: how each is."""
        known = {one.campaign.name: self._states[one.campaign.id] for one in self._plan.planned if self._states}
        return known | {self._names[one.id]: one.state for one in self._plan.refused}

    def take(self, text: str) -> None:
        """The campaigns of a document whose signature holds go to work at the next cell; any thread.

        Raises:
            WireError: it is not such a document.
        """
        document = read_campaigns(text)
        plan = plan_of(document, self._offer)
        watch = Watch(plan.planned, self._judgement.decoder.signals, self._ring_bytes)
        with self._lock:
            self._next = _Next(plan, watch, {one.id: one.name for one in document.campaigns})
        for one in plan.refused:
            log.warning("campaign %s is refused: %s", self._next.names[one.id], one.reason)

    def take_up(self, now: int) -> None:
        """Go on with the windows of an earlier run; `now` (ns): from here on rows are kept.

        Raises:
            EdgeError: the disk is failing.
        """
        self._change(now)
        if kept := self._outbox.recall(WINDOWS):
            self._windows.take_up(kept, now)

    def hearing(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes, unchanged; conditions that came true in them begin windows when `advance` is called."""
        for outcome in outcomes:
            self._due += [(one, outcome.at) for one in outcome.awaited]
            yield outcome

    def withheld(self, frames: int, begin: int, end: int) -> None:
        """So many frames of a stretch (ns) were not put into the ring."""
        self._windows.withheld(frames, begin, end, of_samples=False)

    def advance(self, until: int, utc_now: int | None) -> None:
        """Everything up to here (ns) is in the rings. `utc_now`: the time of day (ns since 1970); None: unknown."""
        self._change(until)
        for count, begin, end in self._watch.withheld:
            self._windows.withheld(count, begin, end, of_samples=True)
        self._watch.withheld.clear()
        if until >= self._look_at:
            self._look_at = (until // LOOK_NS + 1) * LOOK_NS
            self._look(until, utc_now)
        due, self._due = self._due, []
        running = {one.id: one for one in self._running}
        for campaign, at in due:
            if campaign in running:
                self._windows.begin(running[campaign], at)
        self._windows.advance(until, self._running)

    def news(self, desired_version: int) -> Reported | None:
        """What the cloud should know of campaigns; None: nothing has changed."""
        if not self._is_new:
            return None
        self._is_new = False
        reports = [*map(self._report, self._plan.planned), *self._plan.refused]
        refusals = [Refusal(field=f"campaigns.{one.id}", reason=one.reason) for one in self._plan.refused]
        return Reported(desired_version=desired_version, state={}, refusals=refusals, campaigns=reports)

    def end(self, until: int, *, is_over: bool) -> None:
        """The run ends here; returns when all is durable. `is_over`: nothing goes on from it, as of a recording."""
        self._windows.close(until, is_over=is_over)
        self._writer.close()

    def close(self) -> None:
        """Stop what it started; safe to repeat."""
        self._writer.close()

    def _change(self, until: int) -> None:
        """Go over to the plan that was taken last."""
        with self._lock:
            taken, self._next = self._next, None
        if taken is None:
            return
        before = {one.campaign.id: one for one in self._plan.planned}
        same = {one.campaign.id: before.get(one.campaign.id) == one for one in taken.plan.planned}
        taken.watch.carry_on(self._watch, same)
        self._windows.plan(taken.plan.planned, taken.watch.ring, until)
        self._plan, self._watch, self._names = taken.plan, taken.watch, taken.names
        self._tallies.keep_only({one.campaign.id for one in taken.plan.planned})
        self._judgement.history.want_later(taken.watch.wants)
        self._judgement.watcher = taken.watch if taken.plan.planned else None
        self._look_at, self._states, self._is_new = 0, {}, True
        log.info("%d campaigns at work, %d refused", len(taken.plan.planned), len(taken.plan.refused))

    def _look(self, until: int, utc_now: int | None) -> None:
        """How each campaign is, as of now."""
        self._is_timeless = utc_now is None
        states = {one.campaign.id: self._state(one.campaign, until, utc_now) for one in self._plan.planned}
        self._is_new |= states != self._states
        self._states = states
        collects = (CampaignState.RUNNING, CampaignState.SPENT)
        self._running = [one.campaign for one in self._plan.planned if states[one.campaign.id] in collects]

    def _state(self, campaign: Campaign, until: int, utc_now: int | None) -> CampaignState:
        if utc_now is None:
            return CampaignState.WAITING
        now = utc(utc_now)
        if now >= campaign.expires_at:
            return CampaignState.OVER
        if campaign.starts_at is not None and now < campaign.starts_at:
            return CampaignState.WAITING
        return CampaignState.SPENT if self._tallies.is_spent(campaign.id, until) else CampaignState.RUNNING

    def _report(self, planned: Planned) -> CampaignReport:
        campaign, tally = planned.campaign, self._tallies.of(planned.campaign.id)
        state = self._states.get(campaign.id, CampaignState.WAITING)
        return CampaignReport(
            id=campaign.id,
            state=state,
            reason=UNKNOWN_TIME if state is CampaignState.WAITING and self._is_timeless else "",
            windows=tally.windows,
            missed=tally.missed,
            bytes=tally.bytes,
        )
