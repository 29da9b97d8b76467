"""Control units on a real bus that share no code with ours: can-isotp carries what udsoncan or a test wrote.

A `ScriptedVehicle` is one thread on one bus: it hears requests to its units, and to everybody, and says what their
script has for it; well, late, or wrongly.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

import can
import isotp
from udsoncan.Response import Response
from udsoncan.services.ReadDataByIdentifier import ReadDataByIdentifier
from udsoncan.services.ReadDTCInformation import ReadDTCInformation

from tests.vehicle.clients import UNHURRIED, Wire

HEARTBEAT_S: Final = 0.1
"""A frame of the vehicle's own comes so often: it is awake."""
HEARTBEAT_ID: Final = 0x3D5
LOOK_S: Final = 0.002
FUNCTIONAL_11: Final = 0x7DF
FUNCTIONAL_29: Final = 0x18DB33F1
PADDING: Final = 0x55


@dataclass(frozen=True)
class Whole:
    """One message, cut by can-isotp where it is long."""

    message: bytes
    after_s: float = 0.0
    """From when the request was heard."""


@dataclass(frozen=True)
class Raw:
    """Frames as a test wrote them, whatever they are."""

    frames: tuple[bytes, ...]
    after_s: float = 0.0
    first_alone: bool = False
    """The others follow the tester's flow control, or never."""


Reply = Whole | Raw
Script = Callable[[bytes], Sequence[Reply]]
"""From a request to what is answered; nothing is silence."""


class ScriptedEcu:
    """One control unit: its ids, and what it says."""

    def __init__(self, request_id: int, answer_id: int, script: Script, *, extended: bool = False) -> None:
        self.request_id = request_id
        self.answer_id = answer_id
        self.extended = extended
        self.script = script
        self.asked: list[bytes] = []
        """Every request that it understood."""
        self.errors: list[str] = []
        """What can-isotp had to say against the tester."""

    def attach(self, bus: can.BusABC) -> None:
        """Take part on a bus."""
        self._bus = bus
        self._heard: deque[isotp.CanMessage] = deque()
        self._due: list[tuple[float, Reply]] = []
        self._held: list[bytes] = []
        mode = isotp.AddressingMode.Normal_29bits if self.extended else isotp.AddressingMode.Normal_11bits
        self._layer = isotp.TransportLayerLogic(
            rxfn=lambda _wait_s: self._heard.popleft() if self._heard else None,
            txfn=lambda message: self._send(bytes(message.data)),
            address=isotp.Address(mode, txid=self.answer_id, rxid=self.request_id),
            error_handler=lambda error: self.errors.append(type(error).__name__),
            params={"tx_padding": PADDING, "blocking_send": False, **UNHURRIED},
        )

    def hear(self, message: can.Message, now_s: float) -> None:
        """A frame to this unit or to everybody."""
        octets = bytes(message.data)
        if message.arbitration_id in {FUNCTIONAL_11, FUNCTIONAL_29}:
            if octets[0] >> 4 == 0:
                self._answer(octets[1 : 1 + octets[0]], now_s, to_all=True)
            return
        if octets[0] >> 4 == 3 and self._held:
            held, self._held = self._held, []
            for one in held:
                self._send(one)
            return
        self._heard.append(isotp.CanMessage(self.request_id, data=octets, extended_id=self.extended))

    def work(self, now_s: float) -> None:
        """Say what is due."""
        self._layer.process()
        while (request := self._layer.recv()) is not None:
            self._answer(bytes(request), now_s)
        for reply in [reply for at_s, reply in self._due if at_s <= now_s]:
            self._say(reply)
        self._due = [one for one in self._due if one[0] > now_s]
        self._layer.process()

    def _answer(self, request: bytes, now_s: float, *, to_all: bool = False) -> None:
        self.asked.append(request)
        replies = [reply for reply in self.script(request) if not (to_all and _is_unheard(reply))]
        self._due += [(now_s + reply.after_s, reply) for reply in replies]

    def _say(self, reply: Reply) -> None:
        if isinstance(reply, Whole):
            self._layer.send(reply.message)
            return
        at_once = reply.frames[:1] if reply.first_alone else reply.frames
        self._held = list(reply.frames[len(at_once) :])
        for one in at_once:
            self._send(one)

    def _send(self, octets: bytes) -> None:
        self._bus.send(
            can.Message(
                arbitration_id=self.answer_id, data=octets.ljust(8, bytes([PADDING])), is_extended_id=self.extended
            )
        )


