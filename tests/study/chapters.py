"""The chapters of the simulator's README that are made of the code: `python -m tests.study.chapters` renews them."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Final

from edge.simulator.car.traits import CarTraits
from edge.simulator.ev.traits import EvTraits
from edge.simulator.faults import AnyFault
from edge.simulator.journey import CYCLES
from edge.simulator.kinds import KINDS
from edge.simulator.traits import Ranges
from edge.simulator.truck.traits import TruckTraits
from edge.simulator.weather import WEATHERS
from tests.shared import ROOT

README: Final = ROOT / "edge" / "simulator" / "README.md"
MARK: Final = "<!-- made by tests/study/chapters.py: {} -->"
VARIANTS: Final = ("car-29bit", "car-j1979-2")
"""Differ from the car in how they answer testers alone."""


def chapter(name: str, text: str) -> str:
    """A chapter between its marks."""
    return f"{MARK.format(name)}\n\n{text.strip()}\n\n{MARK.format(f'end of {name}')}"


def vehicles() -> str:
    """What `--vehicle` takes."""
    rows = "\n".join(f"| `{name}` | {kind.summary} | `dbc/{kind.profile}.dbc` |" for name, kind in KINDS.items())
    return f"| vehicle | what | database |\n|---|---|---|\n{rows}"


def cycles() -> str:
    """What `--cycle` and `--weather` take."""
    rows = "\n".join(f"| `--cycle {name}` | {about} |" for name, about in CYCLES.items())
    skies = "\n".join(f"| `--weather {name}` | {about} |" for name, about in WEATHERS.items())
    return f"| option | what |\n|---|---|\n{rows}\n{skies}"


def differences() -> str:
    """What the seed draws for each vehicle."""
    parts = []
    for name, traits in TRAITS.items():
        rows = "\n".join(f"| `{field}` | {low:g} | {high:g} |" for field, (low, high) in traits.items())
        parts.append(f"**{name}**\n\n| what | from | to |\n|---|---|---|\n{rows}")
    return "\n\n".join(parts)


def scenarios() -> str:
    """Every scenario, faults first."""
    by_fault: dict[type[AnyFault], list[str]] = {}
    for vehicle, kind in KINDS.items():
        if vehicle not in VARIANTS:
            for fault in kind.faults.values():
                by_fault.setdefault(fault, []).append(vehicle)
    ordered = sorted(by_fault, key=lambda fault: (fault.control, by_fault[fault], fault.name))
    parts = [_section(fault, by_fault[fault]) for fault in ordered if not fault.control]
    controls = [_section(fault, by_fault[fault]) for fault in ordered if fault.control]
    return "\n\n".join(["## Faults", *parts, "## Negative controls: healthy, but odd", *controls])


def _bullet(part: str) -> str:
    label, colon, text = part.partition(":")
    return f"- **{label}**:{text}\n" if colon and label in LABELS else f"{part}\n\n"


def _range(field: str, low: float, high: float) -> str:
    for size, unit in ((86_400.0, "days"), (3_600.0, "hours")):
        if field.endswith("_s") and low >= size:
            return f"`{field}` {low / size:.3g} to {high / size:.3g} {unit}"
    return f"`{field}` {low:g} to {high:g}"


LABELS: Final = ("Signals", "Codes", "Noticed")

TRAITS: Final[Mapping[str, Ranges]] = {
    "car": CarTraits.ranges,
    "ev": EvTraits.ranges,
    "truck": TruckTraits.ranges,
}

MEASURED: Final = "<!-- measured by tests/study: {} -->"


def write_measured(name: str, text: str) -> None:
    """Put what was measured between its marks in the README."""
    begin, end = MEASURED.format(name), MEASURED.format(f"end of {name}")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    made, count = pattern.subn(lambda _: f"{begin}\n\n{text.strip()}\n\n{end}", README.read_text("utf-8"))
    if count != 1:
        raise SystemExit(f"{README} has {count} places for {name!r}; it needs one")
    README.write_text(made, "utf-8")


CHAPTERS: Final[Mapping[str, Callable[[], str]]] = {
    "vehicles": vehicles,
    "cycles": cycles,
    "differences": differences,
    "scenarios": scenarios,
}


def renewed(text: str) -> str:
    """The README with every chapter as the code has it now."""
    for name, make in CHAPTERS.items():
        pattern = re.compile(f"{re.escape(MARK.format(name))}.*?{re.escape(MARK.format(f'end of {name}'))}", re.DOTALL)
        made = chapter(name, make())
        text, count = pattern.subn(lambda _, made=made: made, text)  # type: ignore[misc]  # bound at once
        if count != 1:
            raise SystemExit(f"{README} has {count} chapters {name!r}; it needs one")
    return text


def _section(fault: type[AnyFault], vehicles_: list[str]) -> str:
    told = inspect.cleandoc(fault.__doc__ or "").split("\n\n")
    first, rest = " ".join(told[0].split()), [" ".join(part.split()) for part in told[1:]]
    bullets = "".join(map(_bullet, rest))
    pictures = "\n".join(f"![{vehicle}: {fault.name}](plots/{vehicle}-{fault.name}.png)" for vehicle in vehicles_)
    lines = [f"### `{fault.name}` ({', '.join(vehicles_)})", f"{first}\n\n{bullets}".strip()]
    drawn = [_range(field, low, high) for field, (low, high) in fault.ranges.items() if field != "unused"]
    if drawn:
        lines.append(f"Drawn: {', '.join(drawn)}.")
    return "\n\n".join([*lines, pictures])


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
