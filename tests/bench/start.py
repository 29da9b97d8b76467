"""Opening a database in a new process: ours read anew, ours kept from last time, and cantools; time and memory."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.rows import Row
from tests.shared import ROOT, find_shared

NAMES: Final = ("tesla-model3.dbc", "opendbc/hyundai_2015_ccan.dbc")
ROUNDS: Final = 5
_MEASURED: Final = """
import json, resource, sys, time
from pathlib import Path
{imports}
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
file, state = Path(sys.argv[1]), Path(sys.argv[2])
before, begun = resident(), time.process_time()
found = {opened}
spent = time.process_time() - begun
grown = resident() - before
print(json.dumps({{"load_ms": spent * 1e3, "start_ms": time.process_time() * 1e3, "grown": grown,
    "tables": {tables}, "cantools": "cantools" in sys.modules}}))
"""
_OURS: Final = _MEASURED.format(
    imports="from edge.decode.kept import load_kept", opened="load_kept(file, None, state)", tables="found.tables.bytes"
)
_THEIRS: Final = _MEASURED.format(
    imports="import cantools.database", opened="cantools.database.load_file(file, strict=False)", tables="0"
)


def open_databases() -> Iterable[Row]:
    """Milliseconds of processor time and kilobytes, in processes of their own."""
    for name in NAMES:
        file = find_shared(os.environ) / "data" / "dbc" / name
        cold, warm, theirs = _measured(file)
        if any(one["cantools"] for one in (*cold, *warm)):
            raise AssertionError("cantools was imported to open a DBC file")
        for what, ours in (("read anew", cold), ("kept", warm)):
            yield _row(f"open {file.stem}, {what}", ours, theirs, "load_ms", "ms")
            yield _row(f"open {file.stem}, {what}: whole process", ours, theirs, "start_ms", "ms")
        yield _row(f"open {file.stem}, kept: memory", warm, theirs, "grown", "bytes")
        yield Row(
            name=f"open {file.stem}: the tables alone",
            value=warm[0]["tables"],
            unit="bytes",
            peer="cantools",
            peer_value=median(one["grown"] for one in theirs),
        )


def _row(name: str, ours: list[Mapping[str, float]], theirs: list[Mapping[str, float]], key: str, unit: str) -> Row:
    value, peer_value = (median(one[key] for one in some) for some in (ours, theirs))
    return Row(name=name, value=value, unit=unit, peer="cantools", peer_value=peer_value)


def _measured(file: Path) -> tuple[list[Mapping[str, float]], ...]:
    found: tuple[list[Mapping[str, float]], ...] = ([], [], [])
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="telltale-bench-") as state:
            for some, source in zip(found, (_OURS, _OURS, _THEIRS), strict=True):
                some.append(_run(source, file, state))
    return found


def _run(source: str, file: Path, state: str) -> Mapping[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", source, file, state], cwd=ROOT, check=True, capture_output=True, text=True
    )
    measured: Mapping[str, float] = json.loads(done.stdout)
    return measured
