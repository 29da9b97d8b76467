"""The kernel's own J1939 stack, which knows nothing of us, asks the simulated truck: DM1, VIN, clearing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from edge.bus.port import open_port
from edge.frames import FrameBatch
from edge.simulator.ecu.codes import Code, Lamp
from edge.simulator.ecu.j1939.network import J1939Network
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.unit import Unit
from tests.vehicle.clients import HAS_VCAN, PATIENCE_S, Wire

pytestmark = pytest.mark.skipif(not HAS_VCAN, reason="no CAN in this kernel")

REQUEST, ACKNOWLEDGE, DM1, DM11, VIN = 0xEA00, 0xE800, 0xFECA, 0xFED3, 0xFEEC
TESTER, ENGINE, BRAKES, BODY = 0xF9, 0x00, 0x0B, 0x21
TROUBLE = ("brake_wear@0x2000", "wheel_speed_dropout@0x2000", "alternator@0x50")


class ServiceTool:
    """A J1939 socket at the address of a service tool."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_J1939)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.bind(("vcan0", socket.J1939_NO_NAME, socket.J1939_NO_PGN, TESTER))
        self.socket.settimeout(PATIENCE_S)

    def ask(self, pgn: int, address: int) -> None:
        """Request a parameter group of one unit."""
        self.socket.sendto(pgn.to_bytes(3, "little"), ("vcan0", socket.J1939_NO_NAME, REQUEST, address))

    def next(self, pgn: int, address: int) -> bytes:
        """The next message of this kind from this unit, whole, however many frames it took."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            payload, (_, _, told, source) = self.socket.recvfrom(2000)
            if (told, source) == (pgn, address):
                return payload
        raise AssertionError(f"no {pgn:#06x} from {address:#04x}")


def codes(dm1: bytes) -> set[tuple[int, int]]:
    """SPN and FMI of each code in a diagnostic message (conversion method 4)."""
    found = set()
    for at in range(2, len(dm1) - 3, 4):
        low, middle, high, count = dm1[at : at + 4]
        if (low, middle, high, count) not in ((0, 0, 0, 0), (255, 255, 255, 255)):
            found.add((low | middle << 8 | (high >> 5) << 16, high & 0x1F))
    return found


@pytest.fixture(scope="module")
def truck(wire: Wire) -> Iterator[None]:
    faults = [part for order in TROUBLE for part in ("--fault", order)]
    with wire.vehicle("truck", "--cycle", "haul", "--seed", "3", "--skip", "900", *faults):
        yield


@pytest.fixture
def tool(truck: None) -> Iterator[ServiceTool]:
    asking = ServiceTool()
    yield asking
    asking.socket.close()


def test_dm1_with_one_code_and_one_that_takes_several_frames(tool: ServiceTool) -> None:
    single = tool.next(DM1, BODY)
    assert len(single) == 8
    assert codes(single) == {(167, 1)}
    several = tool.next(DM1, BRAKES)
    assert len(several) > 8
    assert {(1099, 18), (1100, 18)} < codes(several)
    assert codes(several) & {(789, 5), (790, 5), (791, 5), (792, 5)}


def test_a_request_brings_the_vin_over_a_connection(tool: ServiceTool) -> None:
    tool.ask(VIN, ENGINE)
    vin = tool.next(VIN, ENGINE)
    assert len(vin.rstrip(b"*")) == 17


def test_clearing_really_clears_and_what_is_still_broken_comes_back(tool: ServiceTool) -> None:
    before = codes(tool.next(DM1, BODY))
    assert before == {(167, 1)}
    tool.ask(DM11, BODY)
    assert tool.next(ACKNOWLEDGE, BODY)[0] == 0
    assert codes(tool.next(DM1, BODY)) == set()
    until = time.monotonic() + PATIENCE_S
    while (again := codes(tool.next(DM1, BODY))) != before:
        assert time.monotonic() < until, again


def test_dm1_with_ten_codes(wire: Wire) -> None:
    texts = [f"SPN {spn} FMI 3" for spn in range(3000, 3010)]
    rules = [
        Code(text, "made for this test", spn=3000 + place, fmi=3, lamp=Lamp.AMBER, trips=1, fails_after_s=1.0)
        for place, text in enumerate(texts)
    ]
    memory = CodeMemory(rules)
    memory.cycle_begins()
    for text in texts:
        memory.observe(text, bad=True)
        memory.observe(text, bad=True)
    memory.second(dict, running=True, speed_kmh=50.0, coolant_c=80.0)
    network = J1939Network([Unit("ENGINE", 0x31, memory)], vin="", readings=dict, ignition_on=lambda: True)
    done = threading.Event()

    def talk() -> None:
        port = open_port(wire.spec, patience_s=0.1)
        began_ns = time.monotonic_ns()
        while not done.wait(0.01):
            frames = network.due(time.monotonic_ns() - began_ns)
            if frames:
                port.send(FrameBatch.of(frames))
        port.close()

    asking = ServiceTool()
    talking = threading.Thread(target=talk, name="ten codes")
    talking.start()
    try:
        assert codes(asking.next(DM1, 0x31)) == {(spn, 3) for spn in range(3000, 3010)}
    finally:
        done.set()
        talking.join()
        asking.socket.close()
