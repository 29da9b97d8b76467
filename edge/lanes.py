"""Lanes: the configured buses, open: where their frames come from, and where their time lies on the daemon's axis."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from edge.asking import Asked
from edge.bus.cadence import Cadence
from edge.bus.open import open_source
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.config import Config
from edge.config_parts import Bus
from edge.frames import FrameBatch
from edge.hot import LOOK_NS, HotWatch
from edge.prepare import MS, bus_inside


class Lane:
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


def open_lanes(
    config: Config,
    buses: Sequence[Bus],
    specs: Sequence[SourceSpec],
    asked: Mapping[int, Asked],
    *,
    stop: threading.Event,
    offset_ns: int,
    stack: ExitStack,
) -> tuple[list[Source], list[Lane]]:
    """Every bus, and what the box itself measures; what must be closed is put onto the stack.

    `asked`: by place of the bus, those that are asked, which may bring their sources. `offset_ns` leads from monotonic
    time to UTC as of the daemon's start.

    Raises:
        ConfigError: a source that cannot be.
    """
    cadence = Cadence.of_grid(config.judging.grid_ms * MS, offset_ns)
    sources: list[Source] = []
    for place, (spec, bus) in enumerate(zip(specs, buses, strict=True)):
        own = asked[place].source if place in asked else None
        if own is None:
            speed = None if bus.speed == "max" else bus.speed
            own = open_source(spec, speed=speed, now_ns=time.time_ns(), stop=stop, cadence=cadence)
            stack.callback(own.close)
        sources.append(own)
    lanes = [
        Lane(spec, bus, offset_ns if source.live else 0)
        for source, spec, bus in zip(sources, specs, buses, strict=True)
    ]
    return sources, lanes


def open_hot(
    lanes: Sequence[Lane], specs: Sequence[SourceSpec], watch: HotWatch, *, stop: threading.Event, stack: ExitStack
) -> Iterator[tuple[Lane, Source]]:
    """A second socket on each CAN bus for what must not wait: only those frames, fetched as they come."""
    for lane, spec in zip(lanes, specs, strict=True):
        wanted = watch.wanted(lane.name) if spec.kind == "can" and not spec.all_options("only") else []
        if wanted:
            own = spec.text_option("name", spec.rest)
            hot = SourceSpec.parse(f"can:{spec.rest}?only={','.join(wanted)}&ring=off&name={own}")
            cadence = Cadence(period_ns=LOOK_NS, at_once=True)
            source = open_source(hot, speed=None, now_ns=time.time_ns(), stop=stop, cadence=cadence)
            stack.callback(source.close)
            yield lane, source
