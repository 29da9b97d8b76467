"""A recording to rows, without a daemon: `telltale-edge decode`."""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.decode.conflicts import notes_on
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.files import open_rows
from edge.report import frame_counts


def decode_file(log_file: Path, databases: Sequence[Path], out: Path) -> str:
    """Write every sample of a recording as a row; the account of what was and was not decoded.

    Raises:
        ConfigError: a file is missing or wrong.
        EdgeError: the disk is full or fails; no half file is left.
    """
    bindings = [Binding(load_database(file)) for file in databases]
    decoder, notes = Decoder(bindings), notes_on(bindings)
    source = open_source(
        SourceSpec(text=f"log:{log_file}", kind="log", rest=str(log_file)), speed=None, now_ns=0, stop=threading.Event()
    )
    with closing(source), closing(open_rows(out)) as rows:
        while (batch := source.read(0)) is not None:
            rows.write(decoder.decode(batch), decoder.signals)
        rows.commit()
    counts = {**frame_counts(decoder.counts), **{f"log_{name}": count for name, count in source.counters.items()}}
    lines = [f"{name:<24}{count:>12,}" for name, count in counts.items()]
    return "\n".join([*lines, *(f"note: {note}" for note in notes)]) + "\n"
