"""A recording or a signal table to rows or to a candump log, without a daemon: `telltale-edge decode` and `convert`."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from edge.bus.open import open_source
from edge.bus.sink import LOG, CandumpSink
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.bus.table.layout import layout_of
from edge.bus.table.signals import database_of, notes_on_table
from edge.decode.answers import Answers
from edge.decode.conflicts import notes_on
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.decode.wrapped import notes_on_answers
from edge.errors import ConfigError
from edge.files import open_rows
from edge.report import frame_counts


def decode_file(log_file: Path, databases: Sequence[Path], out: Path) -> str:
    """Write every sample of a recording as a row; the account of what was and was not decoded.

    Without a database that is what control units answered who asked by OBD-II.

    Raises:
        ConfigError: a file is missing or wrong, or without a database nothing of it is known.
        EdgeError: the disk is full or fails; no half file is left.
    """
    return _decoded(_spec(log_file), [Binding(load_database(file)) for file in databases], out)


def decode_table(source: str, databases: Sequence[Path], out: Path) -> str:
    """Write every known cell of `table:FILE[?map=columns.toml]` as a row; databases tell units and labels of columns.

    Raises:
        ConfigError, EdgeError: as `decode_file` does.
    """
    spec = SourceSpec.parse(source)
    layout = layout_of(spec)
    known = {signal.path: signal for file in databases for signal in load_database(file).signals}
    notes = "".join(f"note: {note}\n" for note in notes_on_table(layout, known))
    return _decoded(spec, [Binding(database_of(layout, known))], out) + notes


def _decoded(spec: SourceSpec, bindings: Sequence[Binding], out: Path) -> str:
    decoder = Decoder(bindings, answers=Answers())
    notes = [*notes_on(bindings), *notes_on_answers(one.database for one in bindings)]
    source = _open(spec)
    with closing(source), closing(open_rows(out)) as rows:
        while (batch := source.read(0)) is not None:
            rows.write(decoder.decode(batch), decoder.signals)
        if not bindings and not decoder.counts.decoded:
            raise ConfigError("nothing says what its frames mean", file=Path(spec.rest), remedy="Give --dbc FILE…")
        rows.commit()
    counts = {
        **frame_counts(decoder.counts),
        **{f"{spec.kind}_{name}": count for name, count in source.counters.items()},
    }
    return _account(counts) + "".join(f"note: {note}\n" for note in notes)


def convert_file(log_file: Path, out: Path) -> str:
    """Write every frame of a recording in any format into a candump log; the account of it.

    Raises:
        ConfigError: the file is none that is read, or the other cannot be written there.
        EdgeError: the disk is full or fails; no half file is left.
    """
    if out.suffix != LOG:
        raise ConfigError("frames cannot be written there", file=out, remedy=f"Let it end in {LOG}")
    with closing(_open(_spec(log_file))) as source, closing(CandumpSink(out)) as sink:
        while (batch := source.read(0)) is not None:
            sink.send(batch)
        sink.commit()
    return _account(source.counters)


def _spec(log_file: Path) -> SourceSpec:
    return SourceSpec(text=f"log:{log_file}", kind="log", rest=str(log_file))


def _open(spec: SourceSpec) -> Source:
    return open_source(spec, speed=None, now_ns=0, stop=threading.Event(), offline=True)


def _account(counts: Mapping[str, int]) -> str:
    return "".join(f"{name:<24}{count:>12,}\n" for name, count in counts.items())
