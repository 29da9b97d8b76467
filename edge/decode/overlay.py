"""Kuksa's `vss_dbc.json`: a tree of VSS in which leaves say which signal of a CAN database they are.

    "Speed": {"datatype": "float", "unit": "km/h",
              "dbc2vss": {"signal": "DI_uiSpeed", "message": "DI_speed", "transform": {"math": "x*1.6"}}}

`dbc` is the older word for `dbc2vss`. `interval_ms` and `on_change` say how often Kuksa's feeder passes a value on;
here every sample counts. `vss2dbc`, which sends, is not for us: nothing is sent to a vehicle. A leaf that cannot be
used is told, and the others are used. The format is that of the Kuksa CAN Provider (mapping/README.md).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge import catalogue
from edge.decode.arithmetic import NotALine, line_of
from edge.decode.layout import Fate, Remark
from edge.decode.mapping import PATH, Mapped
from edge.decode.units import between, unit_of
from edge.decode.vss_names import GONE, RENAMED
from edge.errors import ConfigError

JSON: Final = ".json"
BYTES_MAX: Final = 16 * 1024 * 1024
DEPTH_MAX: Final = 64
LEAVES_MAX: Final = 20_000
SHOWN_MAX: Final = 200
"""Characters of a name, a unit or a reason that are told."""
_WORDS: Final = ("dbc2vss", "dbc")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf: the signal it comes from, and what becomes of its value."""

    signal: str
    message: str | None
    """None: every message that has such a signal."""
    mapped: Mapped
    is_text: bool = False
    """The label is the value, where it is among the names of `mapped`."""


@dataclass(slots=True)
class Overlay:
    """Everything that can be used of an overlay, and what cannot."""

    file: Path
    leaves: list[Leaf] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def doubt(self, path: str, reason: str, fate: Fate = Fate.DOUBTFUL) -> None:
        """Tell of one leaf."""
        self.remarks.append(self.remark(path, reason, fate))

    def remark(self, path: str, reason: str, fate: Fate) -> Remark:
        """What is told of one leaf, on one line that any terminal shows."""
        return Remark(0, fate, f"{self.file.name}: {_shown(path)}", _shown(reason))


def _shown(text: str) -> str:
    text = text[: SHOWN_MAX + 1]
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


class _Unusable(Exception):
    """Of a leaf: its text says why."""


def load_overlay(file: Path) -> Overlay:
    """Read an overlay.

    Raises:
        ConfigError: it is missing, too large, no JSON, or no tree of VSS.
    """
    found = Overlay(file)
    for path, node, word in _mapped_leaves("", _tree(file), DEPTH_MAX):
        try:
            leaf = _leaf(found, path, node, node[word])
        except (_Unusable, NotALine) as why:
            found.doubt(path, str(why), Fate.SKIPPED)
            continue
        found.leaves.append(leaf)
        if len(found.leaves) > LEAVES_MAX:
            raise ConfigError(f"maps more than {LEAVES_MAX} leaves", file=file, remedy="Keep those of this vehicle")
    return found


def _tree(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > BYTES_MAX:
            raise ConfigError(f"has more than {BYTES_MAX >> 20} MiB", file=file, remedy="Keep the leaves with dbc2vss")
        tree = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such mapping file", file=file, remedy="Check the path given as mapping") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a file") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"is not JSON that can be read: {error}", file=file, remedy="Mend it there") from None
    if not isinstance(tree, dict):
        raise ConfigError("is no tree of VSS", file=file, remedy="Give an overlay as Kuksa's CAN Provider reads it")
    return tree


