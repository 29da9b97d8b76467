from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.record import Status

THERMOSTAT = Code("P0128", "Coolant below thermostat temperature", monitor=Monitor.COMPONENTS)
CATALYST = Code("P0420", "Catalyst efficiency below threshold", monitor=Monitor.CATALYST)
LEAN = Code("P0171", "System too lean", monitor=Monitor.FUEL)
MISFIRE = Code("P0300", "Random misfire", monitor=Monitor.MISFIRE, flashes=True, fails_after_s=3.0)
CHARGING = Code("P0562", "System voltage low", lamp=Lamp.RED, trips=1)
SENSOR = Code("C0035", "Wheel speed sensor", lamp=Lamp.AMBER, trips=1, fails_after_s=2.0, passes_after_s=1.0)


def nothing() -> Readings:
    return {}


def drive(
    memory: CodeMemory,
    verdicts: dict[str, bool],
    *,
    seconds: int = 20,
    kmh: float = 0.0,
    coolant_c: float = 90.0,
    readings: Callable[[], Readings] = nothing,
) -> None:
    for _ in range(seconds):
        for text, bad in verdicts.items():
            memory.observe(text, bad)
        memory.second(readings, running=True, speed_kmh=kmh, coolant_c=coolant_c)


def trip(memory: CodeMemory, verdicts: dict[str, bool], *, seconds: int = 20) -> None:
    memory.cycle_begins()
    drive(memory, verdicts, seconds=seconds)
    memory.cycle_ends()


def warm_up(memory: CodeMemory) -> None:
    memory.cycle_begins()
    for coolant_c in (20.0, 50.0, 71.0, 90.0):
        memory.second(nothing, running=True, speed_kmh=0.0, coolant_c=coolant_c)
    memory.cycle_ends()


def proper_drive(memory: CodeMemory, verdicts: dict[str, bool]) -> None:
    """Long and mixed enough for the general denominator of 13 CCR 1968.2."""
    memory.cycle_begins()
    drive(memory, verdicts, seconds=30)
    drive(memory, verdicts, seconds=570, kmh=50.0)
    memory.cycle_ends()


def codes(memory: CodeMemory) -> tuple[list[str], list[str], list[str]]:
    return tuple([code.text for code in some()] for some in (memory.pending, memory.confirmed, memory.permanent))  # type: ignore[return-value]  # three of them


# debouncing


def test_a_test_fails_after_its_seconds_and_not_before() -> None:
    memory = CodeMemory([THERMOSTAT])
    memory.cycle_begins()
    drive(memory, {"P0128": True}, seconds=4)
    assert memory.pending() == ()
    drive(memory, {"P0128": True}, seconds=1)
    assert memory.pending() == (THERMOSTAT,)


def test_good_seconds_between_count_against_the_bad_ones() -> None:
    memory = CodeMemory([THERMOSTAT])
    memory.cycle_begins()
    for bad in (True, True, True, True, False, True):
        memory.observe("P0128", bad)
    assert not memory.status("P0128") & Status.TEST_FAILED
    memory.observe("P0128", True)
    assert memory.status("P0128") & Status.TEST_FAILED


def test_a_healthy_test_of_many_hours_fails_as_fast_as_a_fresh_one() -> None:
    memory = CodeMemory([THERMOSTAT])
    memory.cycle_begins()
    drive(memory, {"P0128": False}, seconds=1000)
    drive(memory, {"P0128": True}, seconds=5)
    assert memory.pending() == (THERMOSTAT,)


def test_a_failed_test_passes_again_after_its_seconds() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    drive(memory, {"C0035": True}, seconds=2)
    assert memory.active() == (SENSOR,)
    drive(memory, {"C0035": False}, seconds=1)
    assert (memory.active(), memory.previously_active()) == ((), (SENSOR,))


def test_bad_seconds_between_count_against_the_good_ones() -> None:
    memory = CodeMemory([THERMOSTAT])
    memory.cycle_begins()
    drive(memory, {"P0128": True})
    for bad in (False, False, False, False, True, False):
        memory.observe("P0128", bad)
    assert memory.status("P0128") & Status.TEST_FAILED
    memory.observe("P0128", False)
    assert not memory.status("P0128") & Status.TEST_FAILED


