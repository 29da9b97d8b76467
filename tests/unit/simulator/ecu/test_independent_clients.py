"""Libraries that others wrote, step by step on the simulated time: nothing sleeps, no bus in between."""

from typing import Any

import pytest

from edge.frames import EXTENDED, Frame
from edge.simulator.ecu.obd_network import ObdNetwork
from tests.unit.simulator.ecu.car import VIN, Car
from tests.unit.simulator.ecu.tester import SECOND

isotp = pytest.importorskip("isotp")
udsoncan = pytest.importorskip("udsoncan")
configs = pytest.importorskip("udsoncan.configs")
connections = pytest.importorskip("udsoncan.connections")
clients = pytest.importorskip("udsoncan.client")

STEPS_MAX = 20_000


class IsoTpClient:
    """can-isotp's transport layer, whose bus is the network itself."""

    def __init__(self, network: ObdNetwork, address: Any, *, block_size: int = 0, separation: int = 0) -> None:
        self.network = network
        self.now = SECOND
        self.errors: list[Exception] = []
        self.layer = isotp.TransportLayerLogic(
            self._receive,
            self._send,
            address,
            self.errors.append,
            # the unit asks for 5 ms between frames, which can-isotp would measure on the real clock
            {"tx_padding": 0, "blocksize": block_size, "stmin": separation, "override_receiver_stmin": 0},
        )

    def _send(self, message: Any) -> None:
        self.now += 100_000
        flags = EXTENDED if message.is_extended_id else 0
        self.network.hear(Frame(self.now, message.arbitration_id, bytes(message.data), flags=flags), self.now)

    def _receive(self, timeout: float) -> Any:  # noqa: ARG002  it does not wait
        next_ns = self.network.next_ns()
        if next_ns is None:
            return None
        frame = self.network.due(next_ns + 1)[0]
        self.now = max(self.now, frame.time)
        return isotp.CanMessage(
            arbitration_id=frame.id, data=frame.payload, dlc=8, extended_id=bool(frame.flags & EXTENDED)
        )

    def ask(self, request: bytes) -> bytes | None:
        """The next message that comes after this request."""
        self.layer.send(request)
        return self.wait()

    def wait(self) -> bytes | None:
        """The next message; None when none will come."""
        for _ in range(STEPS_MAX):
            self.layer.process()
            if self.layer.available():
                return bytes(self.layer.recv())
            if self.network.next_ns() is None and not self.layer.transmitting():
                return None
        raise AssertionError("it goes on for ever")


def address(request_id: int = 0x760, response_id: int = 0x768) -> Any:
    return isotp.Address(isotp.AddressingMode.Normal_11bits, txid=request_id, rxid=response_id)


@pytest.mark.parametrize(("block_size", "separation"), [(0, 0), (1, 0), (4, 1), (8, 0xF1)])
def test_can_isotp_gets_long_answers(block_size: int, separation: int) -> None:
    client = IsoTpClient(Car().network(), address(), block_size=block_size, separation=separation)
    assert client.ask(bytes.fromhex("222001")) == bytes.fromhex("622001") + b"\x07" * 60
    assert client.errors == []


def test_can_isotp_sends_long_requests() -> None:
    client = IsoTpClient(Car().network(), address())
    client.network._stations[2].transport._block_size = 1  # even with flow control after each frame
    request = bytes.fromhex("22") + bytes.fromhex("f186") * 8
    assert client.ask(request) == bytes.fromhex("62") + bytes.fromhex("f18601") * 8
    assert client.errors == []


def test_can_isotp_with_29_bits() -> None:
    fixed = isotp.Address(isotp.AddressingMode.NormalFixed_29bits, target_address=0x10, source_address=0xF1)
    client = IsoTpClient(Car().network(extended=True), fixed)
    assert client.ask(b"\x09\x02") == b"\x49\x02\x01" + VIN.encode()
    assert client.errors == []


def test_can_isotp_is_told_that_a_request_is_too_long() -> None:
    client = IsoTpClient(Car().network(), address())
    assert client.ask(bytes.fromhex("22") + bytes(600)) is None
    assert [type(error) for error in client.errors] == [isotp.errors.OverflowError]


class Connection(connections.BaseConnection):  # type: ignore[misc, name-defined]  # imported only where it is there
    """udsoncan's way to a unit, over the client above."""

    def __init__(self, client: IsoTpClient) -> None:
        super().__init__()
        self.client = client

    def open(self) -> "Connection":
        return self

    def close(self) -> None:
        pass

    def is_open(self) -> bool:
        return True

    def empty_rxqueue(self) -> None:
        pass

    def specific_send(self, payload: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.client.layer.send(payload)

    def specific_wait_frame(self, timeout: float | None = None) -> bytes:  # noqa: ARG002
        message = self.client.wait()
        if message is None:
            raise udsoncan.exceptions.TimeoutException("silence")
        return message


def uds(network: ObdNetwork, request_id: int = 0x760, response_id: int = 0x768) -> Any:
    codecs = {0xF190: udsoncan.AsciiCodec(17), "default": "B"}
    settings = dict(configs.default_client_config, data_identifiers=codecs, use_server_timing=True)
    return clients.Client(Connection(IsoTpClient(network, address(request_id, response_id))), config=settings)


def test_udsoncan_reads_the_vin_and_the_session() -> None:
    client = uds(Car().network())
    assert client.read_data_by_identifier_first(0xF190) == VIN
    assert client.change_session(3).service_data.p2_star_server_max == 5.0
    assert client.read_data_by_identifier_first(0xF186) == (3,)
    client.tester_present()


def test_udsoncan_reads_and_clears_codes_of_a_unit_that_asks_for_patience() -> None:
    car = Car()
    car.brakes.dids = {0x2002: lambda seen: bytes([round(seen["kmh"])])}
    car.shows["kmh"] = 80.0
    car.drive({"C0035": True})
    client = uds(car.network())
    (dtc,) = client.get_dtc_by_status_mask(0x09).service_data.dtcs
    assert (dtc.id, dtc.status.confirmed, dtc.status.test_failed, dtc.status.pending) == (0x403531, True, True, True)
    assert client.get_number_of_dtc_by_status_mask(0x09).service_data.dtc_count == 1
    (kept,) = client.get_dtc_snapshot_by_dtc_number(0x403531, 0xFF).service_data.dtcs[0].snapshots
    assert (kept.record_number, kept.did, kept.data) == (1, 0x2002, (80,))
    assert len(client.get_supported_dtc().service_data.dtcs) == 2
    client.clear_dtc(0xFFFFFF)
    assert client.get_dtc_by_status_mask(0x2F).service_data.dtcs == []


def test_udsoncan_understands_refusals() -> None:
    car = Car()
    car.shows["kmh"] = 30.0
    client = uds(car.network())
    with pytest.raises(udsoncan.exceptions.NegativeResponseException) as caught:
        client.change_session(3)
    assert caught.value.response.code == 0x22


def test_udsoncan_reads_obd_on_uds() -> None:
    car = Car()
    car.drive({"P0171": True})
    car.drive({"P0171": True})
    client = uds(car.network(legacy_obd=False, obd_on_uds=True), 0x7E0, 0x7E8)
    (dtc,) = client.get_wwh_obd_dtc_by_status_mask(0x33, 0x08, 0xE0, 0x1E).service_data.dtcs
    assert (dtc.id, dtc.status.confirmed) == (0x017100, True)
    # not permanent codes: udsoncan 1.26 expects a severity byte in sub-function 55, which ISO 14229-1 has not
