"""Who a unit says it is: identifiers of ISO 14229-1 annex C.1, and those that OBD on UDS has. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.diagnostics import obd_messages
from edge.diagnostics.findings import Unit
from edge.diagnostics.uds.messages import items, text

BOOT_SOFTWARE: Final = 0xF180
SUPPLIER: Final = 0xF18A
SERIAL: Final = 0xF18C
VIN: Final = 0xF190
NAME: Final = 0xF197
CALIBRATIONS: Final = (0xF181, 0xF182, 0xF183)
"""Application software and data, and the fingerprint that programming leaves: another one is another calibration."""
SOFTWARE: Final = (0xF188, 0xF189, 0xF194, 0xF195, BOOT_SOFTWARE)
"""The maker's number and version, the supplier's number and version, and what starts them."""
HARDWARE: Final = (0xF191, 0xF193)
"""The maker's number, the supplier's version."""
ORDINARY: Final = (VIN, NAME, *HARDWARE, *SOFTWARE, *CALIBRATIONS, SERIAL, SUPPLIER)
"""What every unit is asked for."""

OBD_VIN: Final = 0xF802
OBD_CALIBRATIONS: Final = 0xF804
OBD_VERIFICATIONS: Final = 0xF806
OBD_NAME: Final = 0xF80A
OBD: Final = (OBD_VIN, OBD_CALIBRATIONS, OBD_VERIFICATIONS, OBD_NAME)
"""What units of OBD on UDS are asked for besides (SAE J1979-2: F8xx is infotype xx of service 09)."""


@dataclass(frozen=True, slots=True)
class UnitIdentity:
    """Identifiers that a unit answered, by number."""

    ecu: str
    """As `Ecu.name` has it."""
    told: Mapping[int, bytes] = field(default_factory=dict)

    def text(self, did: int) -> str | None:
        """One of them as text, or in hex; None where it was not told."""
        return text(self.told[did]) if did in self.told else None

    @property
    def vin(self) -> str | None:
        """The number of the vehicle that the unit was made for or taught; None for anything that is not 17 long."""
        for did in (OBD_VIN, VIN):
            if (found := obd_messages.vin(b"\x62\0\0" + _after_count(did, self.told))) is not None:
                return found
        return None

    @property
    def supplier(self) -> str | None:
        """Who built it."""
        return self.text(SUPPLIER)

    @property
    def boot_software(self) -> str | None:
        """What starts it and takes new software."""
        return self.text(BOOT_SOFTWARE)

    def unit(self) -> Unit:
        """The same as any protocol tells it."""
        return Unit(
            ecu=self.ecu,
            name=self._name(),
            vin=self.vin,
            serial=self.text(SERIAL),
            hardware=self._texts(HARDWARE),
            software=self._texts(SOFTWARE),
            calibrations=self._calibrations() or self._texts(CALIBRATIONS),
            verifications=tuple(item.hex().upper() for item in self._items(OBD_VERIFICATIONS)),
        )

    def _name(self) -> str | None:
        if names := self._items(OBD_NAME):
            return obd_messages.unit_name(b"\x49\x0a\x01" + names[0]) or self.text(NAME)
        return self.text(NAME)

    def _calibrations(self) -> tuple[str, ...]:
        return tuple(found for item in self._items(OBD_CALIBRATIONS) if (found := text(item)))

    def _texts(self, dids: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(found for did in dids if (found := self.text(did)))

    def _items(self, did: int) -> list[bytes]:
        return list(items(self.told.get(did, b""), _LENGTHS[did]))


_LENGTHS: Final = {
    OBD_VIN: obd_messages.VIN_LENGTH,
    OBD_CALIBRATIONS: obd_messages.CALIBRATION_LENGTH,
    OBD_VERIFICATIONS: obd_messages.VERIFICATION_LENGTH,
    OBD_NAME: obd_messages.NAME_LENGTH,
}


def _after_count(did: int, told: Mapping[int, bytes]) -> bytes:
    """A VIN without the number of items that some units keep in front of it."""
    raw = told.get(did, b"")
    return raw[1:] if len(raw) == obd_messages.VIN_LENGTH + 1 and raw[0] == 1 else raw
