"""`telltale-edge diagnose`, and the daemon itself, beside a simulated car on a real bus."""

import json
from collections.abc import Iterator

import pytest

from tests.programs import run
from tests.vehicle.clients import TROUBLE, Wire


@pytest.fixture(scope="module")
def car(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


def test_a_car_says_who_it_is_and_what_is_wrong(car: Wire) -> None:
    done = run("telltale-edge", "diagnose", "--bus", car.spec, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert len(told["vin"]) == 17
    assert [unit["name"] for unit in told["units"]] == ["ECM-EngineControl", "TCM-TransmisCtrl"]
    (code,) = told["codes"]
    assert (code["code"], code["status"], code["lamp"]) == ("P0303", "confirmed", "on")
    assert code["freeze_frame"]["Vehicle.Speed"] > 0
    assert told["bits_in_a_second_at_most"] <= told["granted_bits_per_s"]
    assert told["counters"]["sent_clearing"] == 0


def test_a_car_that_is_driven_keeps_its_codes(car: Wire) -> None:
    done = run("telltale-edge", "diagnose", "--bus", car.spec, "--clear-codes", "--yes")
    assert done.status == 1
    assert "nothing was erased" in done.err


def test_a_car_that_answers_uds_alone_is_read_as_well() -> None:
    wire = Wire("vcan1")
    with wire.vehicle("ev", "--seed", "3"):
        done = run("telltale-edge", "diagnose", "--bus", wire.spec, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert len(told["vin"]) == 17
    assert len(told["units"]) >= 3


def test_a_truck_is_read_by_j1939() -> None:
    wire = Wire("vcan1")
    trouble = ("--fault", "alternator@50", "--fault", "wheel_speed_dropout@0x2000")
    with wire.vehicle("truck", "--seed", "3", "--skip", "1500", *trouble):
        refused = run(
            "telltale-edge",
            "diagnose",
            "--bus",
            wire.spec,
            "--bitrate",
            "250000",
            "--ask",
            "j1939",
            "--clear-codes",
            "--yes",
        )
        done = run("telltale-edge", "diagnose", "--bus", wire.spec, "--bitrate", "250000", "--ask", "j1939", "--json")
    assert refused.status == 1
    assert "the engine runs" in refused.err
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert len(told["vin"]) == 17
    assert ("21", "SPN 167 FMI 1") in {(code["ecu"], code["code"]) for code in told["codes"]}
    assert told["lamps"]["21"]["red_stop"] == "on"
    assert "charging voltage" in next(code["meaning"] for code in told["codes"] if code["code"] == "SPN 167 FMI 1")
    assert told["bits_in_a_second_at_most"] <= told["granted_bits_per_s"]


def test_nothing_is_erased_by_a_slip(car: Wire) -> None:
    done = run("telltale-edge", "diagnose", "--bus", car.spec, "--clear-codes")
    assert done.status == 78
    assert "--yes" in done.err


@pytest.mark.parametrize("bitrate", ["0", "-5", "4999", "fast", "2000000"])
def test_a_bit_rate_that_is_none_is_refused(bitrate: str) -> None:
    done = run("telltale-edge", "diagnose", "--bus", "can:can0", f"--bitrate={bitrate}")
    assert done.status == 2
    assert "is no bit rate" in done.err


def test_a_silent_bus_is_not_asked() -> None:
    done = run("telltale-edge", "diagnose", "--bus", Wire("vcan1").spec)
    assert done.status == 1
    assert "nothing is heard" in done.err


def test_a_silent_connector_gets_four_padded_questions_and_none_while_the_engine_stands() -> None:
    wire = Wire("vcan1")
    with wire.bus() as ear:
        done = run("telltale-edge", "diagnose", "--bus", wire.spec, "--silent-connector")
        assert (done.status, done.out) == (0, "asked: nothing: asleep\n")
        done = run("telltale-edge", "diagnose", "--bus", wire.spec, "--silent-connector", "--engine-runs")
        assert done.out == "asked: 500k/11, 500k/29, 250k/11, 250k/29: nobody answers\n"
        heard = [ear.recv(timeout=0) for _ in range(5)]
    assert [(one.arbitration_id, one.data.hex()) for one in heard if one is not None] == [
        (0x7DF, "020100cccccccccc"),
        (0x18DB33F1, "020100cccccccccc"),
    ] * 2
