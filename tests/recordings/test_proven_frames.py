"""Checksums and counters of a real drive: what its maker computes, and that a single changed bit is seen."""

from pathlib import Path

import numpy as np
import pytest

from edge.bus.candump_log import CandumpLog
from edge.decode.database import Database, load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.guards import guarded
from edge.decode.schemes import IntegrityEntry
from edge.frames import FrameBatch, concatenate

PROVEN = {
    "ID39DIBST_status": "IBST_status",
    "ID3E9DAS_bodyControls": "DAS_bodyControls",
    "ID313UI_trackModeSettings": "UI_trackModeSettings",
    "ID334UI_powertrainControl": "UI_powertrainControl",
    "ID293UI_chassisControl": "UI_chassisControl",
}
"""Message and how its signals begin; all are sums over id and payload."""

LOST = 29
"""Jumps of counters in the recording itself: between such frames lies twice or three times the usual interval."""


@pytest.fixture(scope="module")
def drive(shared: Path) -> FrameBatch:
    source = CandumpLog(shared / "data" / "can" / "tesla-model3-drive.log")
    batches: list[FrameBatch] = []
    while (batch := source.read(0.0)) is not None:
        batches.append(batch)
    return concatenate(batches)


@pytest.fixture(scope="module")
def database(shared: Path) -> Database:
    return load_database(shared / "data" / "dbc" / "tesla-model3.dbc")


def decoder(database: Database) -> Decoder:
    entries = [
        IntegrityEntry(message=name, checksum=f"{stem}Checksum", counter=f"{stem}Counter", scheme="sum8-id")
        for name, stem in PROVEN.items()
    ]
    return Decoder([Binding(database)], list(guarded(entries, [database], Path("model3.profile.toml"))))


def test_every_frame_of_the_drive_is_what_its_sender_meant(drive: FrameBatch, database: Database) -> None:
    under, bare = decoder(database), Decoder([Binding(database)])
    proven = {int(database.tables.id[database.messages.index(name)]) for name in PROVEN}
    assert int(np.isin(drive.id, list(proven)).sum()) == 832
    assert under.decode(drive).value.tolist() == bare.decode(drive).value.tolist()
    found = {cause: count.total() for cause, count in under.counts.undecodable.items()}
    assert set(found) == {"short", "unknown_multiplexer", "counter_jump"}, "no checksum is wrong"
    assert found["counter_jump"] == LOST


def test_a_changed_bit_and_a_lost_frame_are_seen(drive: FrameBatch, database: Database) -> None:
    wanted = database.tables.id[database.messages.index("ID39DIBST_status")]
    rows = np.flatnonzero(drive.id == wanted)
    changed = drive.select(np.delete(np.arange(len(drive)), rows[100]))
    changed.payload[rows[50], 3] ^= 0x10
    under = decoder(database)
    under.decode(changed)
    found = {cause: count.total() for cause, count in under.counts.undecodable.items()}
    assert (found["bad_checksum"], found["counter_jump"]) == (1, LOST + 2), "what is not believed leaves a gap as well"
