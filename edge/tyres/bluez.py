"""Bluez: advertisements as BlueZ hears them, by the system's bus. Of the tyres the only room that knows jeepney.

BlueZ is asked to listen (a discovery of its own for each who asks) and tells what it hears as signals. It ends with
the connection, so whatever becomes of us, the radio is left alone again. Nothing is sent to any sensor but what every
active scan sends.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final

from edge.errors import BusDown, ConfigError
from edge.tyres.devices import Devices, path_of
from edge.tyres.told import Advertisement

SERVICE: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
BUS: Final = "org.freedesktop.DBus"
ANSWER_S: Final = 5.0
ONCE: Final = 256
"""Messages that are looked at before the time is."""
NOT_RUNNING: Final = "bluetoothd does not run. Remedy: sudo systemctl enable --now bluetooth"
NOT_THERE: Final = "there is no such adapter. Remedy: plug it in; bluetoothctl list names those that are there"
WHYS: Final[Mapping[str, str]] = {
    "org.freedesktop.DBus.Error.ServiceUnknown": NOT_RUNNING,
    "org.freedesktop.DBus.Error.NameHasNoOwner": NOT_RUNNING,
    "org.freedesktop.DBus.Error.UnknownObject": NOT_THERE,
    "org.freedesktop.DBus.Error.UnknownMethod": NOT_THERE,
    "org.freedesktop.DBus.Error.AccessDenied": "not allowed. Remedy: systemd/samples/telltale-edge-tyres.conf",
    "org.bluez.Error.NotReady": "switched off. Remedy: rfkill unblock bluetooth, then bluetoothctl power on",
}
"""What is wrong and what to do, by the name of an error."""
OTHERWISE: Final = "BlueZ refuses to listen ({name}). Remedy: sudo systemctl restart bluetooth"
BUS_PATH: Final = "/org/freedesktop/DBus"
FILTER: Final = {"Transport": ("s", "le"), "DuplicateData": ("b", True)}
"""With any filter BlueZ tells of devices that nobody can connect to, as sensors are; DuplicateData: what is said again
in the same words is told again (org.bluez.Adapter(5))."""


def refuse_without_library(place: str) -> None:
    """Say what to install, before anything begins.

    Raises:
        ConfigError: jeepney is not installed.
    """
    if find_spec("jeepney") is None:
        remedy = "pip install 'telltale[edge,ble]'"
        raise ConfigError("jeepney is not installed, so nobody can ask BlueZ", place=place, remedy=remedy)


class Bluez:
    """One adapter that listens."""

    def __init__(self, adapter: str, sensors: Collection[str] = (), *, bus: str = "SYSTEM") -> None:
        """`adapter`: as hci0; `sensors`: addresses of those that are listened to, without any all; `bus`: its address.

        Raises:
            BusDown: bus, BlueZ or adapter are not there, or the adapter is switched off.
        """
        import jeepney  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types; only boxes with [tyres] have it
        from jeepney.io import blocking  # type: ignore[import-untyped]  # noqa: PLC0415  as above

        self.devices = Devices()
        self._jeepney, self._name, self._path = jeepney, adapter, f"/org/bluez/{adapter}"
        self._ours = {path_of(self._path, sensor) for sensor in sensors}
        self._owner = ""
        try:
            self._bus = blocking.open_dbus_connection(bus)
        except (OSError, ValueError, RuntimeError) as error:
            raise BusDown(f"{adapter}: no system bus: {_said(error)}. Remedy: sudo apt install dbus bluez") from error
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def heard(self, wait_s: float) -> list[Advertisement]:
        """What is heard within the next `wait_s`, or as soon as there is something.

        Raises:
            BusDown: BlueZ or the adapter have gone.
        """
        until_s = time.monotonic() + wait_s
        found: list[Advertisement] = []
        for _ in range(ONCE):
            left_s = 0.0 if found else max(until_s - time.monotonic(), 0.0)
            try:
                message = self._bus.receive(timeout=left_s)
            except TimeoutError:
                break
            except (OSError, ValueError) as error:
                raise BusDown(f"{self._name}: the system bus is gone: {_said(error)}") from error
            if (advertisement := self._taken(message)) is not None:
                found.append(advertisement)
        return found

    def close(self) -> None:
        """Listen no more; safe to repeat."""
        self._bus.close()

    def _begin(self) -> None:
        for rule in self._wanted():
            text = ",".join(f"{key}='{value}'" for key, value in {"type": "signal", **rule}.items())
            self._asked("AddMatch", text)
        self._called(self._path, ADAPTER, "SetDiscoveryFilter", "a{sv}", (FILTER,))
        (self._owner,) = self._asked("GetNameOwner", SERVICE)
        (objects,) = self._called("/", OBJECTS, "GetManagedObjects")
        for path, interfaces in objects.items():
            if self._is_ours(path) and DEVICE in interfaces:
                self.devices.known(path, _plain(interfaces[DEVICE]))
        self._called(self._path, ADAPTER, "StartDiscovery")

    def _wanted(self) -> Iterator[dict[str, str]]:
        """Which signals the bus is to hand on: of a town of devices only ours wake us."""
        changed = {"interface": PROPERTIES, "member": "PropertiesChanged", "sender": SERVICE}
        objects = {"interface": OBJECTS, "sender": SERVICE}
        yield {"interface": BUS, "member": "NameOwnerChanged", "sender": BUS, "arg0": SERVICE}
        if not self._ours:
            yield {**changed, "path_namespace": self._path}
            yield objects
            return
        for path in (self._path, *sorted(self._ours)):
            yield {**changed, "path": path}
            yield {**objects, "arg0path": path}

    def _is_ours(self, path: str) -> bool:
        return path in self._ours if self._ours else path.startswith(f"{self._path}/")

    def _asked(self, member: str, argument: str) -> tuple[Any, ...]:
        """What the bus itself answers."""
        return self._called(BUS_PATH, BUS, member, "s", (argument,))

    def _called(
        self, path: str, interface: str, member: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """What a call to the bus or to BlueZ gives back.

        Raises:
            BusDown: it was refused, or nobody answers.
        """
        jeepney = self._jeepney
        whom = jeepney.DBusAddress(path, bus_name=BUS if interface == BUS else SERVICE, interface=interface)
        try:
            call = jeepney.new_method_call(whom, member, signature or None, body)
            answer = self._bus.send_and_get_reply(call, timeout=ANSWER_S)
        except TimeoutError as error:
            text = f"{self._name}: bluetoothd does not answer. Remedy: sudo systemctl restart bluetooth"
            raise BusDown(text) from error
        except (OSError, ValueError) as error:
            raise BusDown(f"{self._name}: the system bus is gone: {_said(error)}") from error
        if answer.header.message_type is jeepney.MessageType.error:
            name = answer.header.fields.get(jeepney.HeaderFields.error_name, "an error")
            raise BusDown(f"{self._name}: {WHYS.get(name) or OTHERWISE.format(name=name)}")
        return tuple(answer.body)

    def _taken(self, message: Any) -> Advertisement | None:
        """What a signal is an advertisement of; others may end it."""
        fields = self._jeepney.HeaderFields
        sender = message.header.fields.get(fields.sender)
        is_signal = message.header.message_type is self._jeepney.MessageType.signal
        if not is_signal or sender not in (self._owner, BUS):  # whoever is on the bus may send us signals
            return None
        member, path = message.header.fields.get(fields.member), message.header.fields.get(fields.path, "")
        body = message.body
        if member == "PropertiesChanged" and body[0] == DEVICE:
            return self.devices.changed(path, _plain(body[1]))
        if member == "PropertiesChanged" and body[0] == ADAPTER and path == self._path:
            self._look(_plain(body[1]))
        elif member == "InterfacesAdded" and self._is_ours(body[0]) and DEVICE in body[1]:
            return self.devices.changed(body[0], _plain(body[1][DEVICE]))
        elif member == "InterfacesRemoved":
            self._remove(body[0], body[1])
        elif member == "NameOwnerChanged":
            raise BusDown(f"{self._name}: bluetoothd has gone, or has begun anew; it is asked again by itself")
        return None

    def _look(self, adapter: Mapping[str, Any]) -> None:
        if adapter.get("Powered") is False:
            raise BusDown(f"{self._name}: it was switched off. Remedy: bluetoothctl power on")
        if adapter.get("Discovering") is False:
            raise BusDown(f"{self._name}: it listens no more; it is asked again by itself")

    def _remove(self, path: str, interfaces: list[str]) -> None:
        if path == self._path and ADAPTER in interfaces:
            raise BusDown(f"{self._name}: the adapter was taken away. Remedy: plug it in")
        if DEVICE in interfaces:
            self.devices.gone(path)


def _plain(values: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Values without the types that stand beside them, in dictionaries too."""
    return {key: _bare(value) for key, (_, value) in values.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: one[1] if isinstance(one, tuple) else one for key, one in value.items()}
    return value


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