def _mapped_leaves(base: str, tree: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for name, node in tree.items() if depth else ():
        if not isinstance(node, dict):
            continue
        path = f"{base}.{name}" if base else name
        if isinstance(children := node.get("children"), dict):
            yield from _mapped_leaves(path, children, depth - 1)
        word = next((word for word in _WORDS if isinstance(node.get(word), dict)), None)
        if word is not None:
            yield path, node, word


def _leaf(found: Overlay, path: str, node: Mapping[str, Any], rule: Mapping[str, Any]) -> Leaf:
    signal, message = rule.get("signal"), rule.get("message")
    if not isinstance(signal, str) or not signal or not isinstance(message, str | None):
        raise _Unusable("it names no signal")
    transform = rule.get("transform")
    mapped = _named(found, path, node)
    if transform is None:
        names = dict(enumerate(_allowed(node))) if node.get("datatype") == "string" else {}
        return Leaf(signal, message, replace(mapped, names={float(at): one for at, one in names.items()}), bool(names))
    if not isinstance(transform, dict) or ("math" in transform) == ("mapping" in transform):
        raise _Unusable("its transform is neither math nor mapping")
    if "mapping" in transform:
        return Leaf(signal, message, _with_cases(found, path, mapped, _allowed(node), transform["mapping"]))
    if not isinstance(transform["math"], str):
        raise _Unusable("its math is no text")
    return Leaf(signal, message, _turned(mapped, *line_of(transform["math"])))


def _turned(mapped: Mapped, factor: float, offset: float) -> Mapped:
    """First the line, then what turns its unit into ours."""
    factor, offset = factor * mapped.factor, offset * mapped.factor + mapped.offset
    if factor == 0 or not math.isfinite(factor) or not math.isfinite(offset):
        raise _Unusable("its math leads beyond any number in the unit of VSS")
    return replace(mapped, factor=factor, offset=offset)


def _named(found: Overlay, path: str, node: Mapping[str, Any]) -> Mapped:
    """The leaf under its name of today, in the unit of the catalogue where that has it."""
    name = RENAMED.get(path, path)
    if len(name) > SHOWN_MAX or re.fullmatch(PATH, name) is None:
        raise _Unusable("its name is no path of VSS: Vehicle, and words of letters and digits")
    if name in GONE:
        found.doubt(path, f"it keeps this name: {GONE[name]}")
    written = node.get("unit") if isinstance(node.get("unit"), str) else ""
    if _shown(str(written)) != written:
        raise _Unusable("its unit cannot be written down")
    theirs = unit_of(str(written))
    known = catalogue.info(name)
    unit = known.unit if known else theirs.name if theirs else str(written)
    factor, offset = 1.0, 0.0
    ours = unit_of(unit)
    if theirs and ours and theirs != ours:
        turned = between(theirs, ours)
        if turned is None:
            raise _Unusable(f"the overlay has it in {written!r}, VSS 6.0 in {unit!r}")
        factor, offset = turned
    return Mapped(name, unit, factor, offset, known.period_s if known else None, is_given=True)


def _allowed(node: Mapping[str, Any]) -> list[str]:
    allowed = node.get("allowed")
    return [one for one in allowed if isinstance(one, str)] if isinstance(allowed, list) else []


def _with_cases(found: Overlay, path: str, mapped: Mapped, names: list[str], rules: object) -> Mapped:
    cases: dict[str | float, float] = {}
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, dict) or not {"from", "to"} <= rule.keys():
            raise _Unusable("a line of its mapping lacks from or to")
        key, to = rule["from"], rule["to"]
        value = _number(names.index(to) if isinstance(to, str) and to in names else to)
        case = key if isinstance(key, str) else _number(key)
        if value is None:
            found.doubt(path, f"{to!r} is no value that it may have: what is {key!r} is unknown")
        elif case is None:
            found.doubt(path, f"{key!r} is no value that a signal has")
        else:
            cases.setdefault(case, value)
    if not cases:
        raise _Unusable("no line of its mapping can be used")
    values = {float(place): name for place, name in enumerate(names)}
    return replace(mapped, factor=1.0, offset=0.0, cases=cases, names=values)


def _number(value: object) -> float | None:
    """None: it is none, or leads beyond any number."""
    try:
        number = float(value) if isinstance(value, bool | int | float) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
