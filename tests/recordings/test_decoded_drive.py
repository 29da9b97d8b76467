"""The Model 3 drive, sample by sample: what cantools decodes, what it rejects, and integers beyond a float."""

from pathlib import Path

import pytest

from tests.beside_cantools import of_cantools
from tests.decoded import Drive, by_id, candump_frames, decoded


@pytest.fixture(scope="module")
def drive(shared: Path) -> Drive:
    database = shared / "data" / "dbc" / "tesla-model3.dbc"
    theirs = of_cantools(database)
    assert theirs is not None
    frames = list(candump_frames(shared / "data" / "can" / "tesla-model3-drive.log"))
    return decoded(frames, database, theirs, by_id(theirs), one_by_one=10_000)


def test_every_sample_of_cantools_is_ours_and_the_frames_it_rejects_give_what_is_there(drive: Drive) -> None:
    assert (drive.frames, drive.known, drive.theirs, drive.rejected) == (52_597, 27_094, 26_153, 941)
    assert drive.other == []
    assert +drive.only_theirs == {}
    assert (drive.same, drive.rejected_decoded, drive.rejected_samples) == (282_657, 941, 3_447)
    assert drive.samples == drive.same + drive.rejected_samples
    assert drive.one_by_one_differ == 0


def test_integers_beyond_a_float_are_exact(drive: Drive) -> None:
    assert drive.exact == drive.large
    assert len(drive.large) == 72
    assert sum(float(raw) != raw for raw in drive.large.values()) == 28, "these no float64 holds"
