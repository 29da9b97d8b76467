"""Simulated vehicles on a real bus, and independent clients that talk to them.

The bus is vcan0 where the kernel has CAN (in the guest), python-can's multicast elsewhere: the same tests run on both.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import can
import isotp
import udsoncan
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection

from tests.programs import program

GROUP: Final = "239.74.163.22"
HAS_VCAN: Final = Path("/sys/class/net/vcan0").exists()
"""The kernel has CAN, and the virtual bus is there."""
START_S: Final = 240.0
"""In the guest, programs start slowly and skip slowly."""
PATIENCE_S: Final = 180.0
"""The guest's processor is slow; nobody waits so long unless something is broken."""


TROUBLE: Final = ("--fault", "misfire@0x4000", "--fault", "wheel_speed_dropout@0x4000", "--seed", "3", "--skip", "1500")
"""In the second drive: the misfire is confirmed, and a wheel speed sensor is gone."""
UNHURRIED: Final = {"rx_consecutive_frame_timeout": 10_000, "rx_flowcontrol_timeout": 10_000} if HAS_VCAN else {}
"""Milliseconds, where ISO 15765-2 (N_Cr, N_Bs) has a second: a guest that shares its processor may stand still."""
ENGINE_11: Final = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=0x7E0, rxid=0x7E8)


class Wire:
    """One bus and those on it."""

    def __init__(self, channel: str = "vcan0") -> None:
        """`channel`: where the kernel has CAN; elsewhere each wire is a bus of its own anyway."""
        self._channel = channel
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    @property
    def spec(self) -> str:
        """As our programs take it."""
        return f"can:{self._channel}" if HAS_VCAN else f"pythoncan:udp_multicast:{GROUP}?port={self._port}"

    def bus(self) -> can.BusABC:
        """A client's own connection."""
        if HAS_VCAN:
            return can.Bus(interface="socketcan", channel=self._channel)
        return can.Bus(interface="udp_multicast", channel=GROUP, port=self._port, hop_limit=0)

    @contextmanager
    def vehicle(self, kind: str, *options: str) -> Iterator[None]:
        """A simulated vehicle at its own speed, once it is heard."""
        command = [program("telltale-edge"), "simulate", "--vehicle", kind, "--bus", self.spec, *options]
        with self.bus() as ear:
            environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
            child = subprocess.Popen([*command, "--duration", "600"], stderr=subprocess.PIPE, text=True, env=environ)
            try:
                assert ear.recv(timeout=START_S) is not None, "the vehicle is not heard"
                yield
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE_S)

    @contextmanager
    def transport(self, address: isotp.Address, *, started: bool = True) -> Iterator[isotp.CanStack]:
        """An ISO-TP connection of can-isotp; OBD wants frames of 8 bytes. udsoncan starts it by itself."""
        with self.bus() as bus:
            stack = isotp.CanStack(bus, address=address, params={"tx_padding": 0, "blocking_send": False, **UNHURRIED})
            if started:
                stack.start()
            try:
                yield stack
            finally:
                if started:
                    stack.stop()


def asked(stack: isotp.CanStack, request: bytes) -> bytes:
    """The answer to one request, past all that say "pending"; empty after five seconds of silence (here)."""
    stack.send(request)
    pending = bytes((0x7F, request[0], 0x78))
    answer = pending
    while answer == pending:
        answer = bytes(stack.recv(block=True, timeout=20.0 if HAS_VCAN else 5.0) or b"")
    return answer


class AnyLength(udsoncan.DidCodec):
    """Bytes as they come."""

    def encode(self, *value: bytes) -> bytes:
        return value[0]

    def decode(self, payload: bytes) -> bytes:
        return payload

    def __len__(self) -> int:
        raise udsoncan.DidCodec.ReadAllRemainingData


def client(stack: isotp.CanStack) -> Client:
    """udsoncan over a transport that it starts by itself."""
    config = udsoncan.configs.default_client_config.copy()
    config["data_identifiers"] = {"default": AnyLength()}
    config["p2_timeout"] = PATIENCE_S / 4
    config["request_timeout"] = PATIENCE_S / 2
    return Client(PythonIsoTpConnection(stack), config=config)
