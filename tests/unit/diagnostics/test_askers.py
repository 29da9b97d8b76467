"""Whichever way a vehicle is asked, the answers are the same: over a bus, and through an adapter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from edge.diagnostics.asker import Answer, Asker
from edge.diagnostics.ecu import UNITS, Ecu, unit_29
from edge.diagnostics.findings import Status
from edge.diagnostics.obd import ObdReader
from edge.diagnostics.opening import frozen_values
from edge.diagnostics.permission import Forbidden
from edge.simulator.elm327_vehicle import Network
from tests.unit.diagnostics.askers import BRAKES, TRANSPORTS, VIN, Reply, Scripted, Vehicle, driven, network

VINS = (
    "1HGCM82633A004352", "0HGCM82633A004350", "1HGCM82633A004351", "2HGCM82633A004352", "XHGCM82633A00435X",
    "01HGM82633A004310", "12HGM82633A004321", "2XHGM82633A0043X2", "X0HGM82633A00430X", "00HGM82633A004300",
    "xHGCM82633A00435x", "22HGM82633A004322",
)  # fmt: skip
"""python-OBD takes 0, 1, 2 and x off both ends."""


@dataclass
class Connector:
    """A vehicle that stays plugged in, and its asker."""

    vehicle: Vehicle
    asker: Asker
    supply: list[float] = field(default_factory=lambda: [14.1])
    extended: bool = False

    def ask(self, units: Network, request: str, to: Ecu | None = None) -> dict[str, str]:
        self.vehicle.units = units
        self.vehicle.heard.clear()
        return told(self.asker.ask(bytes.fromhex(request), to))

    def counted(self, cause: str) -> int:
        return self.asker.counters.get(cause, 0)


def told(answers: Sequence[Answer]) -> dict[str, str]:
    return {answer.ecu.name: answer.payload.hex() for answer in answers}


def name(param: tuple[str, bool]) -> str:
    return f"{param[0]}-{29 if param[1] else 11}"


EVERY: list[tuple[str, bool]] = [(transport, extended) for transport in TRANSPORTS for extended in (False, True)]
on_11_bits = pytest.mark.parametrize("connector", [(way, False) for way in TRANSPORTS], indirect=True, ids=name)


@pytest.fixture(scope="module", params=EVERY, ids=name)
def connector(request: pytest.FixtureRequest) -> Iterator[Connector]:
    transport, extended = request.param
    vehicle, supply = Vehicle(), [14.1]
    with TRANSPORTS[transport](vehicle, lambda: supply[0], extended=extended) as asker:
        yield Connector(vehicle, asker, supply, extended)


def engine(connector: Connector) -> Ecu:
    return unit_29(0x10) if connector.extended else UNITS[0]


def test_vins_come_whole_whatever_they_begin_and_end_with(connector: Connector) -> None:
    unit = engine(connector)
    for vin in VINS:
        units = network(driven(), extended=connector.extended, vin=vin)
        assert connector.ask(units, "0902") == {unit.name: "490201" + vin.encode().hex()}
        assert connector.ask(units, "0902", unit) == {unit.name: "490201" + vin.encode().hex()}


def test_everybody_answers_and_one_alone_when_it_alone_is_asked(connector: Connector) -> None:
    units = network(driven(), extended=connector.extended)
    first, second = ("18DAF110", "18DAF118") if connector.extended else ("7E8", "7E9")
    everybody, one = (0x18DB33F1, 0x18DA18F1) if connector.extended else (0x7DF, 0x7E1)
    assert connector.ask(units, "010d") == {first: "410d3f", second: "410d3f"}
    assert connector.vehicle.questions() == [(everybody, "010d")]
    to = unit_29(0x18) if connector.extended else UNITS[1]
    assert connector.ask(units, "010d", to) == {second: "410d3f"}
    assert connector.vehicle.questions() == [(one, "010d")]
    assert connector.ask(units, "010c") == {first: "410c1af8"}


@on_11_bits
def test_codes_and_readiness(connector: Connector) -> None:
    units = network(driven(), extended=False)
    assert connector.ask(units, "03") == {"7E8": "43010171", "7E9": "4300"}
    assert connector.ask(units, "07") == {"7E8": "47010171", "7E9": "4700"}
    assert connector.ask(units, "0101")["7E8"].startswith("410181")
    assert connector.ask(units, "020200")["7E8"] == "42020001" + "71"


@on_11_bits
def test_a_unit_that_only_a_profile_knows_is_asked_by_uds(connector: Connector) -> None:
    units = network(driven(), extended=False)
    assert connector.ask(units, "222001", BRAKES) == {"768": "622001" + "07" * 60}
    assert connector.ask(units, "22f190", BRAKES) == {"768": "62f190" + VIN.encode().hex()}
    assert connector.ask(units, "010d") == {"7E8": "410d3f", "7E9": "410d3f"}, "and then everybody again"


def test_a_refusal_is_an_answer_and_silence_is_none(connector: Connector) -> None:
    units = network(driven(), extended=connector.extended)
    unit = engine(connector)
    before = dict(connector.asker.counters)
    (answer,) = connector.asker.ask(bytes.fromhex("22ffff"), unit) if connector.ask(units, "0100") else ()
    assert answer.refusal == 0x31
    assert connector.ask(units, "0155") == {}
    assert connector.counted("negative") == before["negative"] + 1
    assert connector.counted("unanswered") == before["unanswered"] + 1


@on_11_bits
def test_long_answers_of_several_units_at_once_come_whole(connector: Connector) -> None:
    first: list[Reply] = [(4 + unit, 0x7E8 + unit, f"1014490401{unit:02x}{unit:02x}{unit:02x}") for unit in range(4)]
    rest: list[Reply] = [(at * 12, 0x7E8 + unit, f"2{at}" + f"{unit:02x}" * 7) for at in (1, 2) for unit in range(4)]
    seen = connector.ask(Scripted(*first, after_flow=rest), "0904")
    assert seen == {f"7E{8 + unit:X}": "490401" + f"{unit:02x}" * 17 for unit in range(4)}


@on_11_bits
@pytest.mark.parametrize("answer", ["03410d20", "0449040101", "027f01", "037f0331", "0141"])
def test_an_answer_to_another_question_is_none_to_this(connector: Connector, answer: str) -> None:
    late = connector.counted("late")
    assert connector.ask(Scripted((5, 0x7E8, answer)), "010c") == {}
    assert connector.counted("late") == late + 1


@on_11_bits
def test_who_says_later_is_waited_for(connector: Connector) -> None:
    units = Scripted((5, 0x7E8, "037f0378"), (700, 0x7E8, "0443010301"))
    assert connector.ask(units, "03") == {"7E8": "43010301"}


@on_11_bits
@pytest.mark.parametrize(
    "frames", [("1014490201585858", "22", "21"), ("1014490201585858", "21"), ("21",), ("1000000010000000",), ("f0",)]
)
def test_what_is_malformed_is_lost_by_name_and_never_half_an_answer(
    connector: Connector, frames: Sequence[str]
) -> None:
    lost = _losses(connector)
    script: list[Reply] = [(4 + at, 0x7E8, octets) for at, octets in enumerate(frames)]
    assert connector.ask(Scripted(script[0], after_flow=script[1:]), "0902") == {}
    assert _losses(connector) > lost
    assert connector.ask(network(driven(), extended=False), "0902") == {"7E8": "490201" + VIN.encode().hex()}


def _losses(connector: Connector) -> int:
    return sum(count for cause, count in connector.asker.counters.items() if cause.startswith("isotp_"))


def test_what_is_on_no_list_never_reaches_the_vehicle(connector: Connector) -> None:
    connector.vehicle.heard.clear()
    for request in ("04", "14ffffff", "1003", "2ef19000", "31010203", "2701"):
        for to in (None, engine(connector)):
            with pytest.raises(Forbidden):
                connector.asker.ask(bytes.fromhex(request), to)
    assert connector.vehicle.heard == []


def test_everything_that_is_sent_has_eight_bytes(connector: Connector) -> None:
    connector.ask(network(driven(), extended=connector.extended), "0902")
    assert {len(frame.payload) for frame in connector.vehicle.heard} == {8}
    assert len(connector.vehicle.heard) == 2  # the question and its flow control


def test_a_car_is_read_alike_whichever_way_it_is_asked(connector: Connector) -> None:
    connector.vehicle.units = network(driven(), extended=connector.extended)
    reader = ObdReader(connector.asker, frozen=frozen_values)
    assert reader.discover()
    identity, codes = reader.identity(), reader.codes()
    assert identity is not None
    assert identity.vin == VIN
    assert codes is not None
    every = frozenset({Status.CONFIRMED, Status.PENDING, Status.PERMANENT})
    assert {(code.ecu, code.code): code.statuses for code in codes.codes.values()} == {
        (engine(connector).name, "P0171"): every
    }
    assert not reader.malformed