# trips


def test_two_trips_confirm_and_light_the_lamp() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    assert codes(memory) == (["P0128"], [], [])
    assert not memory.mil
    trip(memory, {"P0128": True})
    assert codes(memory) == (["P0128"], ["P0128"], ["P0128"])
    assert memory.mil


def test_failing_twice_in_one_trip_confirms_nothing() -> None:
    memory = CodeMemory([THERMOSTAT])
    memory.cycle_begins()
    for bad in (True, False, True):
        drive(memory, {"P0128": bad})
    memory.cycle_ends()
    assert codes(memory) == (["P0128"], [], [])


def test_a_good_trip_between_takes_the_pending_code_away() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, False, True):
        trip(memory, {"P0128": bad})
    assert codes(memory) == (["P0128"], [], [])


def test_a_trip_in_which_the_test_did_not_run_counts_neither_way() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    trip(memory, {})
    trip(memory, {"P0128": True})
    assert memory.confirmed() == (THERMOSTAT,)


def test_one_trip_codes_are_confirmed_at_once() -> None:
    memory = CodeMemory([CHARGING])
    trip(memory, {"P0562": True})
    assert codes(memory) == (["P0562"], ["P0562"], [])  # no permanent code without the MIL
    assert memory.lamp(Lamp.RED)
    assert not memory.mil


def test_the_mil_goes_off_after_three_good_trips_and_the_permanent_code_with_it() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, True, False, False):
        trip(memory, {"P0128": bad})
    assert memory.lamp(Lamp.MIL)
    trip(memory, {"P0128": False})
    assert not memory.lamp(Lamp.MIL)
    assert codes(memory) == ([], ["P0128"], [])


def test_a_failure_starts_the_three_good_trips_again() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, True, False, False, True, False, False):
        trip(memory, {"P0128": bad})
    assert memory.mil


def test_a_confirmed_code_is_forgotten_after_forty_warm_ups() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, True, False, False, False):
        trip(memory, {"P0128": bad})
    for _ in range(39):
        warm_up(memory)
    assert memory.confirmed() == (THERMOSTAT,)
    warm_up(memory)
    assert memory.confirmed() == ()


def test_a_failure_starts_the_forty_warm_ups_again() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, True, False, False, False):
        trip(memory, {"P0128": bad})
    for _ in range(30):
        warm_up(memory)
    trip(memory, {"P0128": True})
    for _ in range(3):
        trip(memory, {"P0128": False})
    for _ in range(39):
        warm_up(memory)
    assert memory.confirmed() == (THERMOSTAT,)
    warm_up(memory)
    assert memory.confirmed() == ()


def test_warm_ups_count_only_while_the_lamp_is_off() -> None:
    memory = CodeMemory([THERMOSTAT])
    for bad in (True, True):
        trip(memory, {"P0128": bad})
    for _ in range(60):
        warm_up(memory)
    assert memory.mil
    assert memory.confirmed() == (THERMOSTAT,)


def test_without_an_engine_each_drive_counts_as_a_warm_up() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    drive(memory, {"C0035": True})
    drive(memory, {"C0035": False})
    for _ in range(41):
        memory.cycle_begins()
        drive(memory, {"C0035": False}, seconds=2, coolant_c=float("nan"))
        memory.cycle_ends()
    assert memory.confirmed() == ()


# clearing


def test_clearing_leaves_permanent_codes_and_the_status_of_a_new_unit() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    trip(memory, {"P0128": True})
    memory.clear()
    assert codes(memory) == ([], [], ["P0128"])
    assert not memory.mil
    assert memory.status("P0128") == 0x50
    assert memory.freeze_frame() is None


def test_a_fault_that_is_still_there_comes_back_by_the_same_trips() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    memory.cycle_begins()
    drive(memory, {"P0128": True})
    memory.clear()
    drive(memory, {"P0128": True})
    assert codes(memory) == (["P0128"], [], ["P0128"])
    trip(memory, {"P0128": True})
    assert memory.mil


