"""What `profile suggest` says of recordings, and whether it is right: `python -m tests.study.suggest [CHAPTER…]`.

`real`: six recordings against every database of the shared folder. `out`: the same with the right databases taken away,
so that every claim is a wrong one. `mixed`: a drive whose ids were dealt anew, so that none is right. `made`: our own
simulated vehicles, whose databases are known. Beside each stands what a baseline says that looks at nothing but ids:
the share of frames whose id is in the database.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

import numpy as np

from edge import assets
from edge.bus.candump_log import CandumpLog
from edge.cli import main as telltale_edge
from edge.decode.layout import MessageLayout
from edge.frames import FrameBatch
from edge.suggest.candidate import Candidate, files_of, read_candidates
from edge.suggest.fit import Fit, Verdict, fits
from edge.suggest.heard import HeardId, Listener
from edge.suggest.layouts import of_candidates
from edge.suggest.suggestion import Bus, suggest
from tests.mf4 import read_mf4
from tests.study.realism import shared_folder

BATCH: Final = 4096
SHOWN: Final = 3
MF4_CHANNEL: Final = 1
"""Of the recordings used here: CAN; GPS is another."""
CLAIMS: Final = frozenset({Verdict.FITS, Verdict.IN_PART})
DEALS: Final = 10
LOOKS_RIGHT: Final = 0.05
"""Of the frames: from here on somebody who only counts ids would take a database."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A recording, and what is true of it."""

    file: str
    right: frozenset[str]
    """Databases whose claim is right."""


DRIVES: Final = (
    Drive("can/tesla-model3-drive.log", frozenset({"tesla-model3.dbc", "tesla_model3_party.dbc"})),
    Drive("can/tesla-model3-dogmode.log", frozenset({"tesla-model3.dbc", "tesla_model3_party.dbc"})),
    Drive("can/j1939-truck.mf4", frozenset({"j1939-open.dbc", "j1939-demo.dbc"})),
    Drive("can/obd2-gps-car.mf4", frozenset({"OBD-v4.4.dbc"})),
    Drive("can/uds-ev.mf4", frozenset({"tp_uds.dbc", "tp_uds_nissan.dbc"})),
    Drive("formats/savvycan/candump.log", frozenset({"tesla_powertrain.dbc"})),
)


def heard_in(file: Path) -> list[HeardId]:
    """What a recording holds."""
    listener = Listener()
    if file.suffix == ".mf4":
        frames = list(read_mf4(file, MF4_CHANNEL))
        for begin in range(0, len(frames), BATCH):
            listener.take(FrameBatch.of(frames[begin : begin + BATCH]))
    else:
        source = CandumpLog(file)
        while (batch := source.read(0)) is not None:
            listener.take(batch)
        source.close()
    return list(listener.heard())


def real(shared: Path) -> Iterator[str]:
    """Every recording against every database."""
    candidates = _candidates(shared)
    yield _HEAD
    for drive in DRIVES:
        began = time.process_time()
        heard = heard_in(shared / "data" / drive.file)
        read_s = time.process_time() - began
        suggestion = suggest(drive.file, heard, candidates)
        for bus in suggestion.buses:
            yield from _rows(drive, bus)
            cpu = f"read {read_s:.1f} s, judged {time.process_time() - began - read_s:.1f} s of CPU"
            yield f"| | {_taken(bus)}; {cpu} |{' |' * 5}"


def out(shared: Path) -> Iterator[str]:
    """Every recording without the databases that are right: a claim is a wrong one."""
    candidates = _candidates(shared)
    yield _HEAD
    claims, most = 0, -math.inf
    for drive in DRIVES:
        others = [one for one in candidates if one.file.name not in drive.right]
        suggestion = suggest(drive.file, heard_in(shared / "data" / drive.file), others)
        for bus in suggestion.buses:
            claims += sum(one.verdict in CLAIMS for one in bus.fits)
            most = max(most, *(one.evidence - one.needed for one in bus.fits))
            yield from _rows(drive, bus)
    yield f"\n{claims} wrong claims in {len(DRIVES)} recordings; the nearest stayed {-most:.1f} bits below one"


def mixed(shared: Path) -> Iterator[str]:
    """The Model 3's drive with the ids dealt anew among the frames of each: whatever is claimed of it is wrong."""
    candidates = _candidates(shared)
    heard = heard_in(shared / "data" / DRIVES[0].file)
    judged, claims, most = 0, 0, -math.inf
    for seed in range(DEALS):
        ids = np.random.default_rng(seed).permutation([one.id for one in heard]).tolist()
        dealt = [replace(one, id=identifier) for one, identifier in zip(heard, ids, strict=True)]
        found = fits(of_candidates(candidates), dealt)
        judged += sum(bool(one.matches) for one in found)
        claims += sum(one.verdict in CLAIMS for one in found)
        most = max(most, *(one.evidence - one.needed for one in found))
    nearest = f"the nearest stayed {-most:.1f} bits below one"
    yield f"{claims} claims of {judged} databases judged in {DEALS} deals; {nearest}"


