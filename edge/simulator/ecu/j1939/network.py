"""J1939Network: the control units of a truck as a tester and a listening box meet them on its diagnostic bus."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edge.errors import ConfigError
from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame
from edge.simulator.ecu.j1939.diagnostics import Component, Diagnostics
from edge.simulator.ecu.j1939.freeze import FrozenColumns
from edge.simulator.ecu.j1939.ids import GLOBAL, NULL, REQUEST, Id
from edge.simulator.ecu.j1939.node import Groups, Node
from edge.simulator.ecu.j1939.telltales import Shown, Telltales
from edge.simulator.ecu.j1939.transport import Timed
from edge.simulator.ecu.memory import Readings
from edge.simulator.ecu.unit import Unit

FIRST_ANSWER_NS: Final = 5_000_000
"""Until the first unit answers; at most 200 ms in SAE J1939-21; an ordinary value."""
BETWEEN_UNITS_NS: Final = 3_000_000
"""Every unit takes this much longer than the one before, so that they do not all send at once; an ordinary value."""
CLUSTER: Final = 0x17
"""Source address of the instrument cluster (SAE J1939, appendix B: instrument cluster 1)."""
CATCH_UP_NS: Final = 1_000_000_000
"""How much of the time before the first look after switching on is told."""


class J1939Network:
    """Everything that can be asked of the units, and their DM1s, while the ignition is on; silent otherwise.

    Pure: `hear` takes frames of others, `due` gives the units' own. Time never goes back: what is heard with a stamp
    before the last `due` is answered after it. No frame, however wrong, raises or makes it grow without bound.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        vin: str,
        readings: Callable[[], Readings],
        ignition_on: Callable[[], bool],
        components: Mapping[int, Component] | None = None,
        groups: Mapping[int, Groups] | None = None,
        columns: FrozenColumns | None = None,
        telltales: Callable[[], Mapping[int, Shown]] | None = None,
        cluster: int = CLUSTER,
        bus: str = "can0",
    ) -> None:
        """Join the units; the VIN is told by the OBD unit of the lowest address, or by the lowest when none is OBD.

        `components` and `groups` are by source address; `groups` are other parameter groups that are told on request.

        Raises:
            ConfigError: two units share an address, an address is none, or a name cannot be sent.
        """
        self._readings = readings
        self._ignition_on = ignition_on
        self._bus = bus
        self._now_ns = 0
        self._on = False
        self._telltales = None if telltales is None else Telltales(telltales, cluster)
        _check_addresses(units)
        tells_vin = min(units, key=lambda unit: (not unit.obd, unit.address), default=None)
        self._nodes: dict[int, Node] = {}
        for place, unit in enumerate(units):
            diagnostics = Diagnostics(
                unit,
                vin=vin if unit is tells_vin else "",
                component=(components or {}).get(unit.address),
                columns=columns or FrozenColumns(),
            )
            delay_ns = FIRST_ANSWER_NS + place * BETWEEN_UNITS_NS
            self._nodes[unit.address] = Node(unit, diagnostics, (groups or {}).get(unit.address, {}), delay_ns=delay_ns)

    def hear(self, frame: Frame, now_ns: int) -> bool:
        """Take in a frame of somebody else; True when it was addressed to one of the units, or to all of them."""
        if not self._awake(now_ns) or frame.flags & (EXTENDED | REMOTE | ERROR | FD) != EXTENDED:
            return False
        told = Id.parse(frame.id)
        if told.source >= NULL or told.source in self._nodes:
            return False  # nobody, or one of the units itself
        self._now_ns = max(self._now_ns, now_ns)
        if told.destination != GLOBAL:
            node = self._nodes.get(told.destination)
            if node is not None:
                node.hear(told, frame.payload, self._readings, self._now_ns)
            return node is not None
        for node in self._nodes.values():
            node.hear(told, frame.payload, self._readings, self._now_ns)
        return told.pgn == REQUEST

    def due(self, until_ns: int) -> list[Frame]:
        """Frames of the units whose time has come before `until_ns`, in order of time."""
        if not self._awake(until_ns):
            return []
        timed: list[Timed] = []
        for node in self._nodes.values():
            node.announce(self._now_ns, until_ns)
            timed += node.due(until_ns)
        if self._telltales is not None:
            timed += self._telltales.due(until_ns)
        self._now_ns = max(self._now_ns, until_ns)
        timed.sort(key=_time)
        return [Frame(at_ns, can_id, payload, self._bus, EXTENDED) for at_ns, can_id, payload in timed]

    def next_ns(self) -> int | None:
        """When `due` has something next; None while the ignition is off."""
        if not self._ignition_on():
            return None
        if not self._on:
            return self._now_ns
        times = [node.next_ns() for node in self._nodes.values()]
        if self._telltales is not None:
            times.append(self._telltales.next_ns)
        return min(times, default=None)

    def _awake(self, now_ns: int) -> bool:
        """Whether the ignition is on; the units start and stop with it."""
        on = self._ignition_on()
        if on and not self._on:
            self._now_ns = max(self._now_ns, now_ns - CATCH_UP_NS)
            for node in self._nodes.values():
                node.start(self._now_ns)
            if self._telltales is not None:
                self._telltales.start(self._now_ns)
        elif not on:
            self._now_ns = max(self._now_ns, now_ns)
            if self._on:
                for node in self._nodes.values():
                    node.stop()
        self._on = on
        return on


def _check_addresses(units: Sequence[Unit]) -> None:
    addresses = [unit.address for unit in units]
    if len(set(addresses)) != len(addresses):
        raise ConfigError("two units share a source address", place="units", remedy="Give each its own")
    if any(not 0 <= address < NULL for address in addresses):
        raise ConfigError("a source address is not 0 to 253", place="units", remedy="See SAE J1939, appendix B")


def _time(timed: Timed) -> int:
    return timed[0]
