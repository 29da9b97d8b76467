"""The daemon: wires the stages; owns start, stop and supervision.

Each source has a thread of its own; one thread, the pipeline, takes their frames through the grid, the judgement and
the teller; the event loop keeps the MQTT session. The pipeline never waits for the network, nor the network for it.
"""

import asyncio
import logging
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.alerts import unpack_alerts
from edge.asking import asked_buses, running
from edge.bus.cadence import Cadence
from edge.bus.open import open_source
from edge.bus.reader import Readers
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.campaigns import Campaigning
from edge.captures import Capturing
from edge.clock import clock_state
from edge.commands import Commands
from edge.config import Bus, Config
from edge.diagnostics.signs import place_of, signs_of
from edge.diagnostics.telling import bodies
from edge.diagnostics.traffic import own_traffic
from edge.documents import Documents
from edge.driver.cab import Cab
from edge.driver.judged import Judged
from edge.driver.notice import Wish
from edge.driver.outputs import open_outputs
from edge.enrolment.keeper import Keeper
from edge.errors import EdgeError
from edge.files import Draft
from edge.frames import FrameBatch
from edge.grid import Cells, Grid
from edge.health import LOOK_S, Pulse, Quiet, health_body
from edge.hot import LOOK_NS
from edge.looking import SWITCH_S, Looking
from edge.memories import Memories
from edge.modes import Surroundings
from edge.obeying import Obeying
from edge.outbox import Outbox
from edge.personal import without_personal
from edge.prepare import MS, Prepared, bus_inside
from edge.report import Report, frame_counts, most_common, unheard
from edge.ring import FrameRing
from edge.status.beat import Beat
from edge.status.file import StatusFile
from edge.status.moment import Moment, moment_of
from edge.status.telling import Known, Telling
from edge.tell import FIRING, Teller
from edge.timekeeping import Timekeeping
from edge.updates.probation import Vitals
from edge.updates.updates import Around, Updates
from edge.wanted import Wanted
from edge.wire.envelope import Clock
from edge.wire.messages import Health
from edge.wire.signed import DocumentKind
from edge.wishes import Wishes, with_wish

if TYPE_CHECKING:
    from edge.link import Link  # 16 MB that a box without a broker does not pay

log = logging.getLogger(__name__)

MODES: Final = "modes.json"
"""In the state: private and workshop mode, as they were asked for."""
DRAIN_S: Final = 0.1
"""How long the pipeline waits for frames before it looks at the time again."""
BELIEVED_NS: Final = 946_684_800 * 1_000_000_000
"""2000-01-01: stamps of a recording below it count from its own zero, not from 1970."""
MEGABYTE: Final = 1_000_000
VITALS_S: Final = 1.0
"""How often who updates hears how the daemon is."""
SHOW_NS: Final = 500_000_000
"""How often those who ask hear what the vehicle shows."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the daemon is made of beside the stages; opened before it, closed after it."""

    outbox: Outbox | None = None
    link: "Link | None" = None
    alerts_out: Draft | None = None
    wanted: Wanted = field(default_factory=Wanted)
    documents: Documents | None = None
    timekeeping: Timekeeping = field(default_factory=Timekeeping)
    commands: Commands | None = None
    status: StatusFile = field(default_factory=lambda: StatusFile([], is_asked=False))
    config_file: Path | None = None
    keeper: Keeper | None = None
    """Renews the certificate, where this box enrolled for one."""
    updates: Updates | None = None