def test_after_a_clear_one_pass_heals_the_permanent_code_of_a_test_that_runs_once() -> None:
    memory = CodeMemory([CATALYST])
    trip(memory, {"P0420": True})
    trip(memory, {"P0420": True})
    memory.clear()
    trip(memory, {})
    assert memory.permanent() == (CATALYST,)
    trip(memory, {"P0420": False})
    assert memory.permanent() == ()


def test_after_a_clear_the_permanent_code_of_a_continuous_test_wants_a_proper_drive() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    trip(memory, {"P0128": True})
    memory.clear()
    trip(memory, {"P0128": False})
    memory.cycle_begins()
    drive(memory, {"P0128": False}, seconds=900, kmh=50.0)  # long, but without an idle
    memory.cycle_ends()
    assert memory.permanent() == (THERMOSTAT,)
    proper_drive(memory, {"P0128": False})
    assert memory.permanent() == ()


def test_dm3_takes_previously_active_codes_only() -> None:
    memory = CodeMemory([SENSOR, CHARGING])
    memory.cycle_begins()
    drive(memory, {"C0035": True, "P0562": True})
    drive(memory, {"C0035": False, "P0562": True})
    memory.clear_inactive()
    assert memory.confirmed() == memory.active() == (CHARGING,)


def test_a_code_cleared_by_dm3_comes_back_in_the_same_trip() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    drive(memory, {"C0035": True})
    drive(memory, {"C0035": False})
    memory.clear_inactive()
    drive(memory, {"C0035": True})
    assert memory.active() == (SENSOR,)


def test_clearing_some_codes_keeps_the_others_and_the_counters() -> None:
    memory = CodeMemory([THERMOSTAT, SENSOR])
    memory.cycle_begins()
    drive(memory, {"P0128": True, "C0035": True}, kmh=36.0, seconds=100)
    memory.clear(lambda code: code is SENSOR)
    assert memory.failed_once() == (THERMOSTAT,)
    assert memory.distance_since_clear_km == pytest.approx(1.0)
    memory.clear(lambda code: code.emission)
    assert memory.distance_since_clear_km == 0.0


# status byte (ISO 14229-1 D.2)


def test_the_status_byte_through_the_life_of_a_code() -> None:
    memory = CodeMemory([THERMOSTAT])
    seen = [memory.status("P0128")]
    memory.cycle_begins()
    for bad in (False, True):
        drive(memory, {"P0128": bad})
        seen.append(memory.status("P0128"))
    memory.cycle_begins()
    seen.append(memory.status("P0128"))
    for bad in (True, False):
        drive(memory, {"P0128": bad})
        seen.append(memory.status("P0128"))
    for _ in range(3):
        trip(memory, {"P0128": False})
    seen.append(memory.status("P0128"))
    assert [f"{status:02X}" for status in seen] == ["50", "00", "27", "65", "AF", "AE", "28"]


def test_codes_that_never_failed_are_not_listed() -> None:
    memory = CodeMemory([THERMOSTAT, SENSOR])
    memory.cycle_begins()
    drive(memory, {"P0128": False, "C0035": True}, seconds=3)
    assert memory.failed_once() == (SENSOR,)


def test_occurrences_count_how_often_a_code_became_active() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    for _ in range(200):
        drive(memory, {"C0035": True}, seconds=2)
        drive(memory, {"C0035": False}, seconds=2)
        if memory.occurrences("C0035") == 2:
            assert memory.previously_active() == (SENSOR,)
    assert memory.occurrences("C0035") == 126


# lamps


def test_a_misfire_flashes_at_once_and_goes_dark_when_it_ends_in_its_first_trip() -> None:
    memory = CodeMemory([MISFIRE])
    memory.cycle_begins()
    drive(memory, {"P0300": True}, seconds=3)
    assert memory.flashing(Lamp.MIL)
    assert memory.lamp(Lamp.MIL)
    drive(memory, {"P0300": False})
    assert not memory.flashing(Lamp.MIL)
    assert not memory.lamp(Lamp.MIL)


