"""A mapping laid on a database: which signal has which name, what turns its value, and what of it is doubtful."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge.decode.compile import Conversion
from edge.decode.layout import Fate, MessageLayout, Number, Remark, SignalLayout, another
from edge.decode.mapping import Mapped, Mapping
from edge.decode.overlay import Overlay
from edge.decode.units import between, unit_of, why_unknown
from edge.errors import ConfigError

TABLE_BITS: Final = 32
"""Of a signal whose values are a table."""
TOLERANCE: Final = 1e-6
"""Relative: so far apart, a factor that someone wrote is another one than that of the units."""


@dataclass(slots=True)
class Laid:
    """An overlay on a database."""

    messages: tuple[MessageLayout, ...]
    """A signal that several leaves ask for is there once for each."""
    mapping: Mapping
    origins: dict[str, str] = field(default_factory=dict)
    """Names of signals that are there again: what they are called in the database."""
    remarks: list[Remark] = field(default_factory=list)


def laid(overlay: Overlay, messages: Sequence[MessageLayout], *, is_shared: bool) -> Laid:
    """Find the signals of an overlay; one without a message is that of every message that has it.

    Args:
        overlay: as it was read.
        messages: of one database.
        is_shared: with other databases, that may have what is not here.
    """
    wanted: dict[tuple[str, str], list[Mapped]] = {}
    found = Laid((), Mapping(overlay.file, {}), remarks=list(overlay.remarks))
    has: dict[str, dict[str, SignalLayout]] = {}
    for message in messages:
        for signal in message.signals:
            has.setdefault(signal.name, {})[message.name] = signal
    for leaf in overlay.leaves:
        places = has.get(leaf.signal, {})
        places = {name: one for name, one in places.items() if leaf.message in (None, name)}
        if not places and not is_shared:
            what = leaf.signal if leaf.message is None else f"{leaf.message}.{leaf.signal}"
            reason = f"the database has no signal {what}"
            found.remarks.append(overlay.remark(leaf.mapped.path, reason, Fate.SKIPPED))
        for message_name, signal in places.items():
            mapped = _by_label(leaf.mapped, signal) if leaf.is_text else leaf.mapped
            if why := why_beyond(mapped, signal) or _why_no_table(mapped, signal):
                reason = f"{message_name}.{signal.name} {why}"
                found.remarks.append(overlay.remark(leaf.mapped.path, reason, Fate.SKIPPED))
            else:
                wanted.setdefault((message_name, signal.name), []).append(mapped)
    found.messages = tuple(_with_copies(message, wanted, found) for message in messages)
    return found


def _by_label(mapped: Mapped, signal: SignalLayout) -> Mapped:
    """Labels that are values themselves, as their places; of a signal without any, all is unknown."""
    labels = set(signal.labels.values())
    cases: dict[str | float, float] = {name: place for place, name in mapped.names.items() if name in labels}
    return replace(mapped, cases=cases or {next(iter(mapped.names.values())): 0.0})


def _with_copies(message: MessageLayout, wanted: dict[tuple[str, str], list[Mapped]], found: Laid) -> MessageLayout:
    taken = {signal.name for signal in message.signals}
    entries = dict(found.mapping.entries)
    signals: list[SignalLayout] = []
    for signal in message.signals:
        signals.append(signal)
        for count, mapped in enumerate(wanted.get((message.name, signal.name), ())):
            name = signal.name
            if count:
                name = another(signal.name, taken)
                taken.add(name)
                signals.append(replace(signal, name=name, selects=False))
                found.origins[f"{message.name}.{name}"] = signal.name
            entries[f"{message.name}.{name}"] = mapped
    found.mapping = replace(found.mapping, entries=entries)
    return message if len(signals) == len(message.signals) else replace(message, signals=tuple(signals))


def by_units(mapped: Mapped, signal: SignalLayout) -> tuple[Mapped, str]:
    """With the factor that the units ask for, where nobody wrote one; and what is doubtful about them ("": nothing)."""
    written = signal.unit if mapped.from_unit is None else mapped.from_unit
    if mapped.cases or not written or written == mapped.unit:
        return mapped, ""
    theirs, ours = unit_of(written), unit_of(mapped.unit)
    turned = between(theirs, ours) if theirs and ours else None
    if mapped.is_given:
        return mapped, _contradiction(mapped, written, turned)
    if turned is not None:
        return replace(mapped, factor=turned[0], offset=turned[1]), ""
    why = "they measure different things" if theirs and ours else why_unknown(written if ours else mapped.unit)
    if not mapped.unit:
        why = "which has none"
    reason = f"it is in {written!r}, {mapped.path} in {mapped.unit!r}, {why}: it is taken as it stands"
    return mapped, f"{reason}. Give a factor, or from_unit = …"


def _contradiction(mapped: Mapped, written: str, turned: tuple[float, float] | None) -> str:
    if turned is None:
        return ""
    factor, offset = turned
    is_near = math.isclose(abs(mapped.factor), factor, rel_tol=TOLERANCE)
    is_near &= mapped.factor < 0 or math.isclose(mapped.offset, offset, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if is_near:
        return ""
    ours = f"x {mapped.factor:g} {mapped.offset:+g}"
    return f"the mapping makes {ours} of it, its units ({written!r} to {mapped.unit!r}) say x {factor:g} {offset:+g}"


def conversion_of(mapped: Mapped | None, signal: SignalLayout, name: str, mapping: Mapping) -> Conversion:
    """What the decoder does to a signal's value.

    Raises:
        ConfigError: a table names a label or number that the signal does not have, or it can have no table.
    """
    if mapped is None:
        return Conversion()
    if not mapped.cases:
        return Conversion(mapped.factor, mapped.offset)
    if why := _why_no_table(mapped, signal):
        raise ConfigError(f"the signal {why}", file=mapping.file, place=name, remedy="See the labels in the database")
    return Conversion(cases=_cases(mapped, signal)[0])


def why_beyond(mapped: Mapped, signal: SignalLayout) -> str:
    """Why its values cannot be turned; "": they can."""
    is_number = math.isfinite(signal.reach * abs(mapped.factor) + abs(mapped.offset))
    return "" if is_number else "becomes by factor and offset what is no number any more"


def _why_no_table(mapped: Mapped, signal: SignalLayout) -> str:
    if not mapped.cases:
        return ""
    if signal.number is Number.FLOAT or signal.length > TABLE_BITS:
        return f"is no integer of up to {TABLE_BITS} bits, so it has no labels"
    if unknown := _cases(mapped, signal)[1]:
        has = ", ".join(map(repr, list(signal.labels.values())[:8])) or "none"
        return f"has no value {', '.join(map(repr, unknown))}; it has {has}"
    return ""


def _cases(mapped: Mapped, signal: SignalLayout) -> tuple[dict[int, float], list[str | float]]:
    """By raw value, of which the first line counts; and the labels and numbers that the signal does not have."""
    cases: dict[int, float] = {}
    unknown: list[str | float] = []
    for key, to in mapped.cases.items():
        raws = [raw for raw, label in signal.labels.items() if label == key] or _raws(key, signal)
        if not raws:
            unknown.append(key)
        for raw in raws:
            cases.setdefault(raw, to)
    return cases, unknown


def _raws(key: str | float, signal: SignalLayout) -> list[int]:
    """The raw value of a number in the database's unit, if the signal has it."""
    try:
        number = float(key)
        raw = round((number - signal.offset) / signal.scale)
    except (ValueError, OverflowError, ZeroDivisionError):
        return []
    low = -(1 << (signal.length - 1)) if signal.number is Number.SIGNED else 0
    is_there = low <= raw < low + (1 << signal.length)
    return [raw] if is_there and math.isclose(raw * signal.scale + signal.offset, number, abs_tol=1e-12) else []
