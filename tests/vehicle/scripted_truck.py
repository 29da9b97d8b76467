"""A truck of two units on python-can, written from SAE J1939-21, -73 and -81 alone: nothing of ours is in it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import can

ENGINE: Final = 0x00
BRAKES: Final = 0x0B
NAME: Final = bytes.fromhex("0100200000000010")
VIN: Final = b"1HGCM82633A004352*"
DM2: Final = bytes.fromhex("04FF 6E000003 64000402 67001201")
DM5: Final = bytes.fromhex("0103140700000000")
CODES_OF_BRAKES: Final = bytes.fromhex("1000 4B040C01 4C040C01")
LONG: Final = {0xFEEC: VIN, 0xFECB: DM2}


class ScriptedTruck:
    """Hears requests, hands long answers over packet by packet, tells DM1 of its brakes once a second as a BAM."""

    def __init__(self, bus: can.BusABC) -> None:
        self.requests: list[tuple[int, int]] = []
        """Group and sender of everything that was asked for."""
        self.ended: list[int] = []
        """Groups whose end was acknowledged."""
        self._bus = bus
        self._loses = 2
        """This packet of the VIN is lost once."""

    def live(self, done: threading.Event) -> None:
        """Until it is done."""
        told = turned = 0.0
        while not done.is_set():
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                self._broadcast()
            if time.monotonic() - turned >= 0.1:
                turned = time.monotonic()
                self._say(0x0CF00400, bytes(8))
            message = self._bus.recv(timeout=0.05)
            if message is not None and message.is_extended_id:
                self._hear(message.arbitration_id, bytes(message.data))

    def _hear(self, identifier: int, payload: bytes) -> None:
        tester, to, form = identifier & 0xFF, identifier >> 8 & 0xFF, identifier >> 16 & 0xFF
        if form == 0xEA and to in (ENGINE, 0xFF):
            self._requested(int.from_bytes(payload[:3], "little"), tester, alone=to != 0xFF)
        elif form == 0xEC and to == ENGINE and payload[0] in (17, 19):
            group = int.from_bytes(payload[5:8], "little")
            if payload[0] == 19:
                self.ended.append(group)
            for number in range(payload[2], payload[2] + payload[1]) if payload[0] == 17 and payload[1] else ():
                self._packet(group, number, tester)

    def _requested(self, group: int, tester: int, *, alone: bool) -> None:
        self.requests.append((group, tester))
        numbers = group.to_bytes(3, "little")
        if group == 0xEE00:
            self._say(0x18EEFF00, NAME)
        elif group == 0xFECE:
            self._say(0x18FECE00, DM5)
        elif group in LONG and alone:
            size = len(LONG[group])
            self._say(0x1CEC0000 | tester << 8, bytes((16, size, 0, -(-size // 7), 255)) + numbers)
        elif alone:
            self._say(0x18E8FF00, bytes((1, 255, 255, 255, tester)) + numbers)

    def _packet(self, group: int, number: int, tester: int) -> None:
        if group == 0xFEEC and number == self._loses:
            self._loses = 0
            return
        part = LONG[group][7 * number - 7 : 7 * number]
        self._say(0x1CEB0000 | tester << 8, bytes((number,)) + part.ljust(7, b"\xff"))

    def _broadcast(self) -> None:
        size = len(CODES_OF_BRAKES)
        self._say(0x1CECFF0B, bytes((32, size, 0, 2, 255)) + bytes.fromhex("CAFE00"))
        for number in (1, 2):
            part = CODES_OF_BRAKES[7 * number - 7 : 7 * number]
            self._say(0x1CEBFF0B, bytes((number,)) + part.ljust(7, b"\xff"))

    def _say(self, identifier: int, payload: bytes) -> None:
        self._bus.send(can.Message(arbitration_id=identifier, data=payload, is_extended_id=True))


@contextmanager
def scripted_truck(bus: can.BusABC) -> Iterator[ScriptedTruck]:
    """It lives on that bus."""
    truck, done = ScriptedTruck(bus), threading.Event()
    living = threading.Thread(target=truck.live, args=(done,), name="scripted truck")
    living.start()
    try:
        yield truck
    finally:
        done.set()
        living.join()
