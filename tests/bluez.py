"""A BlueZ for tests: on a real bus, with an adapter that is there or not, and devices that say what a test says."""

import os
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import jeepney  # type: ignore[import-untyped]  # it ships no types
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]  # as above

from tests.desktops import Bus
from tests.session_service import serve

NAME: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
Manufacturer = Mapping[int, bytes]


def cap(address: str, kpa: float, celsius: float = 20.0, *, percent: int = 91) -> dict[int, bytes]:
    """What a cap of the commonest make says."""
    numbers = round(kpa * 1000).to_bytes(4, "little", signed=True) + round(celsius * 100).to_bytes(
        4, "little", signed=True
    )
    return {0x0100: bytes.fromhex(address.replace(":", "")) + numbers + bytes((percent, 0))}


class ScriptedBluez:
    """Answers as bluetoothd does; it can be refused, unplugged, switched off and ended."""

    def __init__(self, bus: Bus, adapter: str = "hci0") -> None:
        self.filters: list[dict[str, Any]] = []
        """What discoveries were asked for."""
        self.begun = 0
        """How often."""
        self.asked_by: list[str] = []
        """Who asked for discoveries, as the bus calls them."""
        self.refuses = ""
        """With this error, whoever asks for a discovery."""
        self._adapter = f"/org/bluez/{adapter}"
        self._is_there = True
        self._devices: dict[str, dict[str, Any]] = {}
        self._bus = open_dbus_connection(bus.address)
        request = jeepney.message_bus.RequestName(NAME)
        assert self._bus.send_and_get_reply(request, timeout=10).body == (1,)
        self._lock = threading.Lock()
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=serve, args=(self._bus, self._end, self._answer), name="scripted BlueZ")
        self._thread.start()

    def advertise(self, address: str, said: Manufacturer, **properties: Any) -> None:
        """A device is heard: anew, or once more."""
        values = {"ManufacturerData": ("a{qv}", {company: ("ay", data) for company, data in said.items()})}
        self.change(address, {**values, **_typed(properties)})

    def change(self, address: str, values: Mapping[str, Any]) -> None:
        """Something about a device is new, though perhaps it said nothing."""
        path = self._path(address)
        if path in self._devices:
            self._devices[path].update(values)
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", (DEVICE, dict(values), []))
            return
        self.remember(address, values)
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", (path, {DEVICE: self._devices[path]}))

    def remember(self, address: str, values: Mapping[str, Any]) -> None:
        """A device that it knows from before."""
        self._devices[self._path(address)] = {"Address": ("s", address), **values}

    def forget(self, address: str) -> None:
        """As it does with devices that were not heard for long."""
        path = self._path(address)
        del self._devices[path]
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", (path, [DEVICE]))

    def unplug(self) -> None:
        """Take the adapter away."""
        self._is_there = False
        self._devices.clear()
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", (self._adapter, [PROPERTIES, ADAPTER]))

    def plug(self) -> None:
        """Put it back."""
        self._is_there = True

    def adapter_says(self, name: str, *, value: bool) -> None:
        """Powered or Discovering has changed."""
        self._signal(self._adapter, PROPERTIES, "PropertiesChanged", "sa{sv}as", (ADAPTER, {name: ("b", value)}, []))

    def close(self) -> None:
        """End it, as a crash does."""
        os.close(self._ended)
        self._thread.join(10)
        os.close(self._end)
        self._bus.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _path(self, address: str) -> str:
        return f"{self._adapter}/dev_{address.replace(':', '_')}"

    def _signal(self, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]) -> None:
        emitter = jeepney.DBusAddress(path, interface=interface)
        with self._lock:
            self._bus.send(jeepney.new_signal(emitter, member, signature, body))

    def _answer(self, call: Any) -> None:
        fields = jeepney.HeaderFields
        if call.header.message_type is not jeepney.MessageType.method_call:
            return
        member, path = call.header.fields[fields.member], call.header.fields[fields.path]
        with self._lock:
            if member == "GetManagedObjects":
                there = {self._adapter: {ADAPTER: {"Powered": ("b", True)}}} if self._is_there else {}
                devices = {one: {DEVICE: values} for one, values in self._devices.items()}
                self._bus.send(jeepney.new_method_return(call, "a{oa{sa{sv}}}", ({**there, **devices},)))
            elif path != self._adapter or not self._is_there:
                self._bus.send(jeepney.new_error(call, "org.freedesktop.DBus.Error.UnknownObject"))
            elif member == "SetDiscoveryFilter":
                self.filters.append({name: value for name, (_, value) in call.body[0].items()})
                self._bus.send(jeepney.new_method_return(call))
            elif self.refuses:
                self._bus.send(jeepney.new_error(call, self.refuses))
            elif member == "StartDiscovery":
                self.asked_by.append(call.header.fields[fields.sender])
                self._bus.send(jeepney.new_method_return(call))
                self.begun += 1


def whisper(bus: Bus, whom: str, adapter: str, address: str, said: Manufacturer) -> None:
    """What BlueZ would say of a device, said by somebody else to one alone: whoever is on the bus can."""
    emitter = jeepney.DBusAddress(f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}", interface=PROPERTIES)
    values = {"ManufacturerData": ("a{qv}", {company: ("ay", data) for company, data in said.items()})}
    signal = jeepney.new_signal(emitter, "PropertiesChanged", "sa{sv}as", (DEVICE, values, []))
    signal.header.fields[jeepney.HeaderFields.destination] = whom
    with open_dbus_connection(bus.address) as stranger:
        stranger.send(signal)
        stranger.send_and_get_reply(jeepney.message_bus.GetId(), timeout=10)  # the signal has arrived


def _typed(properties: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {"Name": "s", "UUIDs": "as", "RSSI": "n"}
    return {name: (kinds[name], value) for name, value in properties.items()}