def made(shared: Path) -> Iterator[str]:
    """Simulated vehicles against all databases and ours; then without their own."""
    folders = [*assets.database_folders(), *_folders(shared)]
    candidates, _ = read_candidates(files_of(folders))
    yield _HEAD
    with TemporaryDirectory() as folder:
        for kind in ("car", "ev", "truck"):
            log = Path(folder) / f"{kind}.log"
            telltale_edge(["simulate", "--vehicle", kind, "--duration", "120", "--out", str(log)])
            heard = heard_in(log)
            own = next(one for one in candidates if one.file.name == f"telltale-{kind}.dbc")
            right = frozenset(one.file.name for one in candidates if _same(own, one) or _both_j1939(own, one))
            for bus in suggest(kind, heard, candidates).buses:
                yield from _rows(Drive(f"sim:{kind}", right), bus)
            others = [one for one in candidates if one is not own]
            for bus in suggest(kind, heard, others).buses:
                yield from _rows(Drive(f"sim:{kind}, own left out", right), bus)
            shared_ones = {one.file.name: _same(own, one) for one in candidates if one is not own and _same(own, one)}
            yield f"| | messages that others have bit for bit: {shared_ones or 'none'} |{' |' * 5}"


def _same(one: Candidate, other: Candidate) -> int:
    """How many messages of one id have their signals at the same bits in both."""
    layouts = {(message.extended, message.id): _bits(message) for message in one.messages}
    return sum(layouts.get((message.extended, message.id)) == _bits(message) for message in other.messages)


def _bits(message: MessageLayout) -> list[tuple[int, int, bool]]:
    return [(signal.begin, signal.length, signal.big) for signal in message.signals]


def _both_j1939(one: Candidate, other: Candidate) -> bool:
    """What SAE assigned is the same everywhere: two groups of one number are no accident."""
    own = {message.pgn for message in one.messages if message.j1939}
    return len(own & {message.pgn for message in other.messages if message.j1939}) > 1


_HEAD: Final = (
    "| recording | database | verdict | score | heard, for, against, by chance | frames known | right? |\n"
    f"|{'---|' * 7}"
)


def _folders(shared: Path) -> list[Path]:
    return [shared / "data" / "dbc", shared / "data" / "formats" / "savvycan"]


def _candidates(shared: Path) -> list[Candidate]:
    candidates, unread = read_candidates(files_of(_folders(shared)))
    print(f"{len(candidates)} databases; {len(unread)} files cannot be read\n")
    return candidates


def _rows(drive: Drive, bus: Bus) -> Iterator[str]:
    judged = [one for one in bus.fits if one.matches]
    if not judged:
        yield f"| {drive.file} {bus.name} | none has an id that was heard often enough |{' |' * 5}"
    for one in judged[:SHOWN]:
        yield f"| {drive.file} {bus.name} | {_cells(drive, bus, one)}"
    by_ids = sorted(bus.fits, key=lambda one: -one.frames)[:SHOWN]
    said = ", ".join(f"{one.file.name} {one.frames / bus.frames:.1%}" for one in by_ids) or "nothing"
    taken = [one.file.name for one in by_ids if one.frames >= LOOKS_RIGHT * bus.frames]
    wrong = sum(name not in drive.right for name in taken)
    yield f"| | *by ids alone:* {said} |{' |' * 4} {f'{wrong} wrong' if wrong else ''} |"


def _cells(drive: Drive, bus: Bus, one: Fit) -> str:
    is_claimed, is_right = one.verdict in CLAIMS, one.file.name in drive.right
    judged = {(True, True): "yes", (True, False): "NO", (False, True): "missed"}.get((is_claimed, is_right), "yes")
    counts = f"{len(one.matches)}, {one.speak_for}, {one.speak_against}, {one.by_chance:.1f}"
    known = f"{one.frames / bus.frames:.1%}"
    bits = f"{one.evidence:.0f} of {one.needed:.0f} bits"
    return f"{one.file.name} | {one.verdict}, {bits} | {one.score} | {counts} | {known} | {judged} |"


def _taken(bus: Bus) -> str:
    taken = ", ".join(f"{one.fit.file.name} +{one.share:.1%}" for one in bus.chosen) or "none"
    spoken = ", ".join(one.protocol for one in bus.protocols) or "none"
    return f"take: {taken}; protocols: {spoken}; not understood: {len(bus.unknown)} ids"


CHAPTERS: Final[Mapping[str, Callable[[Path], Iterator[str]]]] = MappingProxyType(
    {"real": real, "out": out, "mixed": mixed, "made": made}
)


def main(arguments: Sequence[str]) -> None:
    """Print the chapters named; all of them when none is."""
    for name in arguments or CHAPTERS:
        print(f"\n## {name}\n", flush=True)
        for part in CHAPTERS[name](shared_folder()):
            print(part, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
