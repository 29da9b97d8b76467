"""Seconds of a vehicle's life for each second of one core, against cantools that only packs the same frames."""

import time
from collections.abc import Iterable
from typing import Final

import cantools.database
from cantools.database import Database as CanDatabase

from edge.frames import NANOSECONDS
from edge.simulator.kinds import KINDS
from edge.simulator.simulation import Simulation
from edge.simulator.table import Tables
from tests.bench.rows import Row

VEHICLES: Final = ("car", "ev", "truck")
FRAMES_S: Final = 300
TABLES_S: Final = 1200
PACKED_S: Final = 20
"""The peer is given so many seconds of them."""


def live() -> Iterable[Row]:
    """As frames and as tables, driving all the time; the peer has no physics to do, only to pack what it is given."""
    for vehicle in VEHICLES:
        packing = _packing(vehicle)
        for name, speed in (("frames", _frames(vehicle)), ("tables", _tables(vehicle))):
            yield Row(f"{vehicle}, {name}", speed, "x real time", "cantools packing its frames", packing)


def _frames(vehicle: str) -> float:
    simulation = Simulation(vehicle=vehicle, seed=1, cycle="mixed", weather="mild")
    begun = time.perf_counter()
    for end_s in range(5, FRAMES_S + 1, 5):
        simulation.advance(end_s * NANOSECONDS)
    return FRAMES_S / (time.perf_counter() - begun)


def _tables(vehicle: str) -> float:
    tables = Tables(vehicle=vehicle, seed=1, cycle="mixed", weather="mild")
    begun = time.perf_counter()
    for _ in range(0, TABLES_S, 10):
        tables.advance(10)
    return TABLES_S / (time.perf_counter() - begun)


def _packing(vehicle: str) -> float:
    database = cantools.database.load_file(KINDS[vehicle].database, strict=False)
    assert isinstance(database, CanDatabase)  # tells mypy what a DBC gives
    frames = Simulation(vehicle=vehicle, seed=1, cycle="mixed", weather="mild").advance(PACKED_S * NANOSECONDS).frames()
    known = {message.frame_id for message in database.messages}
    wanted = [
        (frame.id, database.decode_message(frame.id, frame.payload, decode_choices=False))
        for frame in frames
        if frame.id in known
    ]
    begun = time.perf_counter()
    for frame_id, values in wanted:
        database.encode_message(frame_id, values, strict=False)
    return PACKED_S / (time.perf_counter() - begun)
