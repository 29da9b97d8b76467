"""What changed between two looks is called what it is, and what was not asked is not called gone."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.changes import Change, CodeChange, How, What, code_changes, merged, other_changes
from edge.diagnostics.findings import Code, CodeKey, Lamp, Protocol, SinceCleared, Status, Survey, Unit
from edge.diagnostics.kept import keep, recall

ALL = frozenset({Status.PENDING, Status.CONFIRMED, Status.PERMANENT})
MISFIRE = Code("7E8", "P0301", None, Protocol.OBD, frozenset({Status.PENDING, Status.CONFIRMED, Status.PERMANENT}))
ENGINE = Unit("7E8", name="ECM", vin="1HGCM82633A004352", serial="A1", calibrations=("TT18E-0412",), software=("1.0",))
VIN = "1HGCM82633A004352"


def survey(
    *codes: Code, warm_ups: int | None = None, distance_km: float | None = None, vin: str | None = VIN
) -> Survey:
    cleared = {} if warm_ups is None and distance_km is None else {"7E8": SinceCleared(warm_ups, distance_km)}
    return Survey(
        vin=vin, units={"7E8": ENGINE}, codes={one.key: one for one in codes}, told={"7E8": ALL}, cleared=cleared
    )


def hows(before: Survey, after: Survey) -> list[tuple[How, str]]:
    return [(one.how, one.code.code) for one in code_changes(before, after)]


def test_a_code_that_was_not_there_appeared() -> None:
    assert hows(survey(), survey(MISFIRE)) == [(How.APPEARED, "P0301")]
    assert hows(survey(MISFIRE), survey(MISFIRE)) == []


def test_another_status_or_lamp_is_a_change() -> None:
    pending = replace(MISFIRE, statuses=frozenset({Status.PENDING}))
    assert hows(survey(pending), survey(MISFIRE)) == [(How.CHANGED, "P0301")]
    flashing = replace(MISFIRE, lamp=Lamp.FAST_FLASH)
    assert hows(survey(replace(MISFIRE, lamp=Lamp.ON)), survey(flashing)) == [(How.CHANGED, "P0301")]


def test_a_code_that_went_while_the_counters_went_back_was_cleared_by_somebody() -> None:
    before, after = survey(MISFIRE, warm_ups=40, distance_km=900.0), survey(warm_ups=0, distance_km=3.0)
    assert hows(before, after) == [(How.CLEARED, "P0301")]
    assert list(other_changes(before, after)) == [Change(What.CODES_CLEARED, "7E8", "warm_ups", "40", "0")]


def test_one_that_went_while_they_went_on_healed() -> None:
    before, after = survey(MISFIRE, warm_ups=40, distance_km=900.0), survey(warm_ups=41, distance_km=950.0)
    assert hows(before, after) == [(How.HEALED, "P0301")]
    assert not list(other_changes(before, after))


def test_one_that_went_without_a_trace_is_gone_and_not_called_repaired() -> None:
    assert hows(survey(MISFIRE), survey()) == [(How.GONE, "P0301")]


def test_a_code_that_is_only_permanent_any_more_was_cleared() -> None:
    permanent = replace(MISFIRE, statuses=frozenset({Status.PERMANENT}))
    (change,) = code_changes(survey(MISFIRE), survey(permanent))
    assert (change.how, change.code.status, change.is_gone) == (How.CLEARED, Status.PERMANENT, False)


def test_clearing_is_seen_by_the_odometer_although_the_counters_have_passed_where_they_were() -> None:
    before = replace(survey(MISFIRE, distance_km=50.0), odometer_km=1_000.0)
    after = replace(survey(distance_km=400.0), odometer_km=1_900.0)
    assert hows(before, after) == [(How.CLEARED, "P0301")]
    healed = replace(survey(distance_km=950.0), odometer_km=1_900.0)
    assert hows(before, healed) == [(How.HEALED, "P0301")]


@pytest.mark.parametrize("told", [{}, {"7E8": frozenset({Status.PENDING})}, {"7E9": ALL}])
def test_a_unit_that_did_not_answer_has_lost_nothing(told: dict[str, frozenset[Status]]) -> None:
    before, after = survey(MISFIRE), replace(survey(), told=told)
    assert hows(before, after) == []
    assert merged(before, after).codes == before.codes


def test_a_changed_calibration_is_that_and_a_swapped_unit_is_no_changed_calibration() -> None:
    newer = replace(ENGINE, calibrations=("TT18E-0413",))
    after = replace(survey(), units={"7E8": newer})
    assert list(other_changes(survey(), after)) == [
        Change(What.CALIBRATION_CHANGED, "7E8", "calibrations", "TT18E-0412", "TT18E-0413")
    ]
    other = replace(newer, serial="B7")
    assert [one.what for one in other_changes(survey(), replace(survey(), units={"7E8": other}))] == [What.ECU_SWAPPED]
    updated = replace(survey(), units={"7E8": replace(ENGINE, software=("1.1",))})
    assert [one.what for one in other_changes(survey(), updated)] == [What.SOFTWARE_CHANGED]


def test_a_unit_from_another_vehicle_is_foreign_and_is_told_once() -> None:
    other = replace(survey(), units={"7E8": replace(ENGINE, vin="WVWZZZ1KZ6W000001")})
    assert [one.what for one in other_changes(survey(), other)] == [What.ECU_FOREIGN]
    assert not list(other_changes(other, other))


def test_in_another_vehicle_everything_begins_anew() -> None:
    other = survey(vin="WVWZZZ1KZ6W000001")
    assert [one.what for one in other_changes(survey(MISFIRE), other)] == [What.OTHER_VEHICLE]
    assert hows(survey(MISFIRE), other) == []
    assert merged(survey(MISFIRE), other).codes == {}


def test_a_unit_that_joins_is_new_but_none_is_at_the_first_look() -> None:
    brakes = replace(survey(), units={"7E8": ENGINE, "7EB": Unit("7EB", name="ABS")})
    assert list(other_changes(survey(), brakes)) == [Change(What.ECU_NEW, "7EB", "name", "", "ABS")]
    assert not list(other_changes(Survey(), brakes))


def test_a_lamp_that_begins_to_flash_is_told() -> None:
    lit = replace(survey(), lamps={"00": {"mil": Lamp.ON}})
    flashing = replace(survey(), lamps={"00": {"mil": Lamp.FAST_FLASH}})
    assert list(other_changes(lit, flashing)) == [Change(What.LAMP_CHANGED, "00", "mil", "on", "fast_flash")]
    assert not list(other_changes(survey(), flashing))


KINDS = st.frozensets(st.sampled_from(list(Status)))
CODES = st.sets(st.sampled_from(["P0300", "P0420", "U0100"])).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: st.frozensets(st.sampled_from(list(Status)), min_size=1) for name in names}
    )
)


@st.composite
def looks(draw: st.DrawFn) -> Survey:
    """A look; it tells no code of a kind that it was not told of."""
    kinds = draw(KINDS)
    told = {"7E8": kinds} if draw(st.booleans()) else {}
    kinds = told.get("7E8", frozenset())
    codes = [
        Code("7E8", name, None, Protocol.OBD, statuses & kinds)
        for name, statuses in draw(CODES).items()
        if statuses & kinds
    ]
    counters = draw(st.one_of(st.none(), st.integers(0, 255)))
    return replace(survey(*codes, warm_ups=counters, vin=None), told=told)


@given(st.lists(looks(), max_size=8))
def test_who_follows_the_changes_knows_what_is_known(seen: list[Survey]) -> None:
    known = Survey()
    followed: dict[CodeKey, Code] = {}
    for look in seen:
        for change in code_changes(known, look):
            assert isinstance(change, CodeChange)
            if change.is_gone:
                del followed[change.code.key]
            else:
                followed[change.code.key] = change.code
        known = merged(known, look)
        assert followed.keys() == known.codes.keys()


def test_what_is_known_outlives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "vehicle.json"
    assert recall(file) == Survey()
    known = survey(replace(MISFIRE, freeze_frame={"Vehicle.Speed": 52.0, "obd.02": None}), warm_ups=4)
    keep(file, known)
    assert recall(file) == known


def test_a_file_that_is_none_is_said_and_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "vehicle.json"
    file.write_text('{"units": 7}')
    assert recall(file) == Survey()
    assert "learned anew" in caplog.text


def test_in_private_mode_no_freeze_frame_is_kept_that_says_how_it_was_driven(tmp_path: Path) -> None:
    frame = {"Vehicle.Speed": 87.3, "obd.A1": 7.0, "Vehicle.OBD.RunTime": 400.0}
    known = survey(replace(MISFIRE, freeze_frame=frame))
    keep(tmp_path / "open.json", known)
    keep(tmp_path / "private.json", known, private=True)
    [kept], [private] = (recall(tmp_path / name).codes.values() for name in ("open.json", "private.json"))
    assert kept.freeze_frame == frame
    assert private.freeze_frame == {"Vehicle.OBD.RunTime": 400.0}
