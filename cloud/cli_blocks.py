"""The command about blocks: arguments, reading and writing alone."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cloud.errors import CloudError, ConfigError

if TYPE_CHECKING:
    from cloud.blocks.unpack import Content
    from edge.wire.frame_block import Frames

STREAM: Final = "-"
"""Standard input or output."""
FORMATS: Final = ("frames/1", "samples/1")
"""What a bare block may be; a test compares it with what is understood."""
ENDINGS: Final = (".log", ".csv", ".parquet")
BYTES_MAX: Final = 4 * 1024 * 1024
"""Of a message, and so of a block; the same."""


def add_commands(commands: Any) -> None:
    """Add it to the parser's commands."""
    parser = commands.add_parser("decode-block", help="turn a captured or bulk message into a log or a table")
    parser.add_argument("file", metavar="FILE", help="one message as it came over MQTT (- is standard input)")
    parser.add_argument(
        "--out",
        default=STREAM,
        metavar="FILE",
        help="FILE.log as candump writes it, .csv or .parquet; - (%(default)s): a log, or of samples CSV, on stdout",
    )
    parser.add_argument("--format", choices=FORMATS, help="FILE is a bare block of this format, without an envelope")


def decode_block(options: argparse.Namespace) -> int:
    """Write what the block holds."""
    from cloud.blocks.unpack import of_block, of_message  # noqa: PLC0415  # numpy and pydantic; `--help` needs neither

    _check_ending(options.out)
    payload = _read(options.file)
    named: str | None = options.format
    content, offset_s = (
        of_message(payload, options.file) if named is None else (of_block(payload, named, options.file), 0.0)
    )
    if offset_s:
        _note(f"the vehicle's clock was wrong, as it knew by then: {offset_s:+.3f} s are added to all times")
    _deliver(_written(content, options.out), options.out)
    return 0


def _check_ending(out: str) -> None:
    ending = Path(out).suffix
    if out != STREAM and ending not in ENDINGS:
        told = f"*{ending}" if ending else "a name without an ending"
        remedy = f"Let it end in {', '.join(ENDINGS)}"
        raise ConfigError(f"a block cannot be written as {told}", file=out, place="--out", remedy=remedy)


def _written(content: "Content", out: str) -> bytes:
    """The bytes that the ending asks for."""
    from cloud.blocks.tables import columns_of, csv_table, parquet_table  # noqa: PLC0415  # the same
    from edge.wire.frame_block import Frames  # noqa: PLC0415  # the same

    ending = Path(out).suffix
    if ending == ".parquet":
        return parquet_table(columns_of(content), out)
    if isinstance(content, Frames) and ending != ".csv":
        return _log(content, out)
    if ending == ".log":
        problem = "samples are no frames, which alone a candump log has"
        raise ConfigError(problem, file=out, place="--out", remedy="Write .csv or .parquet")
    return csv_table(columns_of(content))


def _log(content: "Frames", out: str) -> bytes:
    from cloud.blocks.candump import candump_log, finer_than_candump, renamed  # noqa: PLC0415  # the same

    try:
        log = candump_log(content)
    except ValueError as error:
        raise ConfigError(str(error), file=out, place="--out", remedy="Write .csv or .parquet") from error
    if finer := finer_than_candump(content):
        _note(f"{finer} times are written in nanoseconds; telltale-edge reads them, can-utils takes microseconds only")
    for bus, instead in renamed(content).items():
        _note(f"bus {bus!r} is written as {instead}")
    return log


def _note(text: str) -> None:
    print(f"telltale-cloud: note: {text}", file=sys.stderr)


def _read(file: str) -> bytes:
    """No more than a message can have, and a byte that shows that there is more."""
    try:
        if file == STREAM:
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        with Path(file).open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", file=file, remedy="Name a message or a block"
        ) from error


def _deliver(content: bytes, out: str) -> None:
    """Write it whole: a file takes its name when all of it is there."""
    if out == STREAM:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    file = Path(out)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        stream = draft.open("wb")
    except OSError as error:
        remedy = "Make the folder first, or name another file"
        raise ConfigError(f"cannot be written ({error.strerror})", file=out, place="--out", remedy=remedy) from error
    try:
        with stream:
            stream.write(content)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CloudError(f"{out}: cannot be written ({error.strerror}). Make room, or name another file") from error
