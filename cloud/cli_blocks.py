"""The command about blocks: arguments, reading and writing alone."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloud.errors import CloudError, ConfigError

if TYPE_CHECKING:
    from cloud.blocks.unpack import Content

STREAM: Final = "-"
"""Standard input or output."""
FORMATS: Final = ("frames/1",)
"""What a bare block may be; a test compares it with what is understood."""
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
        help="FILE.log as candump writes it, .csv or .parquet; - (%(default)s) is standard output: a log, or CSV",
    )
    parser.add_argument("--format", choices=FORMATS, help="FILE is a bare block of this format, without an envelope")


def decode_block(options: argparse.Namespace) -> int:
    """Write what the block holds."""
    from cloud.blocks.unpack import of_block, of_message  # noqa: PLC0415  # numpy and pydantic; `--help` needs neither

    write = _writer(options.out)
    payload = _read(options.file)
    named: str | None = options.format
    content = of_message(payload, options.file) if named is None else of_block(payload, named, options.file)
    _deliver(write(content, options.out), options.out)
    return 0


Writer = Callable[["Content", str], bytes]


def _writer(out: str) -> Writer:
    """How to write what the ending says."""
    ending = ".log" if out == STREAM else Path(out).suffix
    if ending not in _WRITERS:
        told = f"*{ending}" if ending else "a name without an ending"
        remedy = f"Let it end in {', '.join(_WRITERS)}"
        raise ConfigError(f"a block cannot be written as {told}", file=out, place="--out", remedy=remedy)
    return _WRITERS[ending]


def _log(content: "Content", out: str) -> bytes:
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


def _csv(content: "Content", _: str) -> bytes:
    from cloud.blocks.tables import columns_of, csv_table  # noqa: PLC0415  # the same

    return csv_table(columns_of(content))


def _parquet(content: "Content", out: str) -> bytes:
    from cloud.blocks.tables import columns_of, parquet_table  # noqa: PLC0415  # the same

    return parquet_table(columns_of(content), out)


_WRITERS: Final[Mapping[str, Writer]] = MappingProxyType({".log": _log, ".csv": _csv, ".parquet": _parquet})


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
