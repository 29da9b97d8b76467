"""ObdNetwork: every control unit of a car as testers meet them on the diagnostic connector, OBD and UDS alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.errors import ConfigError
from edge.frames import EXTENDED, Frame
from edge.simulator.ecu import obd
from edge.simulator.ecu.isotp import MILLISECOND_NS, IsoTp, single_frame
from edge.simulator.ecu.member import Member, Vehicle
from edge.simulator.ecu.memory import Readings
from edge.simulator.ecu.obd_on_uds import CLEARED_GROUP, OBD_REPORTS, identifier
from edge.simulator.ecu.trouble_codes import three_bytes
from edge.simulator.ecu.uds import UdsServer
from edge.simulator.ecu.unit import Unit

ALL_UNITS: Final = 0x7DF
"""Functional request with 11 bits (ISO 15765-4)."""
ALL_UNITS_EXTENDED: Final = 0x18DB33F1
PHYSICAL: Final = 0x18DA0000
TESTER: Final = 0xF1
"""29 bits: 18DA, target, source (ISO 15765-4, normal fixed addressing)."""

LATENCY_NS: Final = 4 * MILLISECOND_NS
LATENCY_STEP_NS: Final = 2 * MILLISECOND_NS
LATENCY_STEPS: Final = 8
"""Units answer after 4, 6, 8 … 18 ms, each in its own time; an ordinary value, well below P2 of 50 ms."""
TESTER_PRESENT: Final = bytes([0x3E, 0x80])
RESPONSE_BIT: Final = 0x40
"""Of a service id: it is an answer, and no one answers an answer."""
OBD_SERVICES_END: Final = 0x10
VIN_CHARACTERS: Final = 17


@dataclass(slots=True)
class _Station:
    """One control unit on the bus."""

    member: Member
    request_id: int
    response_id: int
    latency_ns: int
    transport: IsoTp
    uds: UdsServer
    legacy: bool
    """Answers the modes of SAE J1979."""

    def serve(self, request: bytes, now_ns: int, *, functional: bool) -> None:
        """Think of an answer and put it in the queue."""
        if not request or request[0] & RESPONSE_BIT:
            return
        at_ns = now_ns + self.latency_ns
        if request[0] < OBD_SERVICES_END:
            message = obd.answer(self.member, request) if self.legacy else None
            if message is None and not functional:
                message = obd.refusal(request, legacy=self.legacy)
            if message is not None:
                self.transport.answer(message, at_ns)
            return
        for reply in self.uds.answer(request, now_ns, functional=functional):
            self.transport.answer(reply.message, at_ns + reply.after_ns)


class ObdNetwork:
    """Everything a tester can ask on a 500 kbit/s car bus; frames with their times in, answers with theirs out."""

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        vin: str,
        readings: Callable[[], Readings],
        extended: bool,
        obd_on_uds: bool,
        legacy_obd: bool,
        moving: Callable[[], bool],
        bus: str = "can0",
    ) -> None:
        """`extended`: 29-bit ids instead of 11-bit ones; `legacy_obd`: SAE J1979; `obd_on_uds`: SAE J1979-2.

        Raises:
            ConfigError: a VIN of another length, two units with one address, or a code that OBD cannot tell of.
        """
        if len(vin) != VIN_CHARACTERS or not vin.isascii():
            raise ConfigError(f"VIN {vin!r} has not {VIN_CHARACTERS} characters", place="vin", remedy="Write it whole")
        vehicle = Vehicle(vin, readings, moving)
        first = next((unit for unit in units if unit.obd), None)
        self._bus = bus
        self._extended = extended
        self._until_ns = 0
        self._stations: list[_Station] = []
        for unit in units:
            if extended or unit.request_id:
                member = Member(unit, vehicle, first=unit is first)
                self._stations.append(self._station(member, legacy=legacy_obd, on_uds=obd_on_uds))
        self._by_id = {station.request_id: station for station in self._stations}
        if len(self._by_id) != len(self._stations):
            raise ConfigError("two control units have one address", place="units", remedy="Give each its own")

    def _station(self, member: Member, *, legacy: bool, on_uds: bool) -> _Station:
        unit = member.unit
        for code in unit.memory.codes:
            three_bytes(code)  # raises for what it cannot write
        server = UdsServer(member)
        if on_uds and unit.obd:
            server = UdsServer(member, reports=OBD_REPORTS, identifiers=identifier, emission_group=CLEARED_GROUP)
        return _Station(
            member=member,
            request_id=PHYSICAL | unit.address << 8 | TESTER if self._extended else unit.request_id,
            response_id=PHYSICAL | TESTER << 8 | unit.address if self._extended else unit.response_id,
            latency_ns=LATENCY_NS + LATENCY_STEP_NS * (len(self._stations) % LATENCY_STEPS),
            transport=IsoTp(),
            uds=server,
            legacy=legacy and unit.obd,
        )

    def hear(self, frame: Frame, now_ns: int) -> bool:
        """Take one frame from the bus; whether it was addressed to any unit. Time never runs back."""
        if frame.flags != EXTENDED * self._extended:
            return False
        now_ns = max(now_ns, self._until_ns)
        self._until_ns = now_ns
        if frame.id == (ALL_UNITS_EXTENDED if self._extended else ALL_UNITS):
            self._hear_all(frame.payload, now_ns)
            return True
        station = self._by_id.get(frame.id)
        if station is None:
            return False
        request = station.transport.hear(frame.payload, now_ns)
        if request is not None:
            station.serve(request, now_ns, functional=False)
        return True

    def _hear_all(self, payload: bytes, now_ns: int) -> None:
        """Functional requests are single frames; a unit that is still answering hears only that the tester is there."""
        request = single_frame(payload)
        if request is None:
            return
        for station in self._stations:
            if request == TESTER_PRESENT:
                station.uds.touch(now_ns)
            elif not station.transport.busy(now_ns):
                station.serve(request, now_ns, functional=True)

    def due(self, until_ns: int) -> list[Frame]:
        """Frames that leave before that time, in order of time."""
        self._until_ns = max(self._until_ns, until_ns)
        flags = EXTENDED * self._extended
        frames = [
            Frame(time_ns, station.response_id, payload, self._bus, flags)
            for station in self._stations
            for time_ns, payload in station.transport.due(until_ns)
        ]
        return sorted(frames, key=lambda frame: frame.time) if frames else frames

    def next_ns(self) -> int | None:
        """When the next frame leaves if nothing more is heard; None when none will."""
        times = (station.transport.next_ns() for station in self._stations)
        return min((time_ns for time_ns in times if time_ns is not None), default=None)
