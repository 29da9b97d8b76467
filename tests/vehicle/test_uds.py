"""We ask control units by UDS that share no code with ours: can-isotp carries, udsoncan and tables answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.changes import What, other_changes
from edge.diagnostics.ecu import UNITS, unit_29
from edge.diagnostics.findings import Lamp, Protocol, SinceCleared, Status, Survey
from edge.diagnostics.uds.found import find
from edge.diagnostics.uds.reader import UdsReader
from tests.vehicle.asking import ABS, WAYS, us_on
from tests.vehicle.clients import HAS_VCAN, Wire
from tests.vehicle.scripted_answers import (
    BRAKES,
    ENGINE_ON_UDS,
    GUARDED,
    NAMES,
    OBD_ENGINE,
    OBD_GEARBOX,
    SOUND,
    VIN,
    WORLD_WIDE,
    WRONG,
)
from tests.vehicle.scripted_ecus import Script, ScriptedEcu, identifiers, refusing, scripted, table, together

BY_ALL = frozenset({Status.PENDING, Status.CONFIRMED, Status.PERMANENT})


@contextmanager
def asking(wire: Wire, way: str, *units: ScriptedEcu, extended: bool = False) -> Iterator[CanAsker]:
    """Us on a bus with these units, once they were heard."""
    with scripted(wire, *units), us_on(wire, way, extended=extended) as asker:
        yield asker


def engine(script: Script) -> ScriptedEcu:
    return ScriptedEcu(0x7E0, 0x7E8, script)


def gearbox(script: Script) -> ScriptedEcu:
    return ScriptedEcu(0x7E1, 0x7E9, script)


def brakes(script: Script = BRAKES) -> ScriptedEcu:
    return ScriptedEcu(0x760, 0x768, script)


def codes_of(reader: UdsReader) -> Survey:
    survey = reader.codes()
    assert survey is not None
    return survey


@pytest.mark.parametrize("way", WAYS)
def test_what_is_spoken_is_found_by_asking(wire: Wire, way: str) -> None:
    with asking(wire, way, engine(OBD_ENGINE), gearbox(OBD_GEARBOX), brakes()) as asker:
        found = find(asker, [ABS])
    assert (found.obd, found.uds) == (UNITS[:2], (ABS,))
    assert found.protocols == {Protocol.OBD, Protocol.UDS}
    with asking(wire, way, engine(ENGINE_ON_UDS), brakes()) as asker:
        assert find(asker, [ABS]).protocols == {Protocol.OBD_ON_UDS, Protocol.UDS}
    with asking(wire, way, engine(WORLD_WIDE)) as asker:
        found = find(asker)
    assert (found.wwh_obd, found.obd_on_uds, found.obd) == (UNITS[:1], (), ())


@pytest.mark.parametrize("way", WAYS)
def test_a_unit_says_who_it_is(wire: Wire, way: str) -> None:
    with asking(wire, way, brakes()) as asker:
        reader = UdsReader(asker, units=[ABS])
        assert reader.discover()
        survey = reader.identity()
    assert survey is not None
    unit = survey.units["768"]
    assert (survey.vin, unit.name, unit.serial) == (VIN.decode(), "ABS/ESP", "00129FFE")
    assert unit.hardware == ("5Q0-614-517", "H11")
    assert unit.software == ("5Q0-906-022-F", "0417", "SUP-0091", "2.10", "BOOT 1.4")
    assert unit.calibrations == ("SC-ABS-0113",)


@pytest.mark.parametrize(
    ("did", "now", "what"),
    [
        (0xF18C, b"\x00\x12\xa0\x01", What.ECU_SWAPPED),
        (0xF181, b"\x01SC-ABS-0114", What.CALIBRATION_CHANGED),
        (0xF189, b"0420", What.SOFTWARE_CHANGED),
    ],
)
def test_a_swapped_unit_and_changed_programs_are_told_as_that(wire: Wire, did: int, now: bytes, what: What) -> None:
    changed = identifiers({did: now})
    unit = brakes()
    with asking(wire, "library", unit) as asker:
        reader = UdsReader(asker, units=[ABS])
        assert reader.discover()
        before = reader.identity()
        own = unit.script
        unit.script = lambda request: changed(request) or own(request)
        after = reader.identity()
    assert before is not None
    assert after is not None
    assert [(one.what, one.ecu) for one in other_changes(before, after)] == [(what, "768")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("late", [False, True])
def test_codes_come_with_what_was_kept_of_them_also_from_a_unit_that_says_later(
    wire: Wire,
    way: str,
    late: bool,
) -> None:
    script = refusing(BRAKES, later=[0x19]) if late else BRAKES
    with asking(wire, way, brakes(script)) as asker:
        reader = UdsReader(asker, units=[ABS])
        assert reader.discover()
        survey = codes_of(reader)
    assert {key: code.statuses for key, code in survey.codes.items()} == {
        ("768", "C0035", "11"): {Status.PENDING, Status.CONFIRMED},
        ("768", "U0121", "00"): {Status.CONFIRMED},
        ("768", "C100A", "64"): {Status.PENDING},
    }
    wheel, lost, pending = survey.codes.values()
    assert (wheel.active, lost.active, wheel.lamp) == (True, False, Lamp.OFF)
    assert wheel.freeze_frame == {"did.2001": "0BB8", "did.2002": "01", "extended": "0107020010"}
    assert lost.freeze_frame == {}
    assert pending.freeze_frame == {"did.2003": "A1B2C3D4", "did.rest": "999977"}
    assert survey.told == {"768": {Status.PENDING, Status.CONFIRMED}}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("script", "protocol"), [(ENGINE_ON_UDS, Protocol.OBD_ON_UDS), (WORLD_WIDE, Protocol.WWH_OBD)])
def test_obd_on_uds_tells_permanent_codes_classes_readiness_and_since_when(
    wire: Wire, way: str, script: Script, protocol: Protocol
) -> None:
    with asking(wire, way, engine(script)) as asker:
        reader = UdsReader(asker, rates_s={0x0C: 1.0, 0x0D: 1.0, 0x05: 10.0})
        assert reader.discover()
        survey, identity = codes_of(reader), reader.identity()
        assert reader.values() == {"did 7E8 F40C F40D": 1.0}
        assert reader.ask_value("did 7E8 F40C F40D")
    codes = {code.code: code for code in survey.codes.values()}
    assert codes["P0301"].statuses == BY_ALL
    assert (codes["P0301"].protocol, codes["P0301"].severity, codes["P0301"].lamp) == (protocol, "A", Lamp.ON)
    assert codes["P0301"].freeze_frame == {"did.F40C": "1AF8", "did.F40D": "32", "extended": "0107"}
    assert (codes["P0420"].severity, codes["P0420"].lamp) == ("B1", Lamp.OFF)
    assert (codes["P0171"].failure_type, codes["P0171"].status) == ("13", Status.PERMANENT)
    assert codes["C100A"].protocol is Protocol.UDS
    assert survey.told == {"7E8": BY_ALL}
    assert survey.cleared == {"7E8": SinceCleared(5, 231, 64)}
    assert survey.readiness["7E8"].mil
    assert survey.odometer_km == 100_000.0
    assert identity is not None
    assert (identity.vin, identity.units["7E8"].name) == (VIN.decode(), "ECM-EngineControl")
    assert identity.units["7E8"].calibrations == ("SC-ENG-0009",)
    assert identity.units["7E8"].verifications == ("C0FFEE01",)


@pytest.mark.parametrize("way", WAYS)
def test_on_long_ids_it_is_the_same(wire: Wire, way: str) -> None:
    unit = ScriptedEcu(0x18DA10F1, 0x18DAF110, ENGINE_ON_UDS, extended=True)
    with asking(wire, way, unit, extended=True) as asker:
        reader = UdsReader(asker)
        assert reader.discover()
        assert reader.found.obd_on_uds == (unit_29(0x10),)
        assert ("18DAF110", "P0301", "00") in codes_of(reader).codes


def test_a_security_gateway_is_a_state_and_is_asked_again(wire: Wire) -> None:
    unit = engine(together(OBD_ENGINE, GUARDED))
    with asking(wire, "library", unit) as asker:
        reader = UdsReader(asker)
        assert reader.discover()
        for _ in range(2):
            before = len(unit.asked)
            survey = codes_of(reader)
            assert survey.refused == {"7E8 19 02": "security_access_denied"}
            assert reader.guarded == {"7E8"}
            assert not survey.told
            assert len(unit.asked) > before


def test_what_a_unit_does_not_have_is_asked_once_until_identity_is_read_anew(wire: Wire) -> None:
    unit = brakes(refusing(table({"22F190": (*NAMES(b"\x22\xf1\x90"),)}), 0x31))
    with asking(wire, "library", unit) as asker:
        reader = UdsReader(asker, units=[ABS])
        assert reader.discover()
        counts: list[int] = []
        for step in (reader.codes, reader.codes, reader.identity):
            step()
            counts.append(sum(request.startswith(b"\x19") for request in unit.asked))
        assert counts == [counts[0]] * 3
        reader.codes()
        assert sum(request.startswith(b"\x19") for request in unit.asked) == counts[0] + 1


@pytest.mark.parametrize("wrong", sorted(WRONG))
def test_a_wrong_answer_is_none_is_over_in_two_seconds_and_the_next_one_is_sound(wire: Wire, wrong: str) -> None:
    replies = iter([(WRONG[wrong],), (SOUND,)])
    with asking(wire, "library", engine(lambda request: next(replies) if request == b"\x09\x02" else ())) as asker:
        before_ns = asker.line.now_ns()
        assert asker.ask(b"\x09\x02", UNITS[0]) == []
        if not HAS_VCAN:
            assert asker.line.now_ns() - before_ns < 2_300_000_000
        (answer,) = asker.ask(b"\x09\x02", UNITS[0])
    assert answer.payload == b"\x49\x02\x01" + VIN


@pytest.mark.parametrize("way", WAYS)
def test_long_answers_of_units_that_speak_at_once_do_not_mix(wire: Wire, way: str) -> None:
    units = engine(OBD_ENGINE), gearbox(OBD_GEARBOX)
    with asking(wire, way, *units) as asker:
        asker.ask(b"\x01\x00")
        answers = {answer.ecu.name: answer.payload for answer in asker.ask(b"\x09\x04")}
    assert {name: (payload[3:14], len(payload)) for name, payload in answers.items()} == {
        "7E8": (b"SC-ENG-0007", 35),
        "7E9": (b"SC-GBX-0002", 19),
    }
    assert not any(unit.errors for unit in units), "can-isotp holds something against our frames"