def test_a_misfire_of_the_last_trip_does_not_flash_before_it_is_seen_again() -> None:
    memory = CodeMemory([MISFIRE])
    trip(memory, {"P0300": True})
    trip(memory, {"P0300": True})
    memory.cycle_begins()
    assert memory.mil
    assert not memory.flashing(Lamp.MIL)


def test_other_lamps_are_on_while_the_code_is_active() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    drive(memory, {"C0035": True})
    assert memory.lamp(Lamp.AMBER)
    assert memory.lit() == (SENSOR,)
    drive(memory, {"C0035": False})
    assert not memory.lamp(Lamp.AMBER)


# freeze frames


def test_the_freeze_frame_is_of_the_second_in_which_the_first_code_failed() -> None:
    memory = CodeMemory([THERMOSTAT, CATALYST])
    memory.cycle_begins()
    asked = []
    for second in range(12):
        memory.observe("P0128", True)
        if second > 3:
            memory.observe("P0420", True)

        def readings(second: int = second) -> Readings:
            asked.append(second)
            return {"rpm": float(second)}

        memory.second(readings, running=True, speed_kmh=0.0, coolant_c=90.0)
    assert asked == [4, 8]  # asked only when something failed
    assert memory.freeze_frame() == (THERMOSTAT, {"rpm": 4.0})
    assert memory.snapshot("P0420") == {"rpm": 8.0}


def test_fuel_and_misfire_replace_other_freeze_frames() -> None:
    memory = CodeMemory([THERMOSTAT, LEAN, MISFIRE])
    memory.cycle_begins()
    drive(memory, {"P0128": True}, readings=lambda: {"rpm": 1.0})
    drive(memory, {"P0171": True}, readings=lambda: {"rpm": 2.0})
    drive(memory, {"P0300": True}, readings=lambda: {"rpm": 3.0})
    assert memory.freeze_frame() == (LEAN, {"rpm": 2.0})


def test_the_freeze_frame_goes_with_a_pending_code_that_is_not_confirmed() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    assert memory.freeze_frame() is not None
    trip(memory, {"P0128": False})
    assert memory.freeze_frame() is None
    assert memory.snapshot("P0128") is None


def test_codes_that_are_no_part_of_obd_make_no_freeze_frame_but_a_snapshot() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    drive(memory, {"C0035": True}, readings=lambda: {"kmh": 3.0})
    assert memory.freeze_frame() is None
    assert memory.snapshot("C0035") == {"kmh": 3.0}


def test_a_snapshot_does_not_follow_what_it_was_made_of() -> None:
    memory = CodeMemory([SENSOR])
    memory.cycle_begins()
    live = {"kmh": 3.0}
    drive(memory, {"C0035": True}, readings=lambda: live)
    live["kmh"] = 99.0
    assert memory.snapshot("C0035") == {"kmh": 3.0}


# readiness and counters


def test_readiness_wants_a_result_of_every_test_of_the_group() -> None:
    second = Code("P0430", "Catalyst, bank 2", monitor=Monitor.CATALYST)
    memory = CodeMemory([CATALYST, second, THERMOSTAT])
    assert memory.supported_monitors() == {Monitor.CATALYST, Monitor.COMPONENTS}
    memory.cycle_begins()
    drive(memory, {"P0420": False})
    assert not memory.complete(Monitor.CATALYST)
    drive(memory, {"P0430": True})
    assert memory.complete(Monitor.CATALYST)
    assert memory.complete_this_cycle(Monitor.CATALYST)
    memory.cycle_begins()
    assert memory.complete(Monitor.CATALYST)
    assert not memory.complete_this_cycle(Monitor.CATALYST)
    memory.clear()
    assert not memory.complete(Monitor.CATALYST)
    assert memory.complete(Monitor.COMPONENTS)  # continuous