class Daemon:
    """One run of the edge."""

    def __init__(self, config: Config, prepared: Prepared, parts: Parts, stack: ExitStack) -> None:
        """Opens the sources, and puts what must be closed onto the stack.

        Raises:
            ConfigError: a source that cannot be.
        """
        self._config = config
        self._prepared = prepared
        self._judgement = prepared.judgement
        self._parts = parts
        self._stop = threading.Event()
        self._started_s = time.monotonic()
        self._span: list[int] = []
        self._offset_ns = parts.timekeeping.offset_ns
        self._asked = asked_buses(config, prepared.specs, self._stop, keeps=parts.outbox is not None)
        """By place of the bus."""
        sources = [self._source(place, stack) for place in range(len(config.bus))]
        self._lanes = [
            _Lane(spec, bus, self._offset_ns if source.live else 0)
            for source, spec, bus in zip(sources, prepared.specs, config.bus, strict=True)
        ]
        self._live = any(source.live for source in sources)
        self._grid = Grid(
            [source.live for source in sources],
            grid_ns=config.judging.grid_ms * MS,
            wait_ns=config.judging.wait_ms * MS,
        )
        self._ring = FrameRing(config.memory.frame_ring_mb * MEGABYTE)
        self._capturing = Capturing(
            config, self._ring, parts.outbox, clock=self._clock, on_posted=lambda: self._wake(posted=True)
        )
        stack.callback(self._capturing.close)
        self._campaigning = self._campaigning_of(stack)
        self._memories = Memories(config.state.directory, prepared.learners)
        self._wishes = Wishes(config.state.directory / MODES if parts.outbox else None)
        words = prepared.words
        self._judged = Judged()
        self._cab = Cab(
            open_outputs(config.cab, self._wishes, config.state.directory, judged_s=self._judged.age_s),
            and_more=lambda count: words.phrase("and_more", n=count),
            title=lambda alert: words.title(alert.concern.rule) or alert.summary,
            language=words.language,
        )
        stack.callback(self._cab.close)
        self._teller = Teller(self._judgement.book, self._cab, outbox=parts.outbox, alerts_out=parts.alerts_out)
        hot = list(self._open_hot(stack))
        self._looking = Looking(prepared.hot, self._teller.early) if hot else None
        looks = [self._looking.through(lane.placed) for lane, _ in hot] if self._looking else []
        self._readers = Readers(
            [*sources, *(source for _, source in hot)],
            names=[*(lane.name for lane in self._lanes), *(f"{lane.name} hot" for lane, _ in hot)],
            at_once=dict(enumerate(looks, len(sources))),
        )
        self._obeying = self._obeying_of(parts.commands)
        self.restarts = ""
        """Why the program is to begin anew; empty: it is not, or somebody else has it end."""
        self._is_told_to_stop = False
        self._show_at_ns = 0
        self._vitals_at_s = 0.0
        self._pulse = Pulse(quiet_s=config.link.parked_every_s)
        self._quiet = Quiet(self._started_s, after_s=config.link.parked_after_s)
        self._status = Beat(parts.status, Telling(self._known()))
        self._posted_s = self._started_s

    async def run(self) -> Report:
        """Start every part, wait for the end, stop every part.

        Raises:
            EdgeError: a part died that cannot be restarted.
        """
        self._take_up()
        if self._looking:
            sys.setswitchinterval(SWITCH_S)
            self._looking.at_tick(self._judgement.history.window(), self._judgement.book)
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._tell_to_stop, told)
        log.info("listening to %s", ", ".join(lane.name for lane in self._lanes))
        stop_link = asyncio.Event()
        self._updating()
        with self._status:
            await self._run(stop_link, told)
        return self._report()

    async def _run(self, stop_link: asyncio.Event, told: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            if self._parts.link:
                group.create_task(self._parts.link.run(stop_link), name="link")
            keeping = self._parts.keeper and group.create_task(self._parts.keeper.run(stop_link), name="certificate")
            try:
                await asyncio.to_thread(self._pipeline)
                if self._parts.link and not self._live and not self.restarts:
                    await self._drained(self._parts.link, told)
            finally:
                stop_link.set()
                if keeping:
                    keeping.cancel()  # it may wait for the cloud; what it has begun it begins again

    def _tell_to_stop(self, told: asyncio.Event) -> None:
        self._is_told_to_stop = True
        self.restarts = ""
        self._stop.set()
        told.set()

    async def _drained(self, link: "Link", told: asyncio.Event) -> None:
        """Wait for the last acknowledgement of a recording, as long as is configured, or until told to stop."""
        waits = [asyncio.ensure_future(told.wait()), asyncio.ensure_future(link.drained(self._config.link.drain_s))]
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        for wait in done:
            wait.result()

    def _source(self, place: int, stack: ExitStack) -> Source:
        asked = self._asked.get(place)
        if asked is not None and asked.source is not None:
            return asked.source
        return self._open(self._prepared.specs[place], self._config.bus[place], stack)

    def _open(self, spec: SourceSpec, bus: Bus, stack: ExitStack) -> Source:
        speed = None if bus.speed == "max" else bus.speed
        cadence = Cadence.of_grid(self._config.judging.grid_ms * MS, self._offset_ns)
        source = open_source(spec, speed=speed, now_ns=time.time_ns(), stop=self._stop, cadence=cadence)
        stack.callback(source.close)
        return source

    def _open_hot(self, stack: ExitStack) -> Iterator[tuple["_Lane", Source]]:
        """A second socket on each CAN bus for what must not wait: only those frames, fetched as they come."""
        for lane, spec in zip(self._lanes, self._prepared.specs, strict=True):
            wanted = self._prepared.hot.wanted(lane.name) if spec.kind == "can" and not spec.all_options("only") else []
            if wanted:
                own = spec.text_option("name", spec.rest)
                hot = SourceSpec.parse(f"can:{spec.rest}?only={','.join(wanted)}&ring=off&name={own}")
                cadence = Cadence(period_ns=LOOK_NS, at_once=True)
                source = open_source(hot, speed=None, now_ns=time.time_ns(), stop=self._stop, cadence=cadence)
                stack.callback(source.close)
                yield lane, source

    def _take_up(self) -> None:
        """Go on with the modes and alerts of when a live vehicle's daemon last ran; a replay begins anew."""
        self._memories.recall()
        if self._parts.commands:
            self._parts.commands.left_over(self._stamp())
        outbox = self._parts.outbox
        if not self._live:
            return
        self._judgement.wish(self._wishes.recall())
        if outbox and (firing := outbox.recall(FIRING)):
            self._judgement.book.restore(unpack_alerts(firing))
            self._cab.take_up(self._judgement.book.firing)
        now = time.monotonic_ns() + self._offset_ns
        self._capturing.take_up(now)
        if self._campaigning:
            self._campaigning.take_up(now)

    def _pipeline(self) -> None:
        """Frames in, outcomes out, until every source has ended or the daemon is told to stop."""
        health_at = time.monotonic() + LOOK_S
        if self._parts.documents:
            self._parts.documents.start(self._stamp, lambda: self._wake(posted=True))
        with self._readers, running(self._asked.values()):
            while not self._stop.is_set() and not self._grid.over:
                self._take()
                self._hear_wishes()
                self._judge()
                self._hear_askers()
                self._obey()
                self._look_at_updates()
                self._tell_campaigns()
                if self._status.is_due:
                    self._status.show(self._moment())
                if time.monotonic() >= health_at:
                    health_at += LOOK_S
                    self._keep_memories()
                    self._tell_health()
                elif self._parts.timekeeping.take_asked():
                    self._tell_health(is_asked=True)
                elif self._live and self._quiet.look(time.monotonic()):
                    self._tell_health()
            self._take()  # what was read before the stop is judged too, the cell that it breaks off included
            for index in range(len(self._lanes)):
                self._grid.end(index)
            self._judge()
        self._wake(self._teller.tell([self._judgement.close()], self._clock()))
        self._capturing.end(self._judgement.history.until, is_over=not self._live)
        if self._campaigning:
            self._campaigning.end(self._judgement.history.until, is_over=not self._live)
            self._tell_campaigns()
        self._keep_memories(at_the_end=True)
        self._tell_health(at_the_end=True)

    def _take(self) -> None:
        for index, batch in self._readers.take(DRAIN_S):
            if index >= len(self._lanes):
                continue  # a second socket is over; its frames were looked at as they came
            if batch is None:
                self._grid.end(index)
            else:
                self._status.hear(index, batch)
                if index in self._asked:
                    self._asked[index].service.count(*own_traffic(batch))
                self._grid.offer(index, self._lanes[index].placed(batch), time.monotonic_ns())

    def _hear_wishes(self) -> None:
        """Do what the driver asked for since the last time."""
        at = self._judgement.history.until
        if not at:
            return  # nobody knows the time yet, and they wait
        for request in self._wishes.take():
            if request.wish is Wish.ACKNOWLEDGE:
                self._cab.acknowledge(request.alert, at)
                continue
            if request.wish is Wish.CAPTURE:
                self._capturing.asked_for(at)
                continue
            modes = with_wish(self._judgement.modes, request.wish, at)
            self._judgement.wish(modes)
            self._wishes.keep(modes)
            log.info("%s, by the %s", request.wish, request.by)

    def _hear_askers(self) -> None:
        """Tell those who ask what the vehicle shows, and tell on what they found."""
        now_ns = time.monotonic_ns()
        if not self._asked or now_ns < self._show_at_ns:
            return
        self._show_at_ns = now_ns + SHOW_NS
        window = self._judgement.history.window()
        for service in (one.service for one in self._asked.values()):
            service.show(signs_of(window, now_ns, workshop=self._judgement.modes.workshop))
            for told in service.take():
                at, clock = self._stamp()
                for body in bodies(told, at, place_of(window), private=window.private):
                    self._wake(self._teller.post(body, at, clock))
                for line in told.lines():
                    log.info("%s: %s", service.name, line)

    def _obeying_of(self, commands: Commands | None) -> Obeying | None:
        if commands is None:
            return None
        return Obeying(
            commands,
            asked=list(self._asked.values()),
            capturing=self._capturing,
            cab=self._cab,
            parts=lambda: self._health().parts,
            restart=lambda: self._restart("the cloud has asked for it"),
        )

    def _campaigning_of(self, stack: ExitStack) -> Campaigning | None:
        outbox, documents, settings = self._parts.outbox, self._parts.documents, self._config.campaigns
        if outbox is None or documents is None or not settings.enabled:
            return None
        campaigning = Campaigning(
            self._judgement,
            self._ring,
            outbox,
            buses=[lane.name for lane in self._lanes],
            ring_bytes=round(settings.sample_ring_mb * MEGABYTE),
            clock=self._clock,
            on_posted=lambda: self._wake(posted=True),
        )
        stack.callback(campaigning.close)
        documents.serve(DocumentKind.CAMPAIGNS, campaigning.take)
        return campaigning

    def _tell_campaigns(self) -> None:
        documents = self._parts.documents
        if self._campaigning and documents and (news := self._campaigning.news(documents.version)):
            self._wake(self._teller.post(news, *self._stamp()))

    def _obey(self) -> None:
        if self._obeying and self._obeying.step(
            self._parts.timekeeping.look(), self._stamp(), self._judgement.history.until
        ):
            self._wake(posted=True)

    def _restart(self, why: str) -> None:
        if not self._is_told_to_stop:
            self.restarts = self.restarts or why
        self._stop.set()

    def _updating(self) -> None:
        """Have bundles fetched and tried; what comes of it is told from now on."""
        updates, link = self._parts.updates, self._parts.link
        if updates and link:
            updates.start(Around(link, self._stamp, self._restart, known=self._prepared.unusable))

    def _vitals(self) -> Vitals:
        """How the daemon is, as far as a bundle on trial is judged by it."""
        link = self._parts.link
        parts = self._parts_off()
        return Vitals(
            at_s=time.monotonic(),
            judged_ago_s=self._judged.age_s(),
            alerts_began=self._teller.alerts_began,
            off={name: why for name, why in parts.items() if why is not None},
            is_acknowledged=link is not None and link.standing.acknowledged_ago_s is not None,
            drives=self._judgement.history.doing.moves is True,
        )

    def _parts_off(self) -> dict[str, str | None]:
        return {
            **{f"bus.{reader.name}": reader.down for reader in self._readers.readers},
            **{f"diagnostics.{one.service.name}": one.service.trouble for one in self._asked.values()},
            **{f"detector.{name}": why for name, why in self._switched_off.items()},
        }

    def _look_at_updates(self) -> None:
        now_s = time.monotonic()
        if self._parts.updates and now_s >= self._vitals_at_s:
            self._vitals_at_s = now_s + VITALS_S
            self._parts.updates.look(self._vitals())

    def _keep_memories(self, *, at_the_end: bool = False) -> None:
        """Of a bundle on trial nothing is kept: what was learned before may not be what it understands."""
        if not (self._parts.updates and self._parts.updates.is_on_trial):
            self._memories.keep(time.monotonic(), at_the_end=at_the_end)

    def _judge(self) -> None:
        cells = self._grid.close(time.monotonic_ns())
        if cells is None:
            return
        self._judgement.around = self._around(cells.ends[0])
        if len(cells.frames):
            self._span = [*self._span[:1], int(cells.frames.time[0]), int(cells.frames.time[-1])]
            self._span = [self._span[0], self._span[-1]]
        outcomes = self._capturing.hearing(self._judgement.advance(cells))
        if self._campaigning:
            outcomes = self._campaigning.hearing(outcomes)
        self._wake(self._teller.tell(outcomes, self._clock()))
        if len(cells.frames):
            self._remember(cells)
            if self._quiet.heard(time.monotonic()):
                self._tell_health()
        self._capturing.advance(self._judgement.history.until)
        if self._campaigning:
            around = self._judgement.around
            until = self._judgement.history.until
            self._campaigning.advance(until, until + around.ahead_ns if around.clock_is_right else None)
        self._cab.until(self._judgement.history.until, is_watched=self._is_watched())
        self._judged.now()
        if self._looking:
            self._looking.at_tick(self._judgement.history.window(), self._judgement.book)

    def _around(self, end: int) -> Surroundings:
        """What modes go by as of a cell."""
        around = self._judgement.around
        if not self._live:
            return replace(around, clock_is_right=end > BELIEVED_NS)
        hour = self._parts.timekeeping.look()
        until = self._parts.wanted.order_until(end, ahead_ns=hour.ahead_ns, clock_is_right=hour.is_right)
        clears = self._obeying is not None and self._obeying.clears
        around = replace(around, clock_is_right=hour.is_right, ahead_ns=hour.ahead_ns)
        return replace(around, order_until=until, clears=clears)

    def _remember(self, cells: Cells) -> None:
        """Keep frames for captures; of private cells those alone that are known to say nothing personal."""
        frames = cells.frames
        if self._judgement.private_ends:
            place = np.searchsorted(np.array(cells.ends), frames.time, side="right").clip(max=len(cells.ends) - 1)
            is_private = np.isin(cells.ends, self._judgement.private_ends)[place]
            withheld = is_private & ~self._judgement.decoder.impersonal(frames)
            if withheld.any():
                times = frames.time[withheld]
                stretch = len(times), int(times.min()), int(times.max())
                self._capturing.withheld(*stretch)
                if self._campaigning:
                    self._campaigning.withheld(*stretch)
            frames = frames.select(~withheld)
        self._ring.append(frames)

    def _is_watched(self) -> bool:
        judges = self._judgement.judges
        return judges.count > len(judges.switched_off)

    def _clock(self) -> Clock:
        """Of what is stamped now. Of a recording: whether its stamps count from 1970."""
        if self._live:
            return self._parts.timekeeping.look().clock
        return Clock.SYNCED if self._judgement.history.until > BELIEVED_NS else Clock.UNSYNCED

    def _stamp(self) -> tuple[datetime, Clock]:
        """Of what no cell brought: by the axis, as cells are; beside a recording by the wall clock."""
        if self._live:
            return self._parts.timekeeping.now(), self._parts.timekeeping.look().clock
        return datetime.now(UTC), clock_state()

    def _wake(self, posted: bool) -> None:
        if posted:
            self._posted_s = time.monotonic()
            if self._parts.link:
                self._parts.link.wake()

    def _tell_health(self, *, at_the_end: bool = False, is_asked: bool = False) -> None:
        try:
            body = self._health()
        except EdgeError as error:  # the outbox's disk; its alerts are refused and counted one by one
            log.error("health cannot be told: %s", error)  # noqa: TRY400  # one line
            return
        now_s, posted_s = time.monotonic(), -math.inf if is_asked else self._posted_s
        is_quiet = self._quiet.is_quiet
        told = body if at_the_end else self._pulse.of(body, now_s=now_s, posted_s=posted_s, is_quiet=is_quiet)
        if told is not None:
            self._wake(self._teller.post(told, *self._stamp()))

    def _health(self) -> Health:
        """How everything is.

        Raises:
            EdgeError: the outbox's disk.
        """
        return health_body(
            uptime_s=time.monotonic() - self._started_s,
            buses={reader.name: reader.down for reader in self._readers.readers},
            askers={one.service.name: (one.service.trouble, one.service.why) for one in self._asked.values()},
            switched_off=self._switched_off,
            learning={one.name: one.coarse for one in self._memories.progress},
            cab=self._cab.troubles,
            counters=self._counters(),
            outbox=self._parts.outbox.trouble if self._parts.outbox else None,
            certificate=self._parts.keeper.trouble if self._parts.keeper else None,
            updates=self._parts.updates.trouble if self._parts.updates else None,
        )

    @property
    def _switched_off(self) -> dict[str, str]:
        at_once = {"at once": self._looking.failed} if self._looking and self._looking.failed else {}
        return {**self._judgement.judges.switched_off, **at_once}

    def _known(self) -> Known:
        """What another thread may look at."""
        config, prepared, parts = self._config, self._prepared, self._parts
        return Known(
            config=config,
            config_file=parts.config_file,
            is_live=self._live,
            specs=prepared.specs,
            lanes=[lane.name for lane in self._lanes],
            readers=self._readers.readers,
            asked=self._asked,
            history=self._judgement.history,
            rules=prepared.rules,
            rules_refused=prepared.rules_refused,
            models=prepared.models,
            judged=self._judged,
            cab=self._cab,
            outbox=parts.outbox,
            link=parts.link,
            timekeeping=parts.timekeeping,
            quiet=self._quiet,
            notes=prepared.notes,
            updates=parts.updates,
        )

    def _moment(self) -> Moment:
        """What this thread alone knows, as of now."""
        return moment_of(
            self._judgement,
            at_s=time.monotonic(),
            switched_off=self._switched_off,
            frames_late=self._grid.frames_late,
            cells_skipped=self._grid.cells_skipped,
            captures_open=self._capturing.open,
            captures=self._capturing.counters,
            campaigns=self._campaigning.states if self._campaigning else {},
            learning=self._memories.progress,
        )

    def _counters(self) -> dict[str, Mapping[str, int]]:
        return {
            **{f"bus.{reader.name}": reader.counters for reader in self._readers.readers},
            **{f"diagnostics.{one.service.name}": one.service.counters for one in self._asked.values()},
            "decode": frame_counts(self._judgement.decoder.counts),
            "learning": {name: count for one in self._memories.progress for name, count in one.counted.items()},
            "judgement": {
                "cells": self._judgement.cells,
                "cells_skipped": self._grid.cells_skipped,
                "frames_late": self._grid.frames_late,
                "detectors_rested": self._judgement.judges.rests,
                **self._judgement.book.counters,
            },
            "ring": {"frames": len(self._ring), "frames_overwritten": self._ring.frames_overwritten},
            "captures": self._capturing.counters,
            **({"campaigns": self._campaigning.counters} if self._campaigning else {}),
            **({"documents": self._parts.documents.counters} if self._parts.documents else {}),
            "position": self._judgement.places,
            "private": {"summaries_withheld": self._judgement.summaries_withheld},
            "cab": self._cab.counters,
            "wishes": self._wishes.counters,
            "told": {"alerts": self._teller.alerts_began, "refused": self._teller.refused},
            "wanted": self._parts.wanted.counters,
            **({"commands": self._parts.commands.counters} if self._parts.commands else {}),
            **({"updates": self._parts.updates.counters} if self._parts.updates else {}),
            **({"outbox": self._parts.outbox.counters()} if self._parts.outbox else {}),
            **({"link": self._parts.link.counters()} if self._parts.link else {}),
        }

    def _report(self) -> Report:
        counts = self._judgement.decoder.counts
        said = counts.spoken.by_path
        return Report(
            frames=counts.frames,
            ids_known=len(counts.known),
            frames_known=counts.known.total(),
            ids_unknown=len(counts.unknown),
            frames_unknown=counts.unknown.total(),
            frames_decoded=counts.decoded,
            undecodable={cause: counter.total() for cause, counter in counts.undecodable.items()},
            long_messages=counts.transported,
            answers=counts.answered,
            samples=counts.samples,
            bus_time_s=(self._span[-1] - self._span[0]) / 1e9 if self._span else 0.0,
            run_s=round(time.monotonic() - self._started_s, 3),
            cells=self._judgement.cells,
            alerts_began=self._teller.alerts_began,
            alerts_ended=self._teller.alerts_ended,
            trips=self._teller.trips,
            summaries=self._teller.summaries,
            sources={reader.name: reader.counters for reader in self._readers.readers},
            notes=self._notes(),
            most_unknown=most_common(counts.unknown),
            texts=without_personal(said) if self._judgement.history.private else said,
        )

    def _notes(self) -> list[str]:
        notes = [*self._prepared.notes, *self._memories.notes]
        notes += [
            f"detector {name} is switched off: {why}" for name, why in self._judgement.judges.switched_off.items()
        ]
        notes += unheard(self._judgement.decoder.counts, self._prepared.inner)
        if self._grid.frames_late:
            notes.append(f"{self._grid.frames_late:,} frames came after their cell had closed and count at the next")
        if self._parts.outbox and (waiting := self._parts.outbox.waiting_messages()):
            notes.append(f"{waiting:,} messages wait in the outbox for the cloud; they are sent at the next run")
        return notes


class _Lane:
    """One configured bus: its name, and where its time lies on the daemon's axis."""

    def __init__(self, spec: SourceSpec, bus: Bus, offset_ns: int) -> None:
        """`offset_ns` leads from the bus's time to UTC as of the daemon's start; 0 of what has it."""
        self.name = bus.name or spec.text
        self._named = bus.name
        self._names_its_buses = spec.kind == "log"
        self._offset_ns = offset_ns

    def placed(self, batch: FrameBatch) -> FrameBatch:
        """The batch under the configured name, and with UTC as of the daemon's start where its time is monotonic."""
        return replace(
            batch,
            time=batch.time + self._offset_ns,
            until=batch.until + self._offset_ns,
            buses=tuple(self._label(own) for own in batch.buses),
        )

    def _label(self, own: str) -> str:
        return bus_inside(self._named, own) if self._names_its_buses or not self._named else self._named
