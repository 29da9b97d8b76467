"""Trouble codes heard on the bus: by answers of OBD-II and UDS, by J1939, by rules."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.answers import Answers
from edge.decode.codes_told import told_by_answer, told_by_group
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.rule import rule_of
from edge.frames import EXTENDED, Frame, FrameBatch
from edge.grid import Grid
from edge.judgement import Judgement

MS = 1_000_000
TRUCK = Path(__file__).parents[3] / "dbc" / "telltale-truck.dbc"
DM1 = 0x18FECA00


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ("43 00", ("stored", ())),
        ("43 01 0301", ("stored", ("P0301",))),
        ("43 02 0301 C100", ("stored", ("P0301", "U0100"))),
        ("47 01 0171", ("pending", ("P0171",))),
        ("4A 01 0171", ("permanent", ("P0171",))),
        ("43 02 0301", None),
        ("43", None),
        ("41 00 BE1FA813", None),
        ("", None),
        ("59 02 FF", ("by status", ())),
        ("59 02 FF 03011F 09 04201F 10", ("by status", ("P0301-1F",))),
        ("59 02", ("by status", ())),
        ("59 06 03011F", None),
    ],
)
def test_answers_tell_codes(payload: str, told: tuple[str, tuple[str, ...]] | None) -> None:
    assert told_by_answer(bytes.fromhex(payload)) == told


@pytest.mark.parametrize(
    ("identifier", "payload", "told"),
    [
        (DM1, "40FF 6E000001 FFFF", ("active", ("SPN 110 FMI 0",))),
        (DM1, "40FF 6E000001 64000103", ("active", ("SPN 110 FMI 0", "SPN 100 FMI 1"))),
        (DM1, "00FF 00000000 FFFF", ("active", ())),
        (DM1, "00FF FFFFFFFF FFFF", ("active", ())),
        (DM1, "00FF 6E000081 FFFF", ("active", ())),
        (DM1, "00FF", None),
        (0x18FECB00, "40FF 6E000001 FFFF", None),
        (0x18FED400, "40FF 6E001001 FFFF", ("active and emission-related", ("SPN 110 FMI 16",))),
    ],
)
def test_j1939_tells_codes(identifier: int, payload: str, told: tuple[str, tuple[str, ...]] | None) -> None:
    assert told_by_group(identifier, bytes.fromhex(payload)) == told


@given(st.binary(max_size=80), st.integers(0, 0x1FFFFFFF))
def test_anything_that_is_heard_is_read_or_left(payload: bytes, identifier: int) -> None:
    for told in (told_by_answer(payload), told_by_group(identifier, payload)):
        assert told is None or all(len(code) >= 5 for code in told[1])


def alerts(decoder: Decoder, frames: list[Frame], expr: str) -> list[tuple[int, int | None]]:
    """When a rule's alerts began and ended (ms)."""
    table = {"alert": "code", "expr": expr, "component": "x", "severity": "info", "action": "watch", "summary": ""}
    subject = Judgement(decoder, [RuleDetector([rule_of(table)])], vehicle="v", grid_ns=100 * MS, summary_ns=10**10)
    grid = Grid([False], grid_ns=100 * MS, wait_ns=0)
    grid.offer(0, FrameBatch.of(frames), 0)
    grid.end(0)
    cells = grid.close(0)
    assert cells is not None
    told = [alert for outcome in subject.advance(cells) for alert in outcome.alerts]
    return [(one.started // MS, None if one.ended is None else one.ended // MS) for one in told]


def test_a_rule_hears_of_a_code_that_somebody_asked_for_and_that_it_was_cleared() -> None:
    def answer(at_ms: int, payload: str) -> Frame:
        return Frame(at_ms * MS, 0x7E8, bytes.fromhex(payload).ljust(8, b"\xaa"))

    frames = [answer(50, "0243 00"), answer(1050, "0443 01 0301"), answer(5050, "0243 00"), answer(6000, "0143")]
    decoder = Decoder([], (), Answers())
    assert alerts(decoder, frames, 'dtc("P03*")') == [(1100, None), (1100, 5100)]
    assert alerts(Decoder([], (), Answers()), frames, 'not dtc("P0301")') == [(100, None), (100, 1100), (5100, None)]


def test_a_rule_hears_of_a_code_that_a_truck_sends_by_itself() -> None:
    def dm1(at_ms: int, payload: str) -> Frame:
        return Frame(at_ms * MS, DM1, bytes.fromhex(payload), flags=EXTENDED)

    frames = [dm1(50, "00FF 00000000 FFFF"), dm1(1050, "40FF 6E000001 FFFF"), dm1(2050, "00FF 00000000 FFFF")]
    decoder = Decoder([Binding(load_database(TRUCK))])
    assert alerts(decoder, frames, 'dtc("SPN 110")') == [(1100, None), (1100, 2100)]
