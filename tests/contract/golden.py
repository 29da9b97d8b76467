"""The golden payloads: what was once sent must be understood for ever, and still be written byte for byte.

A file's name says where it travels: `up.<kind>.<variant>`, `down.<kind>.<variant>` or `status.<variant>`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.wire.bundles import Piece, decode_piece, encode_piece
from edge.wire.downlink import Ack, Command, Desired, Status, decode_down, encode_down
from edge.wire.topics import Address, Kind

FOLDER: Final = Path(__file__).parent / "v1"
SUMS: Final = FOLDER / "SHA256SUMS"
ADDRESS: Final = Address("golden", "truck-12")
Downlink = Ack | Command | Desired | Status | Piece
READERS: Final[dict[str, Callable[[bytes], Downlink]]] = {
    "down.ack": lambda payload: decode_down(Ack, payload),
    "down.command": lambda payload: decode_down(Command, payload),
    "down.desired": lambda payload: decode_down(Desired, payload),
    "down.piece": decode_piece,
    "status": lambda payload: decode_down(Status, payload),
}
"""How to read what does not go up."""
FILES: Final = sorted(file for file in FOLDER.iterdir() if file != SUMS)
UPLINKS: Final = [file for file in FILES if file.name.startswith("up.")]
DOWNLINKS: Final = [file for file in FILES if file not in UPLINKS]


def written(message: Downlink) -> bytes:
    """The payload of a downlink or status message."""
    return encode_piece(message) if isinstance(message, Piece) else encode_down(message)


def kind_of(file: Path) -> Kind:
    """The kind of an uplink's file."""
    return Kind(file.name.split(".")[1])


def topic_of(file: Path) -> str:
    """Where an uplink's file is published."""
    return ADDRESS.up(kind_of(file))


def reader_of(file: Path) -> str:
    """Which of the readers understands a downlink's or status file."""
    return file.name.rsplit(".", 2)[0]
