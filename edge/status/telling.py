"""Telling: the status as of now, put together from a moment of the judging thread and from what any thread may ask."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.asking import Asked
from edge.bus.reader import Reader
from edge.bus.spec import SourceSpec
from edge.clock import clock_state
from edge.config import Config
from edge.config_parts import Bus
from edge.detect.rules.rule import Rule
from edge.detect.tamper import Before
from edge.driver.cab import Cab
from edge.driver.judged import Judged
from edge.errors import EdgeError
from edge.frames import FrameBatch
from edge.health import Quiet, edge_version
from edge.history import History
from edge.instruments import DEFAULTS
from edge.outbox import Outbox, Standing
from edge.powering import Powering
from edge.status import told
from edge.status.arming import DETECTOR, Arming
from edge.status.boot import boot_id, boot_s, own_start
from edge.status.box import available_bytes, free_bytes, resident_bytes, written_bytes
from edge.status.moment import Moment
from edge.status.pace import Bits, Driven, Flow
from edge.status.parts import (
    asker_of,
    bus_of,
    campaigns_of,
    captures_of,
    known_percent,
    link_of,
    models_of,
    outbox_of,
    power_of,
    rounded,
    settled,
    understood_of,
    update_of,
)
from edge.status.vehicle import NO_ALERTS, NO_SIGNALS, Vehicle, alerts_of, heard_and_fresh, position_of
from edge.timekeeping import Timekeeping
from edge.updates.updates import Updates
from edge.uplink import stamp

if TYPE_CHECKING:
    from edge.link import Link

OUTBOX_WAIT_S: Final = 0.1
"""How long its figures are waited for; then those of before are told, and how old they are."""
MOMENT_MAX_S: Final = 5.0
"""What the vehicle did longer ago nobody takes for what it does."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is told of; all of it may be asked by another thread than the one that works with it."""

    config: Config
    config_file: Path | None
    is_live: bool
    buses: Sequence[Bus]
    specs: Sequence[SourceSpec]
    lanes: Sequence[str]
    """Buses as they are called here, in the order of their readers."""
    readers: Sequence[Reader]
    asked: Mapping[int, Asked]
    history: History
    """Of it what never changes is read: its signals and their units."""
    rules: Sequence[Rule]
    rules_refused: int
    models: Sequence[str]
    judged: Judged
    cab: Cab
    outbox: Outbox | None
    link: "Link | None"
    timekeeping: Timekeeping
    quiet: Quiet
    powering: Powering
    before: Before | None
    """How the last run ended."""
    notes: Sequence[str]
    updates: Updates | None = None


