"""A real J1939 truck: frames are known by their group from any sender, and say what cantools makes of the message."""

from collections import Counter
from pathlib import Path

import pytest

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.diagnostics.findings import Lamp
from edge.diagnostics.j1939 import messages
from edge.frames import Frame, FrameBatch
from tests.beside_cantools import of_cantools
from tests.decoded import Drive, by_group, decoded, group_of, long_ones
from tests.mf4 import read_mf4

FRAMES = 139_136
COMPARED = 40_000
"""As many are compared sample by sample; the study compares all of them."""
CAN = 1
"""Its channel; GPS is another."""


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[Frame]:
    return list(read_mf4(shared / "data" / "can" / "j1939-truck.mf4", CAN))


@pytest.fixture(scope="module")
def database(shared: Path) -> Path:
    return shared / "data" / "dbc" / "j1939-open.dbc"


@pytest.fixture(scope="module")
def drive(frames: list[Frame], database: Path) -> Drive:
    theirs = of_cantools(database)
    assert theirs is not None
    return decoded(frames[:COMPARED], database, theirs, by_group(theirs), one_by_one=5_000)


def test_frames_are_known_by_their_group_whoever_sends_them(frames: list[Frame], database: Path) -> None:
    theirs = of_cantools(database)
    assert theirs is not None
    groups = {group_of(message.frame_id) for message in theirs.messages} | {0xFECA}  # DM1, without a database
    known = Counter(frame.id for frame in frames if group_of(frame.id) in groups)
    decoder = Decoder([Binding(load_database(database))])
    for begin in range(0, len(frames), 4096):
        decoder.decode(FrameBatch.of(frames[begin : begin + 4096]))
    counts = decoder.counts
    assert counts.frames == len(frames) == FRAMES
    assert {identifier: count for (_, _, identifier), count in counts.known.items()} == known
    assert counts.known.total() == 55_888
    assert counts.known.total() + counts.unknown.total() == FRAMES
    assert counts.undecodable == {}
    assert len({frame.id & 0xFF for frame in frames}) == 21, "senders"


def test_no_long_message_is_in_it_and_none_is_counted(frames: list[Frame], database: Path) -> None:
    assert (long_ones(frames).announced, long_ones(frames).packets) == ({}, 0)
    decoder = Decoder([Binding(load_database(database))])
    decoder.decode(FrameBatch.of(frames[:COMPARED]))
    assert decoder.counts.transported == {}


def test_samples_are_those_of_cantools_but_for_what_is_not_available(drive: Drive) -> None:
    assert drive.theirs_by_id == 0, "by its whole id cantools knows none of them"
    assert drive.theirs == drive.known > 15_000
    assert drive.other == []
    assert +drive.only_theirs == {}
    assert drive.same > 90_000
    assert drive.not_available > 80_000
    assert drive.samples == drive.same + drive.twins.total()
    assert drive.one_by_one_differ == 0


def test_its_active_codes_and_lamps_are_read(frames: list[Frame]) -> None:
    """It sends DM1 without a code: what a truck without trouble says."""
    told = [(frame.id & 0xFF, frame.payload) for frame in frames if group_of(frame.id) == 0xFECA]
    assert told
    assert not any(list(messages.troubles(payload)) for _, payload in told)
    assert not any(messages.ambiguous(payload) for _, payload in told)
    assert {lamp for _, payload in told for lamp in messages.lamps(payload).values()} <= {Lamp.OFF}
    print({sender: sum(one == sender for one, _ in told) for sender, _ in told})
