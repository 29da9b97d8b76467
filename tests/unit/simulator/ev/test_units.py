"""Control units as a tester meets them, and what is on the bus."""

import cantools.database
import pytest
from cantools.database import Database

from edge.simulator.broadcast import COUNTER
from edge.simulator.ecu.obd_network import ObdNetwork
from edge.simulator.ev.rows import CELL_COLUMNS, FAST, SLOW
from edge.simulator.ev.senders import SENDERS
from edge.simulator.kinds import EV
from edge.simulator.life import Life
from tests.shared import ROOT
from tests.unit.simulator.ecu.tester import Tester

BMS = 0x7E4
UNITS = {0x7E4: "BMS", 0x7E2: "DRIVE", 0x7E5: "POWER", 0x7D1: "BRAKES", 0x7A0: "BODY"}


@pytest.fixture
def life() -> Life:
    life = Life(vehicle="ev", seed=4, weather="mild")
    for _ in range(90):
        life.second()
    return life


@pytest.fixture
def tester(life: Life) -> Tester:
    network = EV.network(life.vehicle, life.vin, "can0")
    assert isinstance(network, ObdNetwork)
    return Tester(network)


@pytest.fixture(scope="module")
def database() -> Database:
    loaded = cantools.database.load_file(ROOT / "dbc" / "telltale-ev.dbc", strict=True)
    assert isinstance(loaded, Database)
    return loaded


def test_no_mode_of_obd_is_answered(tester: Tester) -> None:
    for request in ("0100", "0902", "03", "07", "0A"):
        assert tester.ask(0x7DF, bytes.fromhex(request)) == {}


@pytest.mark.parametrize("identifier", UNITS)
def test_every_unit_says_who_it_is_on_its_own_id(tester: Tester, identifier: int) -> None:
    answer = tester.one(identifier, bytes.fromhex("22f197"))
    assert answer == b"\x62\xf1\x97" + UNITS[identifier].encode()


def test_every_cell_is_read_in_three_long_answers(tester: Tester, life: Life) -> None:
    read: list[int] = []
    for did in (0x0120, 0x0121, 0x0122):
        answer = tester.one(BMS, b"\x22" + did.to_bytes(2, "big"))
        assert answer[:3] == b"\x62" + did.to_bytes(2, "big")
        assert len(answer) == 3 + 64
        read += [int.from_bytes(answer[at : at + 2], "big") for at in range(3, 67, 2)]
    seen = life.vehicle.readings()
    assert read == [round(seen[column] * 1000.0) for column in CELL_COLUMNS]
    assert min(read) == round(seen["cell_min_v"] * 1000.0)
    assert max(read) == round(seen["cell_max_v"] * 1000.0)
    assert read[int(seen["cell_min_id"]) - 1] == min(read)


def test_every_identifier_of_every_unit_is_answered(tester: Tester, life: Life) -> None:
    for unit in life.vehicle.units:
        for did in unit.dids:
            answer = tester.one(unit.request_id, b"\x22" + did.to_bytes(2, "big"))
            assert answer[0] == 0x62, (unit.name, hex(did))
            assert len(answer) > 3


def test_a_lost_sensor_is_told_as_all_ones(life: Life) -> None:
    seen = life.vehicle.readings() | {"isolation_kohm": float("nan"), "pack_a": float("nan"), "motor_c": float("nan")}
    units = {unit.name: unit for unit in life.vehicle.units}
    assert units["BMS"].dids[0x0106](seen) == b"\xff\xff"
    assert units["BMS"].dids[0x0102](seen)[2:] == b"\x80\x00"
    assert units["DRIVE"].dids[0x0202](seen)[0] == 0xFF


def test_senders_and_database_say_the_same(database: Database) -> None:
    assert {sender.message for sender in SENDERS} == {message.name for message in database.messages}
    for sender in SENDERS:
        message = database.get_message_by_name(sender.message)
        assert message.cycle_time == sender.period_ms
        assert {probe.signal for probe in sender.probes} == {signal.name for signal in message.signals}
        assert all(probe.column in {*FAST, *SLOW, COUNTER} for probe in sender.probes)
        assert sender.phase_us < sender.period_ms * 1000


def test_there_are_more_than_sixty_signals_and_each_node_sends(database: Database) -> None:
    assert sum(len(message.signals) for message in database.messages) >= 60
    assert {message.senders[0] for message in database.messages} == {node.name for node in database.nodes}


def test_no_signal_can_mistake_not_available_for_a_value(database: Database) -> None:
    for message in database.messages:
        for signal in message.signals:
            if signal.length < 8 or signal.is_signed:
                continue
            ones = ((1 << signal.length) - 1) * signal.scale + signal.offset
            assert signal.maximum is not None
            assert signal.maximum < ones, signal.name


def test_messages_of_one_time_do_not_start_at_the_same_moment() -> None:
    starts = [sender.phase_us % (sender.period_ms * 1000) for sender in SENDERS]
    assert len(set(starts)) == len(starts)