class Telling:
    """One thread asks for the status; the one that judges gives moments, and counts bits."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._began_s, self._started_at = time.monotonic(), _now()
        self._kernel = boot_id(), own_start()
        self._bits = [Bits(_bitrate(bus, spec)) for bus, spec in zip(known.buses, known.specs, strict=True)]
        self._flows = [Flow(self._began_s) for _ in known.lanes]
        self._vehicle = Vehicle(known.history.slot, known.history.units)
        self._arming = Arming(known.rules, known.rules_refused, known.history.slot)
        self._driven = Driven()
        self._outbox: Standing | None = None
        self._outbox_at_s = self._began_s
        self._outbox_trouble: str | None = None

    def hear(self, place: int, batch: FrameBatch) -> None:
        """Frames of a bus were taken; the judging thread says so."""
        self._bits[place].hear(batch)

    def status(self, moment: Moment | None, *, cpu_s: float, writes_failed: int) -> told.Status:
        """As of now; `moment`: the last there was, `cpu_s`: what telling has cost so far."""
        now_s, known = time.monotonic(), self._known
        outbox, written = self._outbox_told(now_s), self._bytes(now_s, moment)
        signals, rules, position = self._heard(now_s, moment)
        off = {} if moment is None else dict(moment.switched_off)
        return told.Status(
            written=self._written(),
            daemon=self._daemon(now_s, moment),
            buses=self._buses(now_s, moment),
            understood=understood_of(moment),
            signals=signals,
            position=position,
            diagnostics=[asker_of(one) for one in known.asked.values()],
            rules=rules,
            models=models_of(known.models, () if moment is None else moment.learning, off),
            detectors_off=off,
            alerts=NO_ALERTS if moment is None else alerts_of(moment),
            cab=settled(lambda: dict(known.cab.troubles)),
            outbox=outbox,
            written_bytes=written,
            link=None if known.link is None else link_of(known.link.standing, known.config),
            captures=captures_of(moment),
            campaigns=campaigns_of(moment),
            update=None if known.updates is None else update_of(known.updates.standing),
            power=power_of(known.powering.standing) if known.is_live else None,
            last_run=_last_run(known.before),
            box=self._box(),
            own=self._own(now_s, cpu_s, writes_failed),
            notes=[note[: told.TEXT_MAX] for note in known.notes[: told.NOTES_MAX]],
        )

    def _heard(self, now_s: float, moment: Moment | None) -> tuple[told.Signals, told.Rules, told.Position | None]:
        if moment is None:
            return NO_SIGNALS, self._arming.unknown, None
        heard, fresh = heard_and_fresh(moment)
        late_s = max(now_s - moment.at_s, 0.0) if self._known.is_live else 0.0
        return (
            self._vehicle.signals(moment, heard, fresh, late_s=late_s),
            self._arming.look(heard, fresh, private=moment.private, is_off=DETECTOR in moment.switched_off),
            position_of(moment, late_s=late_s),
        )

    def _buses(self, now_s: float, moment: Moment | None) -> list[told.BusStatus]:
        known, told_of = self._known, list[told.BusStatus]()
        kinds = [DEFAULTS.get(spec.kind, spec.kind) for spec in known.specs]
        for name, kind, reader, flow, bits in zip(
            known.lanes, kinds, known.readers, self._flows, self._bits, strict=False
        ):
            counters = settled(lambda reader=reader: reader.counters)  # type: ignore[misc]  # mypy knows no such lambda
            flow.look(now_s, counters, bits.total)
            share = known_percent(name, len(known.lanes), moment)
            bus = bus_of(
                name, flow, bits, down=reader.down, counters=counters, now_s=now_s, is_live=known.is_live,
                known_percent=share, kind=kind,
            )  # fmt: skip
            told_of.append(bus)
        return told_of

    def _outbox_told(self, now_s: float) -> told.OutboxStatus | None:
        outbox = self._known.outbox
        if outbox is None:
            return None
        try:
            standing, self._outbox_trouble = outbox.standing(wait_s=OUTBOX_WAIT_S), None
        except EdgeError as error:
            standing, self._outbox_trouble = None, str(error)
        if standing is not None:
            self._outbox, self._outbox_at_s = standing, now_s
        as_of_s = now_s - self._outbox_at_s
        return outbox_of(self._outbox, self._known.config, as_of_s=as_of_s, trouble=self._outbox_trouble)

    def _bytes(self, now_s: float, moment: Moment | None) -> told.WrittenBytes:
        counters = {} if self._outbox is None else self._outbox.counters
        outbox, daemon = counters.get("disk_bytes"), written_bytes()
        drives = moment is not None and moment.trip_since is not None and now_s - moment.at_s < MOMENT_MAX_S
        self._driven.look(now_s, {"outbox": outbox, "daemon": daemon}, drives=drives)
        return told.WrittenBytes(
            outbox=outbox,
            outbox_per_hour=counters.get("disk_bytes_per_hour"),
            outbox_per_driving_hour=self._driven.per_hour("outbox"),
            daemon=daemon,
            daemon_per_driving_hour=self._driven.per_hour("daemon"),
            driven_s=round(self._driven.driven_s, 1),
        )

    def _written(self) -> told.Written:
        kernel, start = self._kernel
        return told.Written(
            at=_now(),
            clock=clock_state().value,
            boot_id=kernel,
            boot_s=round(boot_s(), 3),
            pid=os.getpid(),
            process_start=start,
        )

    def _daemon(self, now_s: float, moment: Moment | None) -> told.Daemon:
        known, config = self._known, self._known.config
        return told.Daemon(
            version=edge_version(),
            fleet=config.vehicle.fleet,
            vehicle=config.vehicle.id,
            profile=config.profile or None,
            config=None if known.config_file is None else str(known.config_file.resolve()),
            started_at=self._started_at,
            up_s=round(now_s - self._began_s, 1),
            is_live=known.is_live,
            judged_ago_s=rounded(known.judged.age_s()),
            frames_late=None if moment is None else moment.frames_late,
            cells_skipped=None if moment is None else moment.cells_skipped,
            doing=None if moment is None else moment.doing,
            in_trip=None if moment is None else moment.trip_since is not None,
            trip_since_at=None if moment is None or moment.trip_since is None else stamp(moment.trip_since),
            private=None if moment is None else moment.private,
            workshop=None if moment is None else moment.workshop,
            parked=known.quiet.is_quiet,
            is_time_known=not known.timekeeping.is_wanted,
        )

    def _box(self) -> told.Box:
        state = self._known.config.state.directory
        return told.Box(
            state_folder=str(state),
            disk_free_bytes=free_bytes(state),
            memory_bytes=resident_bytes(),
            memory_available_bytes=available_bytes(),
        )

    def _own(self, now_s: float, cpu_s: float, writes_failed: int) -> told.Own:
        up_s = now_s - self._began_s
        share = round(100.0 * cpu_s / up_s, 3) if up_s >= 1.0 else None
        return told.Own(cpu_percent=share, writes_failed=writes_failed)


def _bitrate(bus: Bus, spec: SourceSpec) -> int | None:
    said = dict(spec.options).get("bitrate", "")
    return bus.bitrate or (int(said) if said.isdecimal() and int(said) > 0 else None)


def _last_run(before: Before | None) -> told.LastRun | None:
    return None if before is None else told.LastRun(ended=before.ended, off_s=rounded(before.off_s))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
