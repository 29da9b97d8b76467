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
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from edge.accounts import health_of, known_of, moment_of_run, report_of, vitals_of
from edge.alerts import unpack_alerts
from edge.asking import Asked, asked_buses, running
from edge.bus.reader import Readers
from edge.clock import clock_state
from edge.collecting import Collecting
from edge.commands import Commands
from edge.config import Config
from edge.diagnostics.signs import place_of, signs_of
from edge.diagnostics.telling import bodies
from edge.diagnostics.traffic import own_traffic
from edge.driver.cab import Cab
from edge.driver.judged import Judged
from edge.driver.notice import Wish
from edge.driver.outputs import open_outputs
from edge.errors import EdgeError
from edge.frames import FrameBatch
from edge.grid import Grid
from edge.health import LOOK_S, Pulse, Quiet
from edge.instruments import DEFAULTS, speaks
from edge.lanes import open_hot, open_lanes
from edge.looking import SWITCH_S, Looking
from edge.memories import Memories
from edge.modes import Surroundings
from edge.obeying import Obeying
from edge.parking import Parking
from edge.powering import Powering
from edge.prepare import MS, Prepared
from edge.report import Report
from edge.service_manager import Watchdog
from edge.stages import Parts, Stages
from edge.status.beat import Beat
from edge.status.telling import Telling
from edge.tell import FIRING, Teller
from edge.updates.updates import Around
from edge.wire.envelope import Clock
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
VITALS_S: Final = 1.0
"""How often who updates hears how the daemon is."""
SHOW_NS: Final = 500_000_000
"""How often those who ask hear what the vehicle shows."""


