"""What a unit on J1939 says of itself in five groups and its NAME, put together. Pure."""

from collections.abc import Mapping
from typing import Final

from edge.decode.texts import words_of
from edge.diagnostics import permission as groups
from edge.diagnostics.findings import NetworkName, Unit
from edge.diagnostics.j1939 import messages
from edge.diagnostics.j1939.network_name import function_text

Said = Mapping[int, bytes]
"""Payloads of one unit by group."""
_LABEL: Final = "Vehicle.Telltale.Component"
_BOX: Final = "Vehicle.Telltale.ControlUnit"
_VIN: Final = "Vehicle.VehicleIdentification.VIN"


def unit_of(ecu: str, said: Said, name: NetworkName | None) -> Unit:
    """Whatever is told; of its name the best: its component's label, its own, or what its NAME says it is for."""
    label = _words(said, groups.COMPONENT_IDENTIFICATION)
    box = _words(said, groups.ECU_IDENTIFICATION)
    programs = _words(said, groups.SOFTWARE_IDENTIFICATION).get(f"{_LABEL}.Software")
    calibrations = list(messages.calibrations(said.get(groups.DM19, b"")))
    called = _joined(label, f"{_LABEL}.Make", f"{_LABEL}.Model") or _joined(box, f"{_BOX}.Make", f"{_BOX}.Type")
    return Unit(
        ecu=ecu,
        name=called or (function_text(name) if name else None),
        vin=_words(said, groups.VEHICLE_IDENTIFICATION).get(_VIN),
        serial=label.get(f"{_LABEL}.SerialNumber"),
        hardware=tuple(box[path] for path in (f"{_BOX}.PartNumber", f"{_BOX}.Hardware") if path in box),
        software=tuple(programs.split(", ")) if programs else (),
        calibrations=tuple(text for text, _ in calibrations),
        verifications=tuple(number for _, number in calibrations),
        ecu_serial=box.get(f"{_BOX}.SerialNumber"),
        location=box.get(f"{_BOX}.Location"),
        network_name=name,
    )


def _joined(words: Mapping[str, str], *paths: str) -> str | None:
    return " ".join(words[path] for path in paths if path in words) or None


def _words(said: Said, group: int) -> Mapping[str, str]:
    payload = said.get(group)
    words = None if payload is None else words_of(0x18000000 | group << 8, payload)
    return words.texts if words else {}
