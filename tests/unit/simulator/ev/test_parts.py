"""Drive unit, road, high voltage, 12 V, charging, cabin and stops, each by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.ev.cabin import Cabin, heating_cop
from edge.simulator.ev.charging import DC_GREETING_S, Charge, Charging
from edge.simulator.ev.drive_unit import OMEGA_PER_MPS, PEAK_NM, PEAK_W, SLEW_NM, DriveUnit
from edge.simulator.ev.high_voltage import CLOSES_SHARE, SHOWN_KOHM, Contactors, HighVoltage
from edge.simulator.ev.low_voltage import LowVoltage
from edge.simulator.ev.road import Road
from edge.simulator.ev.stops import ChargingStop, Phase
from edge.simulator.ev.top_up import IN_A_ROW, LASTS_S, TopUp
from edge.simulator.journey import Key
from edge.simulator.parts.lead_acid import LeadAcid

KMH = 1.0 / 3.6
LIMIT_W = 165_000.0
REGEN_W = 75_000.0


def unit(temp_c: float = 40.0) -> DriveUnit:
    return DriveUnit(temp_c, temp_c, temp_c)


def drive(
    road: Road, motor: DriveUnit, target_mps: float, *, ahead_mps: float | None = None, grade: float = 0.0
) -> float:
    return road.step(
        target_mps=target_mps,
        ahead_mps=target_mps if ahead_mps is None else ahead_mps,
        grade=grade,
        unit=motor,
        most_nm=motor.most_nm(LIMIT_W),
        regen_w=REGEN_W,
    )


def cruise_kw(kmh: float) -> float:
    road, motor = Road(2000.0, speed_mps=kmh * KMH), unit(50.0)
    power = [drive(road, motor, kmh * KMH) for _ in range(400)]
    assert road.speed_mps == pytest.approx(kmh * KMH, abs=0.4)
    return sum(power[200:]) / 200.0 / 1000.0


def inlet(ambient_c: float = 20.0) -> Charging:
    return Charging(ambient_c, ambient_c)


def charge(port: Charging, **changes: float | bool) -> None:
    settings: dict[str, float | bool] = {
        "allowed_w": 120_000.0,
        "full": False,
        "refused": False,
        "too_hot": False,
        "share": 1.0,
        "closed": True,
        "pack_v": 350.0,
    }
    port.second(**settings | changes)  # type: ignore[arg-type]


def low_voltage(charge_share: float = 0.8) -> LowVoltage:
    return LowVoltage(LeadAcid(36.0, charge_share, 0.007, 20.0), 12.0, 20.0, volt=12.6)


# drive unit and road


@given(st.floats(-190.0, PEAK_NM), st.floats(0.0, 1_200.0))
def test_a_motor_never_gives_more_than_it_takes(nm: float, omega: float) -> None:
    motor = unit()
    motor.nm = nm
    power_w = motor.turn(nm, omega, 0.1)
    assert power_w == pytest.approx(nm * omega + motor.motor_loss_w + motor.inverter_loss_w)
    assert motor.motor_loss_w >= 0.0
    assert motor.inverter_loss_w > 0.0


@given(st.floats(0.0, 1_250.0), st.floats(0.0, 200_000.0))
def test_torque_keeps_within_motor_and_battery(omega: float, limit_w: float) -> None:
    motor = unit()
    motor.omega = omega
    most = motor.most_nm(limit_w)
    assert 0.0 <= most <= PEAK_NM
    if omega > 1.0:
        assert most * omega <= min(limit_w, PEAK_W) + 1e-6


def test_torque_rises_no_faster_than_shafts_allow() -> None:
    motor = unit()
    motor.turn(300.0, 0.0, 0.1)
    assert motor.nm == SLEW_NM


def test_efficiency_is_that_of_an_ordinary_drive_unit() -> None:
    def efficiency(nm: float, omega: float) -> float:
        motor = unit(50.0)
        motor.nm = nm
        return nm * omega / motor.turn(nm, omega, 0.1)

    assert 0.94 < efficiency(100.0, 600.0) < 0.98
    assert 0.84 < efficiency(20.0, 700.0) < 0.95
    assert efficiency(300.0, 100.0) < 0.85  # pulling away uphill warms


def test_power_at_steady_speeds() -> None:
    assert 3.5 < cruise_kw(50.0) < 5.5
    assert 13.5 < cruise_kw(100.0) < 17.0
    assert 24.0 < cruise_kw(130.0) < 31.0


def test_from_a_standstill_to_100_and_its_top_speed() -> None:
    road, motor = Road(2000.0), unit()
    hundred_s = 0.0
    for step in range(600):
        drive(road, motor, 80.0, ahead_mps=84.0)
        if not hundred_s and road.speed_mps >= 100.0 * KMH:
            hundred_s = step / 10.0
    assert 6.5 < hundred_s < 10.5
    assert 158.0 < road.speed_mps / KMH < 164.0


def test_it_climbs_a_third_and_not_a_half() -> None:
    def speed(grade: float) -> float:
        road, motor = Road(2000.0), unit()
        for _ in range(300):
            drive(road, motor, 10.0, grade=grade)
        return road.speed_mps

    assert speed(0.33) > 8.0
    assert speed(0.5) == 0.0


def test_gentle_braking_is_the_motors_work_and_hard_braking_the_discs_too() -> None:
    def brake(decel: float) -> tuple[float, float]:
        road, motor = Road(2000.0, speed_mps=25.0), unit()
        gained_j, most_bar, target = 0.0, 0.0, 25.0
        while target > 3.0:
            target -= decel * 0.1
            gained_j -= min(drive(road, motor, target, ahead_mps=target - decel), 0.0) * 0.1
            most_bar = max(most_bar, road.friction)
        return gained_j, most_bar

    gentle_j, gentle = brake(1.2)
    hard_j, hard = brake(4.0)
    assert gentle == 0.0
    assert gentle_j > 0.6 * 0.5 * 2000.0 * (25.0**2 - 3.0**2)
    assert hard > 0.1
    assert hard_j < gentle_j


def test_a_battery_that_takes_nothing_leaves_all_braking_to_the_discs() -> None:
    road, motor = Road(2000.0, speed_mps=25.0), unit()
    for step in range(50):
        target = 25.0 - 0.2 * step
        road.step(target_mps=target, ahead_mps=target - 2.0, grade=0.0, unit=motor, most_nm=300.0, regen_w=0.0)
    assert motor.nm == 0.0
    assert road.friction > 0.15
    assert road.brake >= road.friction - 1e-9


def test_it_stands_on_a_hill_and_backs_out() -> None:
    road, motor = Road(2000.0), unit()
    for _ in range(50):
        drive(road, motor, 0.0, grade=0.12)
    assert road.speed_mps == 0.0
    for _ in range(80):
        drive(road, motor, -1.2)
    backed_out = road.backwards
    assert road.speed_mps == pytest.approx(1.2, abs=0.3)
    for _ in range(80):
        drive(road, motor, 0.0)
    for _ in range(80):
        drive(road, motor, 4.0)
    assert (backed_out, road.backwards) == (True, False)
    assert road.speed_mps == pytest.approx(4.0, abs=0.5)


def test_a_dead_car_rolls_to_a_standstill() -> None:
    road, motor = Road(2000.0, speed_mps=20.0), unit()
    for _ in range(200):
        road.coast(0.0, motor, brakes=True)
    assert road.speed_mps == 0.0
    assert motor.nm == 0.0


def settle(motor: DriveUnit, *, seconds: int, flow: float = 1.0, nm: float = 40.0) -> DriveUnit:
    for _ in range(seconds):
        for _ in range(10):
            motor.turn(nm, 30.0 * OMEGA_PER_MPS, 0.1)
        motor.second(asked_rpm=2_500.0, fan=0.0, other_w=100.0, speed_mps=30.0, ambient_c=20.0, flow=flow, turns=1.0)
    return motor


def test_on_the_motorway_motor_and_inverter_stay_at_ordinary_temperatures() -> None:
    motor = settle(unit(20.0), seconds=3600)
    assert 34.0 < motor.coolant_c < 48.0
    assert motor.coolant_c + 2.0 < motor.inverter_c < 60.0
    assert 50.0 < motor.motor_c < 110.0


def test_without_flow_the_inverter_overheats_within_minutes_while_its_coolant_stays_cool() -> None:
    motor = settle(unit(40.0), seconds=1200, flow=0.0)
    assert motor.inverter_c > 105.0
    assert motor.coolant_c < 55.0


# high voltage


def test_contactors_close_after_precharge_and_the_link_bleeds_down_after() -> None:
    high = HighVoltage(4_000.0)
    states = []
    for _ in range(10):
        high.step(wanted=True, pack_v=360.0, volt=12.6, span_s=0.1)
        states.append(high.state)
        if high.state is Contactors.PRECHARGE:
            assert high.link_v <= CLOSES_SHARE * 360.0
    assert states[0] is Contactors.PRECHARGE
    assert states[-1] is Contactors.CLOSED
    assert 2 <= states.index(Contactors.CLOSED) <= 8
    for _ in range(50):
        high.step(wanted=False, pack_v=360.0, volt=12.6, span_s=0.1)
    assert high.state is Contactors.OPEN
    assert high.link_v < 60.0  # ISO 6469-4


def test_contactors_need_12_volts_to_close_and_less_to_hold() -> None:
    high = HighVoltage(4_000.0)
    high.step(wanted=True, pack_v=360.0, volt=9.3, span_s=1.0)
    assert high.state is Contactors.OPEN
    for _ in range(10):
        high.step(wanted=True, pack_v=360.0, volt=12.0, span_s=0.1)
    high.step(wanted=True, pack_v=360.0, volt=9.3, span_s=0.1)
    assert high.closed
    high.step(wanted=True, pack_v=360.0, volt=8.8, span_s=0.1)
    assert not high.closed


@given(st.floats(2_500.0, 9_000.0), st.floats(0.0, 1.0), st.floats(1.0, 5_000.0))
def test_a_path_to_the_body_lowers_what_is_measured(own_kohm: float, wet: float, path_kohm: float) -> None:
    sound, hurt = HighVoltage(own_kohm), HighVoltage(own_kohm)
    for _ in range(400):
        sound.insulate(path_kohm=None, wet=wet)
        hurt.insulate(path_kohm=path_kohm, wet=wet)
    assert hurt.shown_kohm <= path_kohm + 1e-3
    assert hurt.shown_kohm < sound.shown_kohm <= SHOWN_KOHM
    assert sound.shown_kohm > 500.0  # a healthy car in the rain is far from any warning


# 12 V


def run(low: LowVoltage, seconds: int, *, fed: bool, key: int = Key.ON) -> None:
    for _ in range(seconds):
        for _ in range(10):
            low.step(key, fed=fed, braking=False, span_s=0.1)
        low.second(coolant_c=30.0, ohm_factor=1.0, fed=fed)


def test_the_converter_holds_14_volts_and_fills_the_battery() -> None:
    low = low_voltage(0.6)
    run(low, 60, fed=True)
    assert 14.0 < low.volt < 14.6
    assert low.current_a > 3.0
    run(low, 7200, fed=True)
    assert low.battery.charge > 0.95
    assert 13.9 < low.volt < 14.2  # floats
    assert low.input_w > low.dcdc_a * low.dcdc_v


def test_without_it_the_battery_alone_feeds_the_car_and_falls() -> None:
    low = low_voltage(0.9)
    low.health = 0.0
    run(low, 600, fed=True)
    at_ten_v = low.volt
    run(low, 900, fed=True)
    assert low.dcdc_a == 0.0
    assert low.current_a < -25.0
    assert low.volt < at_ten_v < 12.4


def test_a_helper_lifts_a_flat_battery() -> None:
    low = low_voltage(0.05)
    run(low, 5, fed=False)
    alone_v = low.volt
    low.helper = True
    run(low, 5, fed=False)
    assert low.volt > alone_v + 0.7


def test_asleep_it_hardly_draws() -> None:
    low = low_voltage(0.9)
    for _ in range(7 * 24):
        low.rest(0.0, 3600.0)
    assert 0.78 < low.battery.charge < 0.86


def test_topping_up_stops_when_full_and_gives_up_after_some_times() -> None:
    top_up = TopUp()
    assert not top_up.wakes(12.7, 0.5, refused=False)
    assert not top_up.wakes(12.2, 0.05, refused=False)
    assert not top_up.wakes(12.2, 0.5, refused=True)
    for _ in range(IN_A_ROW):
        assert top_up.wakes(12.2, 0.5, refused=False)
        for _ in range(200):
            top_up.second(20.0, key_off=True)
        assert top_up.busy
        top_up.second(1.0, key_off=True)
        assert not top_up.busy
    assert not top_up.wakes(12.2, 0.5, refused=False)


def test_topping_up_ends_by_itself_and_with_the_key() -> None:
    top_up = TopUp()
    top_up.wakes(12.2, 0.5, refused=False)
    for _ in range(int(LASTS_S)):
        assert top_up.busy
        top_up.second(20.0, key_off=True)
    assert not top_up.busy
    top_up.wakes(12.2, 0.5, refused=False)
    top_up.second(20.0, key_off=False)
    assert not top_up.busy


# charging


def test_a_fast_charge_greets_ramps_and_keeps_to_what_is_allowed() -> None:
    port = inlet()
    port.plug(fast=True, most_w=150_000.0)
    for _ in range(int(DC_GREETING_S)):
        charge(port)
    assert port.state is Charge.DC
    charge(port)
    first_w = port.power_w
    for _ in range(30):
        charge(port)
    assert 0.0 < first_w < 20_000.0
    assert port.power_w == 120_000.0
    charge(port, allowed_w=40_000.0)
    assert port.power_w == 40_000.0
    charge(port, allowed_w=200_000.0, pack_v=300.0)
    for _ in range(30):
        charge(port, allowed_w=200_000.0, pack_v=300.0)
    assert port.current_a == pytest.approx(350.0)


@pytest.mark.parametrize(
    ("cause", "state", "cut_off"),
    [("full", Charge.DONE, False), ("refused", Charge.STOPPED, False), ("too_hot", Charge.STOPPED, True)],
)
def test_how_a_session_ends(cause: str, state: Charge, cut_off: bool) -> None:
    port = inlet()
    port.plug(fast=True, most_w=150_000.0)
    for _ in range(60):
        charge(port)
    charge(port, **{cause: True})
    assert port.state is state
    assert port.cut_off is cut_off
    assert (port.busy, port.power_w, port.current_a) == (False, 0.0, 0.0)
    port.unplug()
    assert not port.plugged


def test_contacts_warm_with_the_square_of_the_current() -> None:
    def after(amperes: float, ohm: float) -> float:
        port = inlet()
        port.fast, port.current_a = True, amperes
        for _ in range(3600):
            port.heat(ambient_c=20.0, coolant_c=30.0, ohm=ohm)
        return port.inlet_c - 20.0

    assert after(300.0, 1.0) == pytest.approx(4.0 * after(150.0, 1.0), rel=0.01)
    assert 25.0 < after(300.0, 1.0) < 55.0
    assert after(300.0, 10.0) > 200.0


def test_the_wall_box_feeds_eleven_kilowatts_less_losses() -> None:
    port = inlet()
    port.plug(fast=False, most_w=11_000.0)
    for _ in range(60):
        charge(port)
        port.heat(ambient_c=20.0, coolant_c=30.0, ohm=1.0)
    assert port.state is Charge.AC
    assert port.power_w == pytest.approx(10_340.0)
    assert port.current_a == pytest.approx(15.9, abs=0.1)
    assert port.charger_c > 22.0


# cabin and stops


@pytest.mark.parametrize(("ambient_c", "most_kw"), [(-15.0, 5.6), (0.0, 2.5), (20.0, 0.8), (35.0, 2.5)])
def test_the_cabin_gets_comfortable_and_costs_what_the_weather_asks(ambient_c: float, most_kw: float) -> None:
    cabin = Cabin(ambient_c)
    for _ in range(2400):
        cabin.second(ambient_c=ambient_c, sun=0.3, speed_mps=15.0, powered=True)
    assert 19.0 < cabin.temp_c < 24.0
    assert 0.0 < cabin.electric_w / 1000.0 < most_kw


def test_a_heat_pump_is_worth_less_in_the_cold() -> None:
    assert heating_cop(-15.0) == 1.0 < heating_cop(-5.0) < heating_cop(7.0) <= 3.2


def test_a_stop_under_way_goes_through_all_its_phases() -> None:
    stop, road, motor = ChargingStop(), Road(2000.0, speed_mps=30.0), unit()
    stop.begin(under_way=True, speed_mps=30.0)
    phases = [stop.phase]
    shown = 0.08
    for step in range(40_000):
        stop.step(road.speed_mps, 30.0)
        target, ahead = stop.hold(30.0, 30.0) if not stop.idle else (30.0, 30.0)
        if stop.key_off:
            road.coast(0.0, motor, brakes=True)
        else:
            drive(road, motor, target, ahead_mps=ahead)
        if step % 10 == 0:
            shown = min(shown + 0.0005, 1.0) if stop.phase is Phase.CHARGES else shown
            stop.second(shown=shown, over=False)
        if stop.phase is not phases[-1]:
            phases.append(stop.phase)
        if stop.idle:
            break
    assert phases == [
        Phase.PULLS_OVER, Phase.STANDS, Phase.PLUGS, Phase.CHARGES, Phase.LEAVES, Phase.WAKES, Phase.REJOINS, Phase.NONE
    ]  # fmt: skip
    assert shown >= 0.8
    assert road.speed_mps == pytest.approx(30.0, abs=1.5)