def _is_unheard(reply: Reply) -> bool:
    """When everybody is asked, those who have no answer keep silent (ISO 14229-1 7.5.4)."""
    return isinstance(reply, Whole) and reply.message[0] == 0x7F and reply.message[2] in {0x11, 0x12, 0x31, 0x7E, 0x7F}


class ScriptedVehicle:
    """Units on one bus, awake as long as it is entered."""

    def __init__(self, wire: Wire, units: Sequence[ScriptedEcu], *, heartbeat: bool = True) -> None:
        self.units = units
        self.strange: list[str] = []
        """Frames from testers that went to none of its units."""
        self._wire = wire
        self._heartbeat = heartbeat
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._guarded, name="scripted vehicle", daemon=True)

    def __enter__(self) -> Self:
        self._bus = self._wire.bus()
        for unit in self.units:
            unit.attach(self._bus)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=10.0)
        self._bus.shutdown()
        assert self._failed is None, self._failed

    def _guarded(self) -> None:
        try:
            self._live()
        except BaseException as error:  # noqa: BLE001  it is raised by who leaves the vehicle
            self._failed = error

    def _live(self) -> None:
        beat_s = 0.0
        while not self._over.is_set():
            message = self._bus.recv(timeout=LOOK_S)
            now_s = time.monotonic()
            if message is not None and message.data:
                self._deliver(message, now_s)
            for unit in self.units:
                unit.work(now_s)
            if self._heartbeat and now_s >= beat_s:
                self._bus.send(can.Message(arbitration_id=HEARTBEAT_ID, data=bytes(8), is_extended_id=False))
                beat_s = now_s + HEARTBEAT_S

    def _deliver(self, message: can.Message, now_s: float) -> None:
        to_all = message.arbitration_id == (FUNCTIONAL_29 if message.is_extended_id else FUNCTIONAL_11)
        meant = [
            unit
            for unit in self.units
            if unit.extended == message.is_extended_id and (to_all or unit.request_id == message.arbitration_id)
        ]
        for unit in meant:
            unit.hear(message, now_s)
        if not meant and message.arbitration_id not in {HEARTBEAT_ID, *(unit.answer_id for unit in self.units)}:
            self.strange.append(f"{message.arbitration_id:X}#{message.data.hex()}")


@contextmanager
def scripted(wire: Wire, *units: ScriptedEcu) -> Iterator[ScriptedVehicle]:
    """A vehicle of these units."""
    with ScriptedVehicle(wire, units) as vehicle:
        yield vehicle


# How scripts are written.


def table(answers: dict[str, str | Sequence[Reply]], default: Sequence[Reply] = ()) -> Script:
    """A script of hex: request to answer; a request that is not in it gets `default`."""
    ready = {
        bytes.fromhex(request): (Whole(bytes.fromhex(answer)),) if isinstance(answer, str) else tuple(answer)
        for request, answer in answers.items()
    }
    return lambda request: ready.get(request, default)


def refusing(answers: Script, code: int = 0x31, *, later: Sequence[int] = ()) -> Script:
    """The same, and a negative answer (written by udsoncan) to every other question of UDS; `later`: services that
    say "pending" first."""

    def script(request: bytes) -> Sequence[Reply]:
        found = answers(request)
        if not found and request[0] in {0x19, 0x22}:
            service = ReadDTCInformation if request[0] == 0x19 else ReadDataByIdentifier
            found = (Whole(Response(service, code=code).get_payload()),)
        if request[0] in later:
            pending = Whole(bytes((0x7F, request[0], 0x78)))
            slow = [Whole(one.message, after_s=0.4) if isinstance(one, Whole) else one for one in found]
            return (pending, *slow)
        return found

    return script


def identifiers(values: dict[int, bytes]) -> Script:
    """Service 22, one or several at once; its positive answers are udsoncan's."""

    def script(request: bytes) -> Sequence[Reply]:
        if request[0] != 0x22 or len(request) < 3 or not len(request) % 2:
            return ()
        dids = [int.from_bytes(request[at : at + 2], "big") for at in range(1, len(request), 2)]
        told = b"".join(did.to_bytes(2, "big") + values[did] for did in dids if did in values)
        return (Whole(Response(ReadDataByIdentifier, code=0, data=told).get_payload()),) if told else ()

    return script


def together(*scripts: Script) -> Script:
    """What the first of them says that says anything."""
    return lambda request: next((found for script in scripts if (found := script(request))), ())
