"""The traction battery: what goes in and out, cell by cell, and as a whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.ev.cells import BLEED_A, CELLS, CHARGE_KNOTS, MODULES, OPEN_V, Cells, cold
from edge.simulator.ev.estimate import Estimate
from edge.simulator.ev.pack import WIRES_OHM, Pack
from edge.simulator.ev.pack_heat import COOLANT_KG, PackHeat

AH = 170.0


def cells(charge: float = 0.5, *, spread: float = 0.005, seed: int = 1) -> Cells:
    rng = np.random.default_rng(seed)
    return Cells.draw(rng, ah=AH, charge=charge, capacity_spread=spread, ohm_spread=0.02)


def warm(temp_c: float = 20.0) -> PackHeat:
    return PackHeat([temp_c] * MODULES, temp_c, temp_c)


def chill(heat: PackHeat, *, heat_j: float, cooling_w: float) -> None:
    heat.second(
        heat_j=heat_j,
        ambient_c=25.0,
        asked_rpm=3_600.0,
        cooling_w=cooling_w,
        heating_w=0.0,
        radiator=False,
        lost_kg_per_h=0.0,
    )


def test_a_fuller_cell_has_more_volts() -> None:
    assert (np.diff(OPEN_V) > 0.0).all()
    assert (np.diff(CHARGE_KNOTS) > 0.0).all()


def test_the_pack_holds_about_sixty_kilowatt_hours() -> None:
    whole = cells(0.0)
    energy_wh = 0.0
    for _ in range(100):
        whole.store(AH * 0.01, 3600.0)
        energy_wh += whole.pack_open_v * AH * 0.01
    assert 58_000 < energy_wh < 64_000
    assert 390 < whole.pack_open_v < 404


@given(st.lists(st.tuples(st.floats(-400.0, 400.0), st.floats(0.1, 5.0)), max_size=40))
def test_every_cell_counts_the_same_current(flows: list[tuple[float, float]]) -> None:
    whole = cells()
    before = whole.charge_ah.copy()
    for current_a, span_s in flows:
        whole.store(current_a, span_s)
    stored = sum(current_a * span_s for current_a, span_s in flows) / 3600.0
    assert np.allclose(whole.charge_ah - before, stored, atol=1e-9)


def test_a_cell_that_leaks_is_the_lowest_and_costs_the_whole_pack() -> None:
    whole = cells()
    left_ah, room_ah = whole.left_ah(), whole.room_ah()
    whole.spoil({}, {}, {41: 0.3})
    for _ in range(240):
        whole.store(0.0, 3600.0)
    whole.measure(0.0, 0.0)
    assert whole.lowest_id == 41
    assert whole.volts[41] < whole.mean_v - 0.2
    assert whole.left_ah() < left_ah - 60.0
    assert whole.room_ah() == pytest.approx(room_ah)  # the others are as full as before: charging ends where it did


def test_a_tired_cell_sags_most_under_load_and_rises_most_while_charging() -> None:
    whole = cells()
    whole.spoil({}, {7: 3.0}, {})
    whole.warm([20.0] * MODULES)
    whole.measure(-200.0, -0.05)
    assert whole.lowest_id == 7
    whole.measure(200.0, 0.05)
    assert whole.highest_id == 7


def test_capacity_is_lost_together_with_its_charge() -> None:
    whole = cells(0.6)
    share = float(whole.charge_ah[5] / whole.capacity_ah[5])
    for step in range(1, 31):
        whole.spoil({5: 1.0 - 0.01 * step}, {}, {})
    assert float(whole.charge_ah[5] / whole.capacity_ah[5]) == pytest.approx(share)
    whole.store(-30.0, 3600.0)
    whole.measure(0.0, 0.0)
    assert whole.lowest_id == 5  # the smaller one empties faster


def test_what_was_spoilt_is_whole_again_without_the_fault() -> None:
    whole = cells()
    before = whole.capacity_ah.copy()
    whole.spoil({3: 0.5}, {}, {})
    assert whole.capacity_ah[3] == pytest.approx(0.5 * before[3])
    whole.spoil({}, {}, {})
    assert np.array_equal(whole.capacity_ah, before)


def test_balancing_brings_full_cells_down_to_the_lowest_and_no_further() -> None:
    whole = cells(0.6)
    whole.charge_ah[10] += 2.0
    lowest = float((whole.charge_ah / whole.capacity_ah).min())
    whole.balance(3600.0)
    assert whole.bleeding >= 1
    for _ in range(200):
        whole.balance(3600.0)
    share = whole.charge_ah / whole.capacity_ah
    assert whole.bleeding == 0
    assert float(share.max()) < lowest + 0.004
    assert float(share.min()) > lowest - 0.001


def test_balancing_is_slower_than_a_bad_leak() -> None:
    assert BLEED_A < 3.7 / 32.0 * 0.6  # else no such fault would ever show


def test_cold_cells_resist_more() -> None:
    assert cold(25.0) == pytest.approx(1.0)
    assert cold(-10.0) > 2.5
    assert cold(45.0) < 0.65


@given(st.floats(-140_000.0, 140_000.0), st.floats(0.1, 0.95), st.floats(-10.0, 45.0))
def test_terminals_give_the_power_that_is_asked_and_lose_heat(power_w: float, charge: float, temp_c: float) -> None:
    whole = cells(charge)
    whole.warm([temp_c] * MODULES)
    pack = Pack(whole)
    pack.step(power_w, 1.0)
    most_w = whole.pack_open_v**2 / 4.0 / (whole.series_ohm + WIRES_OHM)
    if power_w < most_w:
        assert pack.volt * -pack.current_a == pytest.approx(power_w, rel=1e-6, abs=1e-3)
    else:
        assert pack.volt * -pack.current_a == pytest.approx(most_w, rel=1e-6)
    assert pack.second() >= 0.0
    assert (pack.current_a > 0.0) == (power_w < 0.0) or power_w == pytest.approx(0.0, abs=1e-3)


def test_voltage_sags_with_time_and_comes_back_within_minutes() -> None:
    pack = Pack(cells(0.6))
    rest_v = pack.cells.pack_open_v
    pack.step(50_000.0, 0.1)
    first_v = pack.volt
    for _ in range(60):
        pack.step(50_000.0, 1.0)
    later_v = pack.volt
    for _ in range(1200):
        pack.step(0.0, 1.0)
    assert later_v < first_v - 1.0
    assert pack.volt == pytest.approx(rest_v, abs=0.3)


def test_modules_warm_by_their_heat_and_the_last_on_the_coolant_is_the_warmest() -> None:
    heat = warm(30.0)
    for _ in range(900):
        chill(heat, heat_j=6_000.0, cooling_w=4_500.0)
    assert heat.modules_c[-2] > heat.modules_c[0] + 1.0
    assert heat.inlet_c < heat.modules_c[0] - 3.0
    assert heat.outlet_c > heat.inlet_c + 3.0
    assert 30.0 < sum(heat.modules_c) / MODULES < 40.0


@given(st.floats(-15.0, 40.0), st.floats(5.0, 45.0))
def test_at_rest_the_pack_drifts_to_the_air_and_not_past_it(ambient_c: float, start_c: float) -> None:
    heat = warm(start_c)
    for _ in range(3 * 24 * 60):
        heat.rest(ambient_c, 60.0, 0.0)
    low, high = sorted((ambient_c, start_c))
    assert all(low - 1e-6 <= temp_c <= high + 1e-6 for temp_c in heat.modules_c)
    assert all(abs(temp_c - ambient_c) <= 0.1 * abs(start_c - ambient_c) + 1e-9 for temp_c in heat.modules_c)


def test_without_coolant_the_pump_races_and_modules_no_longer_follow_the_inlet() -> None:
    full, empty = warm(40.0), warm(40.0)
    empty.coolant_kg = 0.5 * COOLANT_KG
    for heat in (full, empty):
        for _ in range(600):
            chill(heat, heat_j=5_000.0, cooling_w=6_000.0)
    assert full.level == 1.0
    assert empty.level == 0.0
    assert empty.pump_rpm > 1.25 * full.pump_rpm
    assert max(empty.modules_c) > max(full.modules_c) + 4.0
    assert empty.inlet_c > 38.0 > full.inlet_c


def test_a_leak_first_shows_in_the_expansion_tank() -> None:
    heat = warm()
    heat.second(
        heat_j=0.0, ambient_c=20.0, asked_rpm=1_000.0, cooling_w=0.0, heating_w=0.0, radiator=False,
        lost_kg_per_h=0.6, span_s=3600.0,
    )  # fmt: skip
    assert heat.lost_share == pytest.approx(0.1)
    assert heat.level == pytest.approx(1.0 - 0.1 / 0.18)
    running_kg = heat.coolant_kg
    heat.rest(20.0, 3600.0, 0.6)
    assert running_kg - heat.coolant_kg == pytest.approx(0.15)


def test_the_estimate_counts_current_and_settles_on_what_cells_show_at_rest() -> None:
    estimate = Estimate(charge=0.5, capacity_ah=AH, new_ah=AH)
    seen = {"pack_a": -85.0, "cell_min_v": 3.6, "cell_max_v": 3.7}
    for _ in range(3600):
        estimate.second(seen)
    assert estimate.charge == pytest.approx(0.0, abs=1e-6)
    estimate.charge = 0.5
    for _ in range(60):
        estimate.settle(0.3 * AH * 0.8, 0.7 * AH * 0.8, 600.0)
    assert estimate.charge == pytest.approx(0.3, abs=0.001)
    assert 0.82 < estimate.health < 0.99  # capacity is learned far more slowly


def test_the_estimate_believes_an_empty_cell_and_ignores_a_lost_sensor() -> None:
    estimate = Estimate(charge=0.4, capacity_ah=AH, new_ah=AH)
    for _ in range(600):
        estimate.second({"pack_a": -5.0, "cell_min_v": 3.2, "cell_max_v": 3.8})
    assert estimate.charge < 0.07
    before = estimate.charge
    estimate.second({"pack_a": float("nan"), "cell_min_v": 3.2, "cell_max_v": 3.8})
    assert estimate.charge == before


def test_a_factory_makes_ninety_six_cells_that_differ_a_little() -> None:
    whole = cells(spread=0.006)
    assert len(whole.volts) == CELLS
    share = whole.capacity_ah / AH
    assert 0.002 < float(share.std()) < 0.01
    whole.measure(0.0, 0.0)
    assert float(whole.volts.max() - whole.volts.min()) < 0.015
