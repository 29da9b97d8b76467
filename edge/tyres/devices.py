"""Devices: which of what BlueZ tells of its devices is an advertisement that was heard just now. Pure.

BlueZ keeps of each device what it last said, and tells every change of that: that a device is weaker now, or is
forgotten, is no new reading of its tyre. An advertisement is only what comes with manufacturer data in a change, or
with a device that was not there before. Where a sensor writes its status where its company should be, older words of it
may still stand beside the new one: of several, what has changed since the last time counts.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edge.tyres.told import Advertisement

DEVICES_MAX: Final = 512
"""Of which something is remembered; whoever drives through a town meets more."""
WORDS_MAX: Final = 16
"""Companies of one device; a sensor needs one."""
CLEAR: Final = "dev_"


@dataclass(slots=True)
class _Known:
    name: str = ""
    services: frozenset[str] = field(default_factory=frozenset)
    words: dict[int, bytes] = field(default_factory=dict)


class Devices:
    """Takes change after change; `properties` are those of org.bluez.Device1 without their types."""

    def __init__(self) -> None:
        self.forgotten = 0
        """Devices of which nothing is remembered any more, since there were too many."""
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def known(self, path: str, properties: Mapping[str, Any]) -> None:
        """A device that BlueZ knows from before: what it said then is nothing new."""
        self._learn(path, properties).words = _words(properties.get("ManufacturerData"))

    def changed(self, path: str, properties: Mapping[str, Any]) -> Advertisement | None:
        """A device has appeared, or something about it is new: what it says, if it says something."""
        one = self._learn(path, properties)
        if "ManufacturerData" not in properties:
            return None
        before, one.words = one.words, _words(properties["ManufacturerData"])
        news = {company: data for company, data in one.words.items() if before.get(company) != data}
        address = address_of(path)
        if address is None or not one.words:
            return None
        return Advertisement(address, news or dict(one.words), one.name, one.services)

    def gone(self, path: str) -> None:
        """BlueZ forgets a device."""
        self._known.pop(path, None)

    def _learn(self, path: str, properties: Mapping[str, Any]) -> _Known:
        one = self._known.setdefault(path, _Known())
        self._known.move_to_end(path)
        if len(self._known) > DEVICES_MAX:
            self._known.popitem(last=False)
            self.forgotten += 1
        if isinstance(name := properties.get("Name"), str):
            one.name = name
        if isinstance(services := properties.get("UUIDs"), list):
            one.services = frozenset(str(service).lower() for service in services[:WORDS_MAX])
        return one


def address_of(path: str) -> str | None:
    """The address in the path of a device, /org/bluez/hci0/dev_80_EA_CA_10_8A_78; None: there is none."""
    last = path.rpartition("/")[2]
    return last.removeprefix(CLEAR).replace("_", ":").upper() if last.startswith(CLEAR) else None


def path_of(adapter: str, address: str) -> str:
    """The path of the device that has an address (in capitals), below that of its adapter."""
    return f"{adapter}/{CLEAR}{address.replace(':', '_')}"


def _words(said: object) -> dict[int, bytes]:
    if not isinstance(said, Mapping):
        return {}
    pairs = list(said.items())[:WORDS_MAX]
    return {company: bytes(data) for company, data in pairs if isinstance(company, int) and isinstance(data, bytes)}