class Daemon:
    """One run of the edge."""

    def __init__(self, config: Config, prepared: Prepared, parts: Parts, stack: ExitStack) -> None:
        """Opens the sources, and puts what must be closed onto the stack.

        Raises:
            ConfigError: a source that cannot be.
        """
        self._parts = parts
        self._judgement = prepared.judgement
        self._stop = threading.Event()
        self._offset_ns = parts.timekeeping.offset_ns
        asked = asked_buses(config, prepared.buses, prepared.specs, self._stop, keeps=parts.outbox is not None)
        self._run = self._staged(config, prepared, asked, stack)
        self._obeying = self._obeying_of(parts.commands)
        self._parking = Parking(self._run, seal=self._seal, stays=self._tell_health, shut_down=self._shut_down)
        self.restarts = ""
        """Why the program is to begin anew; empty: it is not, or somebody else has it end."""
        self.powers_off = ""
        """Why the box is to be shut down now that everything is durable; empty: it is not."""
        self._is_told_to_stop = False
        self._span: list[int] = []
        self._show_at_ns = 0
        self._vitals_at_s = 0.0
        self._pulse = Pulse(quiet_s=config.link.parked_every_s)
        self._status = Beat(parts.status, Telling(known_of(self._run)))
        self._watchdog = Watchdog(parts.manager, time.monotonic)
        self._posted_s = self._run.started_s

    def _staged(self, config: Config, prepared: Prepared, asked: Mapping[int, Asked], stack: ExitStack) -> Stages:
        """Everything that frames go through, open."""
        parts, started_s, judged = self._parts, time.monotonic(), Judged()
        sources, lanes = open_lanes(
            config, prepared.buses, prepared.specs, asked, stop=self._stop, offset_ns=self._offset_ns, stack=stack
        )
        self._live = any(source.live for source in sources)
        collecting = Collecting(
            config,
            self._judgement,
            parts.outbox,
            parts.documents,
            stack,
            buses=[lane.name for lane in lanes],
            clock=self._clock,
            on_posted=lambda: self._wake(posted=True),
        )
        wishes = Wishes(config.state.directory / MODES if parts.outbox else None)
        words = prepared.words
        cab = Cab(
            open_outputs(config.cab, wishes, config.state.directory, judged_s=judged.age_s),
            and_more=lambda count: words.phrase("and_more", n=count),
            title=lambda alert: words.title(alert.concern.rule) or alert.summary,
            language=words.language,
        )
        stack.callback(cab.close)
        powering = Powering(config.power, nominal=config.supply.nominal)
        stack.callback(powering.close)
        teller = Teller(self._judgement.book, cab, outbox=parts.outbox, alerts_out=parts.alerts_out)
        hot = list(open_hot(lanes, prepared.specs, prepared.hot, stop=self._stop, stack=stack))
        looking = Looking(prepared.hot, teller.early) if hot else None
        looks = [looking.through(lane.placed) for lane, _ in hot] if looking else []
        return Stages(
            config,
            prepared,
            parts,
            started_s=started_s,
            lanes=lanes,
            asked=asked,
            is_live=self._live,
            readers=Readers(
                [*sources, *(source for _, source in hot)],
                names=[*(lane.name for lane in lanes), *(f"{lane.name} hot" for lane, _ in hot)],
                at_once=dict(enumerate(looks, len(sources))),
            ),
            grid=Grid(
                [source.live for source in sources],
                grid_ns=config.judging.grid_ms * MS,
                wait_ns=config.judging.wait_ms * MS,
            ),
            looking=looking,
            collecting=collecting,
            memories=Memories(config.state.directory, prepared.learners),
            wishes=wishes,
            judged=judged,
            cab=cab,
            teller=teller,
            quiet=Quiet(started_s, after_s=config.link.parked_after_s),
            powering=powering,
        )

    def _obeying_of(self, commands: Commands | None) -> Obeying | None:
        if commands is None:
            return None
        return Obeying(
            commands,
            asked=list(self._run.asked.values()),
            capturing=self._run.collecting.captures,
            cab=self._run.cab,
            parts=lambda: health_of(self._run).parts,
            restart=lambda: self._restart("the cloud has asked for it"),
        )

    # start and stop

    async def run(self) -> Report:
        """Start every part, wait for the end, stop every part.

        Raises:
            EdgeError: a part died that cannot be restarted.
        """
        self._take_up()
        if self._run.looking:
            sys.setswitchinterval(SWITCH_S)
            self._run.looking.at_tick(self._judgement.history.window(), self._judgement.book)
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._tell_to_stop, told)
        log.info("listening to %s", ", ".join(lane.name for lane in self._run.lanes))
        stop_link = asyncio.Event()
        self._updating()
        with self._status:
            await self._run_all(stop_link, told)
        bus_time_s = (self._span[-1] - self._span[0]) / 1e9 if self._span else 0.0
        return report_of(self._run, bus_time_s=bus_time_s)

    async def _run_all(self, stop_link: asyncio.Event, told: asyncio.Event) -> None:
        link, keeper = self._parts.link, self._parts.keeper
        async with asyncio.TaskGroup() as group:
            if link:
                group.create_task(link.run(stop_link), name="link")
            keeping = keeper and group.create_task(keeper.run(stop_link), name="certificate")
            try:
                await asyncio.to_thread(self._pipeline)
                if link and (self.powers_off or not self._live) and not self.restarts:
                    await self._drained(link, told)
            finally:
                stop_link.set()
                if keeping:
                    keeping.cancel()  # it may wait for the cloud; what it has begun it begins again

    def _tell_to_stop(self, told: asyncio.Event) -> None:
        self._is_told_to_stop = True
        self.restarts = self.powers_off = ""
        self._parts.manager.stopping()
        self._stop.set()
        told.set()

    async def _drained(self, link: "Link", told: asyncio.Event) -> None:
        """Wait for the last acknowledgement, as long as is configured, or until told to stop."""
        drained = link.drained(self._run.config.link.drain_s)
        waits = [asyncio.ensure_future(told.wait()), asyncio.ensure_future(drained)]
        done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        for wait in done:
            wait.result()

    def _take_up(self) -> None:
        """Go on with the modes and alerts of when a live vehicle's daemon last ran; a replay begins anew."""
        self._run.memories.recall()
        if self._parts.commands:
            self._parts.commands.left_over(self._stamp())
        outbox = self._parts.outbox
        if not self._live:
            return
        self._parking.take_up()
        self._judgement.take_up(self._run.wishes.recall())
        if outbox and (firing := outbox.recall(FIRING)):
            self._judgement.book.restore(unpack_alerts(firing))
            self._run.cab.take_up(self._judgement.book.firing)
        self._run.collecting.take_up(time.monotonic_ns() + self._offset_ns)

    def _restart(self, why: str) -> None:
        if not self._is_told_to_stop:
            self.restarts = self.restarts or why
            self._parts.manager.reloading(f"beginning anew: {why}")
        self._stop.set()

    def _updating(self) -> None:
        """Have bundles fetched and tried; what comes of it is told from now on."""
        updates, link = self._parts.updates, self._parts.link
        if updates and link:
            updates.start(Around(link, self._stamp, self._restart, known=self._run.prepared.unusable))

    # the pipeline

    def _pipeline(self) -> None:
        """Frames in, outcomes out, until every source has ended or the daemon is told to stop."""
        run = self._run
        health_at = time.monotonic() + LOOK_S
        if self._parts.documents:
            self._parts.documents.start(self._stamp, lambda: self._wake(posted=True))
        with run.readers, running(run.asked.values()):
            self._parts.manager.ready(f"listening to {', '.join(lane.name for lane in run.lanes)}")
            while not self._stop.is_set() and not run.grid.over:
                self._take()
                self._hear_wishes()
                self._judge()
                self._hear_askers()
                self._obey()
                self._look_after()
                self._parking.look()
                if time.monotonic() >= health_at:
                    health_at += LOOK_S
                    self._keep_memories()
                    self._tell_health()
                elif self._parts.timekeeping.take_asked():
                    self._tell_health(is_asked=True)
                elif self._live and run.quiet.look(time.monotonic()):
                    self._tell_health()
            self._take()  # what was read before the stop is judged too, the cell that it breaks off included
            for index in range(len(run.lanes)):
                run.grid.end(index)
            self._judge()
        self._wake(run.teller.tell([self._judgement.close()], self._clock()))
        run.collecting.end(is_over=not self._live)
        self._tell_campaigns()
        self._keep_memories(at_the_end=True)
        self._tell_health(at_the_end=True)
        self._parts.sealing.seal()

    def _take(self) -> None:
        run = self._run
        for index, batch in run.readers.take(DRAIN_S):
            if index >= len(run.lanes):
                continue  # a second socket is over; its frames were looked at as they came
            if batch is None:
                run.grid.end(index)
            else:
                self._status.hear(index, batch)
                self._listen(index, batch)
                run.grid.offer(index, run.lanes[index].placed(batch), time.monotonic_ns())

    def _listen(self, index: int, batch: FrameBatch) -> None:
        """Whether the vehicle says something of its own accord."""
        run, spoke = self._run, len(batch)
        if index in run.asked:
            spoke, *more = own_traffic(batch)
            run.asked[index].service.count(spoke, *more)
        if spoke and run.prepared.specs[index].kind not in DEFAULTS:
            run.powering.spoke()

    def _judge(self) -> None:
        run = self._run
        cells = run.grid.close(time.monotonic_ns())
        if cells is None:
            return
        self._judgement.around = self._around(cells.ends[0])
        if len(cells.frames):
            self._span = [*self._span[:1], int(cells.frames.time[0]), int(cells.frames.time[-1])]
            self._span = [self._span[0], self._span[-1]]
        self._wake(run.teller.tell(run.collecting.hearing(self._judgement.advance(cells)), self._clock()))
        if len(cells.frames):
            run.collecting.keep(cells)
            if speaks(cells.frames, run.prepared.instruments) and run.quiet.heard(time.monotonic()):
                self._tell_health()
        run.collecting.advance()
        judges = self._judgement.judges
        run.cab.until(self._judgement.history.until, is_watched=judges.count > len(judges.switched_off))
        run.judged.now()
        if run.looking:
            run.looking.at_tick(self._judgement.history.window(), self._judgement.book)

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

    # what others want

    def _hear_wishes(self) -> None:
        """Do what the driver asked for since the last time."""
        at = self._judgement.history.until
        if not at:
            return  # nobody knows the time yet, and they wait
        for request in self._run.wishes.take():
            if request.wish is Wish.ACKNOWLEDGE:
                self._run.cab.acknowledge(request.alert, at)
                continue
            if request.wish is Wish.CAPTURE:
                self._run.collecting.captures.asked_for(at)
                continue
            self._judgement.wish(with_wish(self._judgement.modes, request.wish, at))
            log.info("%s, by the %s", request.wish, request.by)
        if self._live:
            self._run.wishes.keep(self._judgement.modes)

    def _hear_askers(self) -> None:
        """Tell those who ask what the vehicle shows, and tell on what they found."""
        now_ns = time.monotonic_ns()
        if not self._run.asked or now_ns < self._show_at_ns:
            return
        self._show_at_ns = now_ns + SHOW_NS
        window, is_parked = self._judgement.history.window(), self._run.powering.asks_nothing
        for service in (one.service for one in self._run.asked.values()):
            service.show(signs_of(window, now_ns, workshop=self._judgement.modes.workshop, parked=is_parked))
            for told in service.take():
                at, clock = self._stamp()
                for body in bodies(told, at, place_of(window), private=window.private):
                    self._wake(self._run.teller.post(body, at, clock))
                for line in told.lines():
                    log.info("%s: %s", service.name, line)

    def _obey(self) -> None:
        until = self._judgement.history.until
        if self._obeying and self._obeying.step(self._parts.timekeeping.look(), self._stamp(), until):
            self._wake(posted=True)

    # the battery

    def _seal(self, ended_by: str) -> None:
        self._wake(self._run.teller.tell([self._judgement.seal(ended_by)], self._clock()))

    def _shut_down(self, why: str) -> None:
        if not self._is_told_to_stop:
            self.powers_off = why
            if self._parts.link:
                self._parts.link.fall_asleep()
        self._stop.set()

    # how it is

    def _look_after(self) -> None:
        """Show those who want to know how the daemon is."""
        now_s, updates = time.monotonic(), self._parts.updates
        if updates and now_s >= self._vitals_at_s:
            self._vitals_at_s = now_s + VITALS_S
            updates.look(vitals_of(self._run))
        self._tell_campaigns()
        if self._status.is_due:
            self._status.show(moment_of_run(self._run))
        readers = self._run.readers.readers
        looked = ((reader.name, reader.looked_ago_s) for reader in readers)
        self._watchdog.look(self._judgement.history.until, looked, self._in_a_line)

    def _in_a_line(self) -> str:
        firing = len(self._judgement.book.firing)
        down = ", ".join(reader.name for reader in self._run.readers.readers if reader.down is not None)
        return f"{self._judgement.cells:,} cells judged, {firing} alerts" + (f", down: {down}" if down else "")

    def _tell_campaigns(self) -> None:
        if news := self._run.collecting.news():
            self._wake(self._run.teller.post(news, *self._stamp()))

    def _keep_memories(self, *, at_the_end: bool = False) -> None:
        """Of a bundle on trial nothing is kept: what was learned before may not be what it understands."""
        if not (self._parts.updates and self._parts.updates.is_on_trial):
            self._run.memories.keep(time.monotonic(), at_the_end=at_the_end)

    def _tell_health(self, *, at_the_end: bool = False, is_asked: bool = False) -> None:
        try:
            body = health_of(self._run)
        except EdgeError as error:  # the outbox's disk; its alerts are refused and counted one by one
            log.error("health cannot be told: %s", error)  # noqa: TRY400  # one line
            return
        now_s, posted_s = time.monotonic(), -math.inf if is_asked else self._posted_s
        is_quiet = self._run.quiet.is_quiet
        if self.powers_off:
            body = body.model_copy(update={"quiet_s": self._run.config.power.quiet_s})
        told = body if at_the_end else self._pulse.of(body, now_s=now_s, posted_s=posted_s, is_quiet=is_quiet)
        if told is not None:
            self._wake(self._run.teller.post(told, *self._stamp()))

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
