"""What scripted control units say: written down by hand from the standards, or by udsoncan."""

from typing import Final

from tests.vehicle.scripted_ecus import Raw, Whole, identifiers, refusing, table, together

VIN: Final = b"1HGCM82633A004352"
MISFIRE: Final = 0x030100
"""P0301, no failure type."""

OBD_ENGINE: Final = table({
    "0100": "4100 BE3FA813",
    "0120": "4120 8007A011",
    "0140": "4140 FED08400",
    "0101": "4101 83076504",
    "010C": "410C 1AF8",
    "010D": "410D 32",
    "0105": "4105 7B",
    "0130": "4130 05",
    "0131": "4131 00E7",
    "03": "43 02 0301 0420",
    "07": "47 01 0171",
    "0A": "4A 01 0301",
    "0900": "4900 54400000",
    "0902": (Whole(b"\x49\x02\x01" + VIN),),
    "0904": (Whole(b"\x49\x04\x02" + b"SC-ENG-0007A".ljust(16, b"\0") + b"SC-ENG-0007B".ljust(16, b"\0")),),
    "0906": "4906 02 1791BC82 4C00A1F7",
    "090A": (Whole(b"\x49\x0a\x01" + b"ECM\0-EngineControl".ljust(20, b"\0")),),
    "020200": "4202 00 0301",
    "020000": "4200 00 58180000",
    "020500": "4205 00 7B",
    "020C00": "420C 00 1AF8",
    "020D00": "420D 00 32",
    "020400": "4204 00 80",
})  # fmt: skip
"""An engine that speaks SAE J1979 alone. Supported in its freeze frame: 02, 04, 05, 0C, 0D."""

OBD_GEARBOX: Final = table({
    "0100": "4100 80180000",
    "0101": "4101 00040000",
    "010D": "410D 32",
    "03": "43 00",
    "07": "47 00",
    "0A": "4A 00",
    "0900": "4900 14400000",
    "0904": (Whole(b"\x49\x04\x01" + b"SC-GBX-0002".ljust(16, b"\0")),),
    "0906": "4906 01 00A45E11",
    "090A": (Whole(b"\x49\x0a\x01" + b"TCM\0-TransmisCtrl".ljust(20, b"\0")),),
})  # fmt: skip

NAMES: Final = identifiers({
    0xF180: b"\x01BOOT 1.4",
    0xF181: b"\x01SC-ABS-0113",
    0xF186: b"\x01",
    0xF188: b"5Q0-906-022-F",
    0xF189: b"0417",
    0xF18A: b"Bremsen GmbH",
    0xF18C: b"\x00\x12\x9f\xfe",
    0xF190: VIN,
    0xF191: b"5Q0-614-517",
    0xF193: b"H11   ",
    0xF194: b"SUP-0091",
    0xF195: b"2.10\0\0",
    0xF197: b"ABS/ESP",
    0x2001: bytes.fromhex("0BB8"),
    0x2002: bytes.fromhex("01"),
    0x2003: bytes.fromhex("A1B2C3D4"),
})  # fmt: skip
BRAKE_CODES: Final = table({
    "19020D": "5902 FF 403511 2F C12100 08 500A64 04",
    "1904403511FF": "5904 403511 2F 01 02 2001 0BB8 2002 01 02 01 2001 0000",
    "1904C12100FF": "5904 C12100 08",
    "1904500A64FF": "5904 500A64 04 01 02 2003 A1B2C3D4 9999 77",
    "1906403511FF": "5906 403511 2F 01 07 02 00 10",
})  # fmt: skip
"""C0035-11 is there, its lamp off; U0121-00 is stored; C100A-64 is pending. 9999 is told in a snapshot,
and nowhere else."""
BRAKES: Final = refusing(together(NAMES, BRAKE_CODES))

ON_UDS: Final = identifiers({
    0xF186: b"\x01",
    0xF190: VIN,
    0xF400: bytes.fromhex("8018 0001"),
    0xF420: bytes.fromhex("0001 8000"),
    0xF401: bytes.fromhex("81076504"),
    0xF40C: bytes.fromhex("1AF8"),
    0xF40D: bytes.fromhex("32"),
    0xF430: bytes.fromhex("05"),
    0xF431: bytes.fromhex("00E7"),
    0xF44E: bytes.fromhex("0040"),
    0xF4A6: bytes.fromhex("000F4240"),
    0xF802: VIN,
    0xF804: b"SC-ENG-0009".ljust(16, b"\0"),
    0xF806: bytes.fromhex("C0FFEE01"),
    0xF80A: b"ECM\0-EngineControl".ljust(20, b"\0"),
    0xF810: b"\x01",
})  # fmt: skip
EMISSION_CODES: Final = table({
    "1942330C1E": "5942 33 FF 1E 04 02 030100 AF 04 042000 2C",
    "1942 33 08 1E": "5942 33 FF 1E 04 02 030100 AF",
    "195533": "5955 33 FF 04 030100 AF 017113 A8",
    "19020D": "5902 FF 030100 AF 042000 2C 500A64 0C",
    "1904030100FF": "5904 030100 AF 00 02 F40C 1AF8 F40D 32",
    "1906030100FF": "5906 030100 AF 01 07",
})  # fmt: skip
"""P0301 confirmed, lit and permanent (class A); P0420 pending and confirmed (B1); P0171-13 permanent alone: somebody
cleared; C100A-64 is none of the emission codes."""
ENGINE_ON_UDS: Final = refusing(together(ON_UDS, EMISSION_CODES))
WORLD_WIDE: Final = refusing(
    together(lambda request: () if request == bytes.fromhex("22F810") else ON_UDS(request), EMISSION_CODES)
)
"""The same of ISO 27145: it does not tell that it is SAE J1979-2."""
GUARDED: Final = refusing(lambda _request: (), 0x33)
"""A security gateway."""


# Ways in which an answer goes wrong: that to "0902", frame by frame.

_FIRST: Final = bytes.fromhex("1014490201314847")
_SECOND: Final = bytes.fromhex("21434D3832363333")
_THIRD: Final = bytes.fromhex("2241303034333532")
SOUND: Final = Raw((_FIRST, _SECOND, _THIRD), first_alone=True)
WRONG: Final = {
    "wrong sequence": Raw((_FIRST, _THIRD, _SECOND), first_alone=True),
    "a piece is missing": Raw((_FIRST, _SECOND), first_alone=True),
    "nothing after the first": Raw((_FIRST,)),
    "pieces without a first": Raw((_SECOND, _THIRD)),
    "longer than anybody takes": Raw((bytes.fromhex("10000000FFFF4902"),)),
    "a first frame of a single one's length": Raw((bytes.fromhex("1004490201314847"),)),
    "an empty single frame": Raw((bytes.fromhex("0055555555555555"),)),
    "an unknown kind of frame": Raw((bytes.fromhex("F014490201314847"),)),
    "another service": Raw((bytes.fromhex("0341000055555555"),)),
    "flow control out of place": Raw((bytes.fromhex("3000005555555555"),)),
}
"""None of these is an answer."""
