"""`telltale-edge record`, `replay` and `convert`: their arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.arguments import positive, speed, whole

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

FILE_MIB: Final = 64.0


def add_recording(commands: "Commands") -> None:
    """Add the three commands."""
    record = commands.add_parser(
        "record",
        help="a bus into candump logs",
        description="Records a live bus, listening only, into candump logs NAME-0001.log, NAME-0002.log, … until "
        "Ctrl-C. What was written a second ago survives a power cut.",
    )
    add = record.add_argument
    add("--bus", required=True, metavar="SPEC", help="can:… or pythoncan:…")
    add("--out", required=True, type=Path, metavar="NAME.log", help="where; a number is added, nothing is written over")
    add("--duration", type=positive, metavar="S", help="end after so many seconds")
    add("--file-mib", type=positive, default=FILE_MIB, metavar="MIB", help="size of a file (%(default)g)")
    add("--keep", type=whole, default=0, metavar="N", help="only the newest N files (all)")
    record.set_defaults(command=_record)
    replay = commands.add_parser(
        "replay", help="a recording onto a bus", description="Sends a recording with its original spacing."
    )
    replay.add_argument("log_file", type=Path, metavar="LOG")
    replay.add_argument("--bus", required=True, metavar="SPEC", help="can:… or pythoncan:…")
    replay.add_argument("--speed", type=speed, default=1.0, metavar="1|N|max", help="times real time (%(default)s)")
    replay.add_argument("--loop", action="store_true", help="again and again until Ctrl-C")
    replay.set_defaults(command=_replay)
    convert = commands.add_parser(
        "convert",
        help="a recording in any format into a candump log",
        description="Writes the frames of a recording (asc, blf, trc, csv, db, mf4, GVRET, CRTD, BUSMASTER, Microchip, "
        "also gzipped) into a candump log.",
    )
    convert.add_argument("log_file", type=Path, metavar="LOG")
    convert.add_argument("--out", required=True, type=Path, metavar="FILE.log")
    convert.set_defaults(command=_convert)


def _record(options: argparse.Namespace) -> int:
    from edge.recording import Recorded, record  # noqa: PLC0415  # `--help` needs none of it

    wanted = Recorded(options.bus, options.out, options.duration, options.file_mib, options.keep)
    sys.stdout.write(record(wanted))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from edge.recording import replay  # noqa: PLC0415  # as above

    times = None if options.speed == "max" else options.speed
    sys.stdout.write(replay(options.log_file, options.bus, speed=times, is_endless=options.loop))
    return 0


def _convert(options: argparse.Namespace) -> int:
    from edge.offline import convert_file  # noqa: PLC0415  # as above

    sys.stdout.write(convert_file(options.log_file, options.out))
    return 0
