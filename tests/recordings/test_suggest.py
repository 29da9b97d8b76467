"""`profile suggest` on real recordings: it names the right database among many, and none where that is left out."""

from pathlib import Path

import pytest

from edge.suggest.candidate import Candidate, read_candidates
from edge.suggest.fit import Verdict
from edge.suggest.heard import HeardId
from edge.suggest.protocols import OBD, UDS
from edge.suggest.suggestion import Bus, suggest
from tests.study.suggest import heard_in

RIGHT = "tesla-model3.dbc"
KIN = "tesla_model3_party.dbc"
"""Another bus of the same car, with which it shares messages."""
CLAIMS = {Verdict.FITS, Verdict.IN_PART}


@pytest.fixture(scope="module")
def candidates(shared: Path) -> list[Candidate]:
    """Some thirty makers' databases."""
    folder = shared / "data" / "dbc"
    found, _ = read_candidates([*sorted((folder / "opendbc").glob("*.dbc")), *sorted(folder.glob("*.dbc"))])
    return found


@pytest.fixture(scope="module")
def drive(shared: Path) -> list[HeardId]:
    return heard_in(shared / "data" / "can" / "tesla-model3-drive.log")


def bus_of(shared: Path, log: str, candidates: list[Candidate]) -> Bus:
    return suggest(log, heard_in(shared / "data" / log), candidates).buses[0]


def test_the_model_3_is_told_from_thirty_others(drive: list[HeardId], candidates: list[Candidate]) -> None:
    bus = suggest("drive", drive, candidates).buses[0]
    assert bus.fits[0].file.name == RIGHT
    assert bus.fits[0].verdict is Verdict.FITS
    assert bus.fits[0].speak_for > 50 > 5 * bus.fits[0].by_chance
    assert {one.file.name for one in bus.fits if one.verdict in CLAIMS} <= {RIGHT, KIN}
    assert [one.fit.file.name for one in bus.chosen] == [RIGHT]
    assert bus.explained == pytest.approx(0.5, abs=0.02)
    assert len(bus.unknown) + len(bus.chosen[0].adds) == 220


def test_without_its_databases_no_other_is_claimed(drive: list[HeardId], candidates: list[Candidate]) -> None:
    others = [one for one in candidates if one.file.name not in {RIGHT, KIN}]
    bus = suggest("drive", drive, others).buses[0]
    assert len(bus.fits) > 15
    assert max(one.frames for one in bus.fits) > 0.2 * bus.frames, "by ids alone one would be taken"
    assert {one.verdict for one in bus.fits} & CLAIMS == set()
    assert bus.chosen == ()


def test_a_capture_that_came_with_a_leafs_database_is_another_car(shared: Path, candidates: list[Candidate]) -> None:
    beside, _ = read_candidates(sorted((shared / "data" / "formats" / "savvycan").glob("*.dbc")))
    bus = bus_of(shared, "formats/savvycan/candump.log", [*candidates, *beside])
    assert {one.file.name for one in bus.fits if one.verdict in CLAIMS} == {"tesla_powertrain.dbc"}


def test_what_testers_say_is_heard_as_such(shared: Path, candidates: list[Candidate]) -> None:
    bus = bus_of(shared, "can/uds-ev.mf4", candidates)
    assert [one.protocol for one in bus.protocols] == [UDS]
    assert bus.chosen == ()
    in_parts = {one.file.name for one in bus.fits if one.in_parts}
    assert in_parts == {"tp_uds.dbc", "tp_uds_nissan.dbc"}
    assert OBD not in {one.protocol for one in bus.protocols}