def test_a_monitor_can_be_said_to_be_done() -> None:
    memory = CodeMemory([CATALYST])
    memory.cycle_begins()
    memory.done(Monitor.CATALYST)
    assert memory.complete(Monitor.CATALYST)
    memory.cycle_begins()
    assert not memory.complete_this_cycle(Monitor.CATALYST)
    memory.clear()
    assert not memory.complete(Monitor.CATALYST)


def test_counters_of_distance_time_and_warm_ups() -> None:
    memory = CodeMemory([THERMOSTAT])
    trip(memory, {"P0128": True})
    memory.clear()
    warm_up(memory)
    trip(memory, {"P0128": True})
    memory.cycle_begins()
    drive(memory, {}, seconds=600, kmh=60.0)
    assert memory.run_s == 600.0
    assert (memory.distance_with_mil_km, memory.minutes_with_mil) == (0.0, 0.0)
    drive(memory, {"P0128": True}, seconds=604, kmh=60.0)
    assert memory.distance_with_mil_km == pytest.approx(10.0)
    assert memory.minutes_with_mil == pytest.approx(10.0)
    assert memory.distance_since_clear_km == pytest.approx(1204 / 60)
    assert memory.minutes_since_clear == pytest.approx((4 + 20 + 1204) / 60)
    assert memory.warm_ups_since_clear == 1
    assert memory.cycles == 4
    memory.clear()
    assert (memory.distance_with_mil_km, memory.distance_since_clear_km, memory.warm_ups_since_clear) == (0.0, 0.0, 0)


def test_a_warm_restart_is_no_warm_up() -> None:
    memory = CodeMemory([])
    memory.cycle_begins()
    drive(memory, {}, coolant_c=75.0)
    drive(memory, {}, coolant_c=95.0)
    assert memory.warm_ups_since_clear == 0


def test_ratios_count_tests_and_proper_drives_and_survive_a_clear() -> None:
    memory = CodeMemory([CATALYST])
    trip(memory, {"P0420": False})
    proper_drive(memory, {"P0420": False})
    proper_drive(memory, {})
    memory.clear()
    assert memory.ratio(Monitor.CATALYST) == (2, 2)
    assert memory.general_denominator == 2
    assert memory.ratio(Monitor.EVAP) == (0, 0)


def test_a_code_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="twice"):
        CodeMemory([SENSOR, SENSOR])


# whatever happens

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("drive"), st.sampled_from(["P0128", "P0420", "P0300", "C0035"]), st.booleans()),
        st.tuples(st.sampled_from(["begin", "end", "clear", "dm3", "warm"]), st.just(""), st.just(False)),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_bits_never_contradict_each_other(steps: list[tuple[str, str, bool]]) -> None:
    memory = CodeMemory([THERMOSTAT, CATALYST, MISFIRE, SENSOR])
    happenings: dict[str, Callable[[], None]] = {
        "begin": memory.cycle_begins,
        "end": memory.cycle_ends,
        "clear": memory.clear,
        "dm3": memory.clear_inactive,
        "warm": lambda: warm_up(memory),
    }
    for what, text, bad in steps:
        before = memory.permanent()
        if what == "drive":
            drive(memory, {text: bad}, seconds=6)
        else:
            happenings[what]()
        if what in {"clear", "dm3"}:
            assert memory.permanent() == before
        for code in memory.codes:
            status = Status(memory.status(code.text))
            failed_now = Status.TEST_FAILED_THIS_CYCLE in status
            assert not (failed_now and Status.NOT_COMPLETED_THIS_CYCLE in status)
            assert not (failed_now and Status.PENDING not in status)
            assert not (Status.FAILED_SINCE_CLEAR in status and Status.NOT_COMPLETED_SINCE_CLEAR in status)
            assert not (Status.TEST_FAILED in status and Status.FAILED_SINCE_CLEAR not in status)
            assert (code in memory.confirmed()) == (Status.CONFIRMED in status)
        assert set(memory.confirmed()) == {*memory.active(), *memory.previously_active()}
        assert not set(memory.active()) & set(memory.previously_active())
        assert memory.mil == memory.lamp(Lamp.MIL)
