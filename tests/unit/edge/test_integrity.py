"""Counters and checksums: known values, everything that a changed bit does, and the same for any batching."""

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config import Config, with_profile
from edge.config_parts import Bus
from edge.decode.checksums import BitField, computed
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.guards import guarded
from edge.decode.schemes import SCHEMES, IntegrityEntry, Scheme
from edge.errors import ConfigError
from edge.frames import Frame, FrameBatch
from edge.run import run
from tests.shared import ROOT

DBC = """VERSION ""
BS_:
BU_: ECU
BO_ 291 Proven: 8 ECU
 SG_ Level : 0|16@1+ (1,0) [0|0] "" ECU
 SG_ Rolling : 48|4@1+ (1,0) [0|0] "" ECU
 SG_ Check : 56|8@1+ (1,0) [0|0] "" ECU
 SG_ Wide : 16|20@1+ (1,0) [0|0] "" ECU
 SG_ Odd : 52|4@1+ (1,0) [0|0] "" ECU
BO_ 292 Other: 8 ECU
 SG_ Free : 0|8@1+ (1,0) [0|0] "" ECU
"""
CHECK = BitField(56, 8, big=False)
ENTRY = {"message": "Proven", "counter": "Rolling", "checksum": "Check", "scheme": "crc8-h2f"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dbc") / "proven.dbc"
    made.write_text(DBC)
    return made


def decoder(file: Path, **entry: object) -> Decoder:
    database = load_database(file)
    entries = [IntegrityEntry.model_validate({**ENTRY, **entry})]
    return Decoder([Binding(database)], list(guarded(entries, [database], Path("car.profile.toml"))))


def rows(payloads: Sequence[bytes]) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    return np.array([list(payload) for payload in payloads], np.uint8)


def proven(level: int, rolling: int, scheme: str = "crc8-h2f", identifier: int = 291) -> Frame:
    body = level.to_bytes(2, "little") + bytes(4) + bytes([rolling % 16, 0])
    payload = rows([body])
    check = computed(SCHEMES[scheme], payload, np.array([identifier], np.uint32), CHECK, None)
    return Frame(0, identifier, body[:7] + bytes([int(check[0])]))


@pytest.mark.parametrize(
    ("scheme", "check"), [("crc8-j1850", 0x4B), ("crc8-h2f", 0xDF), ("sum8", 0xDD), ("xor8", 0x31)]
)
def test_the_check_values_of_the_standards(scheme: str, check: int) -> None:
    """Over "123456789", as AUTOSAR's CRC library gives them for its two CRCs; the checksum stands behind."""
    payload = rows([b"123456789\0"])
    found = computed(SCHEMES[scheme], payload, np.array([0], np.uint32), BitField(72, 8, big=False), None)
    assert found.tolist() == [check]


def test_the_id_and_the_length_are_part_where_they_are_to_be() -> None:
    payload, identifier = rows([b"\1\2\3\0"]), np.array([0x2E4], np.uint32)
    field = BitField(24, 8, big=False)
    assert computed(SCHEMES["sum8-id"], payload, identifier, field, None).tolist() == [(6 + 0x2 + 0xE4) % 256]
    assert computed(SCHEMES["sum8-id-length"], payload, identifier, field, None).tolist() == [(6 + 2 + 0xE4 + 4) % 256]


def test_the_checksum_of_a_torque_request() -> None:
    """SAE J1939-71 folds the sum of seven bytes, the counter and the id to three bits."""
    payload, identifier = (
        rows([bytes([1, 0x20, 0x4E, 0xFF, 0xFF, 0xFF, 0xFF, 0x05])]),
        np.array([0x0C000003], np.uint32),
    )
    total = sum(payload[0, :7].tolist()) + 5 + 0x0C + 3
    wanted = ((total >> 6 & 3) + (total >> 3) + total) & 7
    found = computed(SCHEMES["j1939"], payload, identifier, BitField(60, 4, big=False), np.array([5], np.int64))
    assert found.tolist() == [wanted]


def test_data_ids_before_and_after_the_payload() -> None:
    bare = SCHEMES["crc8-h2f"]
    with_ids = bare.model_copy(update={"before": (0x12,), "after_by_counter": (7, 9)})
    payload, none = rows([b"\5\6\0"]), np.array([0], np.uint32)
    found = computed(with_ids, payload, none, BitField(16, 8, big=False), np.array([1], np.int64))
    longer = rows([b"\x12\5\6\x09\0"])
    assert found.tolist() == computed(bare, longer, none, BitField(32, 8, big=False), None).tolist()


@given(st.data())
def test_fields_are_read_as_the_decoder_reads_them(data: st.DataObject) -> None:
    bits, payload = data.draw(st.integers(1, 16)), data.draw(st.binary(min_size=8, max_size=8))
    big = data.draw(st.booleans())
    begin = data.draw(st.integers(0, 64 - bits))
    field = BitField(begin, bits, big)
    number = int.from_bytes(payload, "big" if big else "little")
    wanted = number >> (64 - begin - bits if big else begin) & ((1 << bits) - 1)
    assert field.read(rows([payload])).tolist() == [wanted]
    cleared = int.from_bytes(field.without(rows([payload]))[0].tobytes(), "big" if big else "little")
    place = ((1 << bits) - 1) << (64 - begin - bits if big else begin)
    assert cleared == number & ~place


@given(scheme=st.sampled_from(["crc8-h2f", "crc8-j1850", "xor8", "sum8-id"]), bit=st.integers(0, 63))
def test_a_changed_bit_is_seen_and_costs_its_frame_alone(file: Path, scheme: str, bit: int) -> None:
    frames = [proven(100 + number, number, scheme) for number in range(12)]
    payload = bytearray(frames[5].payload)
    payload[bit // 8] ^= 1 << bit % 8
    frames[5] = Frame(0, 291, bytes(payload))
    under = decoder(file, scheme=scheme, counter=None)
    samples = under.decode(FrameBatch.of(frames))
    levels = samples.value[samples.signal == 0].tolist()
    assert levels == [100.0 + number for number in range(12) if number != 5]
    assert under.counts.undecodable == {"bad_checksum": Counter({("can0", False, 291): 1})}


def test_lost_frames_are_counted_and_what_came_is_believed(file: Path) -> None:
    under = decoder(file)
    numbers = [0, 1, 2, 5, 6, 14, 15, 16, 17]
    samples = under.decode(FrameBatch.of([proven(number, number) for number in numbers]))
    assert samples.value[samples.signal == 0].tolist() == [float(number) for number in numbers]
    assert {cause: found.total() for cause, found in under.counts.undecodable.items()} == {"counter_jump": 2}


def test_a_sender_that_repeats_itself_is_not_believed_for_long(file: Path) -> None:
    under = decoder(file)
    frames = [proven(1, 3)] * 10 + [proven(2, 4)]
    samples = under.decode(FrameBatch.of(frames))
    assert samples.value[samples.signal == 0].tolist() == [1.0] * 5 + [2.0]
    assert {cause: found.total() for cause, found in under.counts.undecodable.items()} == {"counter_stuck": 5}


def test_two_senders_count_for_themselves(file: Path) -> None:
    under = decoder(file)
    frames = [Frame(0, 291, proven(0, number).payload, bus) for number in range(20) for bus in ("can0", "can1")]
    under.decode(FrameBatch.of(frames))
    assert under.counts.undecodable == {}


def test_a_short_frame_and_another_message_prove_nothing(file: Path) -> None:
    under = decoder(file)
    frames = [Frame(0, 291, b"\1\2\3"), Frame(0, 292, b"\7" * 8), *[proven(1, 0)] * 10]
    samples = under.decode(FrameBatch.of(frames))
    assert samples.value[samples.signal == 5].tolist() == [7.0]
    assert set(under.counts.undecodable) == {"short", "counter_stuck"}


@given(
    steps=st.lists(st.integers(0, 2), min_size=1, max_size=60),
    cuts=st.sets(st.integers(0, 60), max_size=8),
    bad=st.sets(st.integers(0, 60), max_size=5),
)
def test_batching_changes_nothing(file: Path, steps: list[int], cuts: set[int], bad: set[int]) -> None:
    frames = [proven(row, rolling) for row, rolling in enumerate(itertools.accumulate(steps))]
    frames = [Frame(0, 291, one.payload[:7] + bytes([one.payload[7] ^ (row in bad)])) for row, one in enumerate(frames)]
    whole, pieces = decoder(file), decoder(file)
    wanted = whole.decode(FrameBatch.of(frames))
    edges = [0, *sorted(cut for cut in cuts if cut < len(frames)), len(frames)]
    found = [pieces.decode(FrameBatch.of(frames[first:last])) for first, last in itertools.pairwise(edges)]
    assert np.concatenate([one.value for one in found]).tolist() == wanted.value.tolist()
    assert pieces.counts.undecodable == whole.counts.undecodable


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"checksum": None}, "scheme a checksum"),
        ({"checksum": None, "scheme": None, "counter": None}, "name a counter, a checksum, or both"),
        ({"scheme": "crc9"}, "there is no scheme 'crc9'; there are xor8"),
        ({"scheme": "j1939", "counter": None}, "takes the counter in"),
        ({"scheme": {"kind": "crc8", "polynomial": 300}}, "less than or equal to 255"),
    ],
)
def test_what_cannot_be_meant_is_refused(entry: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        IntegrityEntry.model_validate({**ENTRY, **entry})


@pytest.mark.parametrize(
    ("entry", "said", "remedy"),
    [
        ({"message": "Provn"}, "no database has this message", "Did you mean Proven"),
        ({"counter": "Roling"}, "Proven has no signal Roling", "Did you mean Rolling"),
        ({"counter": "Wide"}, "Wide has 20 bits", "another signal"),
        ({"checksum": "Odd"}, "Odd is not a whole byte", "another signal"),
    ],
)
def test_what_is_not_in_the_database_is_said_with_its_place(
    file: Path, entry: dict[str, object], said: str, remedy: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        decoder(file, **entry)
    assert caught.value.file == "car.profile.toml"
    assert remedy in caught.value.remedy


def test_a_profile_names_what_is_proven_and_the_run_tells_what_was_not(file: Path) -> None:
    folder = file.parent
    (folder / "proven.profile.toml").write_text(
        'databases = ["proven.dbc"]\n'
        '[[integrity]]\nmessage = "Proven"\nchecksum = "Check"\ncounter = "Rolling"\nscheme = "crc8-h2f"\n'
    )
    log = folder / "drive.log"
    frames = [proven(number, number) for number in (0, 1, 2, 5)] + [Frame(0, 291, bytes(8))]
    log.write_bytes(b"".join(b"(1.0) can0 123#%s\n" % one.payload.hex().encode() for one in frames))
    config = Config(profile="proven.profile.toml", bus=[Bus(source=f"log:{log}", speed="max")])
    report = run(with_profile(config, folder))
    assert report.undecodable == {"bad_checksum": 1, "counter_jump": 1}
    assert "bad_checksum 1, counter_jump 1" in report.text()


def test_the_manual_names_every_scheme_and_field() -> None:
    text = (ROOT / "dbc" / "README.md").read_text().partition("## Frames that prove themselves")[2]
    for name in (*SCHEMES, *IntegrityEntry.model_fields, *Scheme.model_fields):
        assert name in text, name
