"""`telltale-edge profile suggest`: a recording and databases in, advice out, and a profile to begin with."""

import json
import os
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from edge import assets
from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.files import Draft
from edge.profile import BUSES_MAX
from edge.suggest.candidate import files_of, read_candidates
from edge.suggest.heard import Listener
from edge.suggest.report import json_of, text_of
from edge.suggest.suggestion import Bus, Suggestion, suggest

PROFILE: Final = ".profile.toml"


def suggest_for(log_file: Path, paths: Sequence[Path], *, as_json: bool, out: Path | None) -> str:
    """What to take for a recording, of databases and folders of them; of the shipped ones when none is given.

    Raises:
        ConfigError: the recording cannot be read, a folder holds no database, or the profile cannot be written.
        EdgeError: the disk fails.
    """
    if out is not None and not out.name.endswith(PROFILE):
        raise ConfigError("is no name for a profile", file=out, remedy=f"Let it end in {PROFILE}")
    files = files_of(paths or assets.database_folders())
    suggestion = suggestion_for(log_file, files)
    if out is not None:
        _write(suggestion, out)
    return json_of(suggestion) if as_json else text_of(suggestion)


def suggestion_for(log_file: Path, files: Sequence[Path]) -> Suggestion:
    """The same, not yet as text.

    Raises:
        ConfigError: the recording cannot be read.
    """
    spec = SourceSpec(text=f"log:{log_file}", kind="log", rest=str(log_file))
    listener = Listener()
    with closing(open_source(spec, speed=None, now_ns=0, stop=threading.Event(), offline=True)) as source:
        while (batch := source.read(0)) is not None:
            listener.take(batch)
        counted = {f"log_{name}": count for name, count in source.counters.items() if name != "frames"}
    candidates, unread = read_candidates(files)
    counters = {**listener.counters, **counted}
    return suggest(str(log_file), list(listener.heard()), candidates, unread, counters)


def profile_text(suggestion: Suggestion, folder: Path) -> str:
    """A profile to begin with: the databases to take, by their paths from its folder; of several buses each its own."""
    lines = [f"# Suggested from {Path(suggestion.log).name}: check it, then add rules and models."]
    for candidate, buses in suggestion.chosen:
        lines.append(f"# {candidate.file.name}: {', '.join(buses)}")
        if candidate.is_taken_for_j1939:
            lines.append(f'#   write protocol = "j1939" at the top of {candidate.file.with_suffix(".vss.toml").name}')
    if len(suggestion.buses) == 1:
        lines.append(_databases(suggestion.buses[0], folder))
    lines += ["rules = []", "models = []"]
    for bus in _written(suggestion.buses) if len(suggestion.buses) > 1 else ():
        lines += ["", "[[bus]]", f"name = {json.dumps(bus.name, ensure_ascii=False)}", _databases(bus, folder)]
    return "\n".join(lines) + "\n"


def _written(buses: Sequence[Bus]) -> list[Bus]:
    """Those that a profile has room for, in their order; first of all those that have a database."""
    kept = {bus.name for bus in sorted(buses, key=lambda bus: not bus.chosen)[:BUSES_MAX]}
    return [bus for bus in buses if bus.name in kept]


def _databases(bus: Bus, folder: Path) -> str:
    files = [_from(one.fit.candidate.file, folder) for one in bus.chosen]
    return f"databases = {json.dumps(files, ensure_ascii=False)}"  # strings of JSON are strings of TOML


def _from(file: Path, folder: Path) -> str:
    """A path from a folder; the whole one where there is no way."""
    try:
        return os.path.relpath(file.resolve(), folder.resolve())
    except ValueError:  # another drive of Windows
        return str(file.resolve())


def _write(suggestion: Suggestion, out: Path) -> None:
    draft = Draft(out)
    with closing(draft):
        with draft.writing() as stream:
            stream.write(profile_text(suggestion, out.parent).encode())
        draft.commit()
