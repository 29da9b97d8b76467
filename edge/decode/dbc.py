"""Reading a DBC file: every message and signal that can be understood, and a remark for each that cannot, or not quite.

The format is what Vector's tools write; there is no public standard of it. What files in the field contain beside that
is read too: ids above 11 bits without the flag that says so, spaces where none belong, names that no tool would write,
statements without an end.
"""

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from edge.decode.layout import (
    BITS_MAX,
    FLOAT_LENGTHS,
    Branch,
    Fate,
    Layouts,
    MessageLayout,
    Number,
    Remark,
    SignalLayout,
    beyond,
    why_not,
)
from edge.decode.statements import Statement, decoded, statements

EXTENDED_FLAG: Final = 0x8000_0000
EXTENDED_MAX: Final = 0x1FFF_FFFF
STANDARD_MAX: Final = 0x7FF
PSEUDO_ID: Final = 0xC000_0000
"""Of the message that holds signals which belong to none (Vector writes VECTOR__INDEPENDENT_SIG_MSG)."""
REMARKS_MAX: Final = 10_000

# Where a text does not fit, possessive parts (`++`, `*+`) keep the time to find out in proportion to its length.
_DIGITS: Final = r"[0-9]{1,20}+"
"""More than any number of a database has; int() refuses some thousands."""
_INTEGER: Final = re.compile(_DIGITS)
_NUMBER: Final = r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
_SIGNAL: Final = re.compile(
    rf"SG_\s++(?P<name>\S+)\s*+(?P<mux>M|m{_DIGITS}M?)?\s*+:\s*+(?P<start>{_DIGITS})\|(?P<length>{_DIGITS})"
    rf"@(?P<order>[01])(?P<sign>[-+])\s*+\(\s*+(?P<scale>{_NUMBER})\s*+,\s*+(?P<offset>{_NUMBER})\s*+\)\s*+"
    rf'\[\s*+(?P<low>{_NUMBER})\s*+\|\s*+(?P<high>{_NUMBER})\s*+\]\s*+"(?P<unit>[^"]*+)"'
)
_LOOSE: Final = re.compile(
    rf"SG_(?P<name>[^:]++):\s*+(?P<start>{_DIGITS})\s*+\|\s*+(?P<length>{_DIGITS})\s*+@\s*+(?P<order>[01])?\s*+"
    rf"(?P<sign>[-+])?\s*+(?:\(\s*+(?P<scale>{_NUMBER})?\s*+[,;]?\s*+(?P<offset>{_NUMBER})?\s*+\))?"
    rf'[^"]*+(?:"(?P<unit>[^"]*+)"?)?'
)
_MUX: Final = re.compile(rf"M|m(?:{_DIGITS})?M?")
_MESSAGE: Final = re.compile(rf"BO_\s++({_DIGITS})\s++([^:\s]++)\s*+:\s*+({_DIGITS})\s*+(\S++)?")
_LOOSE_MESSAGE: Final = re.compile(rf"BO_\s*+(0[xX][0-9A-Fa-f]{{1,20}}+|{_DIGITS})([^:]*+):\s*+({_DIGITS})?")
_VALUES: Final = re.compile(rf'(?<![0-9])({_NUMBER})\s*+"((?:[^"\\]|\\.)*+)"')
_RANGE: Final = re.compile(rf"(?<![0-9])({_DIGITS})\s*+-\s*+({_DIGITS})")
_ATTRIBUTE: Final = re.compile(
    rf'BA_\s++"(\w++)"\s++(?:BO_\s++({_DIGITS})\s++|SG_\s++({_DIGITS})\s++(\S++)\s++)?(.+)', re.DOTALL
)
_NOBODY: Final = "Vector__XXX"


def read_dbc(content: bytes) -> Layouts:
    """Read a file; never fails, whatever is in it."""
    reader = _Reader()
    for statement in statements(decoded(content)):
        reader.take(statement)
    return reader.finish()


@dataclass(slots=True)
class _Signal:
    """One that is being read."""

    layout: SignalLayout
    line: int
    mux: str = ""
    """As the line has it: `M`, `m3`, `m3M`."""
    parent: str | None = None
    ranges: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class _Message:
    layout: MessageLayout
    signals: dict[str, _Signal] = field(default_factory=dict)
    frame_format: str | None = None
    long_name: str = ""
    long_names: dict[str, str] = field(default_factory=dict)
    """Of signals, by the short ones that the format allows."""
    twice: dict[str, int] = field(default_factory=dict)
    """Names of more than one signal, with the last number that was added: what is said of them could be of either."""
    has_cycle: bool = False
    senders: list[str] = field(default_factory=list)

    def another(self, name: str) -> str:
        """A name that no signal has yet, for one more signal of this name."""
        number = next(
            number for number in itertools.count(self.twice.get(name, 1) + 1) if f"{name}_{number}" not in self.signals
        )
        self.twice[name] = number
        return f"{name}_{number}"


class _Reader:
    """Takes statements one by one."""

    def __init__(self) -> None:
        self._messages: dict[tuple[bool, int], _Message] = {}
        self._current: _Message | None = None
        self._is_lost = False
        """The message that the next signals belong to could not be read; False without one: they belong to none."""
        self._tables: dict[str, dict[int, str]] = {}
        self._enums: dict[str, list[str]] = {}
        self._defaults: dict[str, str] = {}
        self._protocol = ""
        self._remarks: list[Remark] = []
        self._takers: dict[str, Callable[[Statement], None]] = {
            "BO_": self._message,
            "SG_": self._signal,
            "VAL_": self._values,
            "VAL_TABLE_": self._table,
            "SIG_VALTYPE_": self._float,
            "SG_MUL_VAL_": self._branches,
            "BA_": self._attribute,
            "BA_DEF_": self._definition,
            "BA_DEF_DEF_": self._default,
            "BO_TX_BU_": self._transmitters,
        }

    def take(self, statement: Statement) -> None:
        """Read one statement."""
        taker = self._takers.get(statement.keyword)
        if not statement.is_whole:
            self._skipped(statement, statement.keyword, "it has no end: a quote or a semicolon is missing")
        elif taker is not None:
            taker(statement)

    def finish(self) -> Layouts:
        """All that was read."""
        messages = tuple(self._finished(message) for message in self._messages.values())
        return Layouts(messages, tuple(sorted(self._remarks, key=lambda one: one.line)))

    def _message(self, statement: Statement) -> None:
        self._current, self._is_lost = None, True
        found = _MESSAGE.match(statement.text)
        is_loose = found is None
        found = found or _LOOSE_MESSAGE.match(statement.text)
        if found is None:
            return self._skipped(statement, "a message", "no id, name and length can be read")
        number = int(found[1], 16 if found[1][:2].lower() == "0x" else 10)
        name = found[2].strip() or f"Message_{found[1]}"
        if number == PSEUDO_ID:
            self._is_lost = False
            return None
        extended, identifier = bool(number & EXTENDED_FLAG), number & ~EXTENDED_FLAG
        if identifier > EXTENDED_MAX:
            return self._skipped(statement, name, f"id {number:#x} has more than 29 bits")
        if not extended and identifier > STANDARD_MAX:
            self._repaired(statement, name, f"id {identifier:#x} has more than 11 bits, so it is taken for one of 29")
            extended = True
        if (extended, identifier) in self._messages:
            first = self._messages[extended, identifier].layout
            return self._skipped(statement, name, f"id {identifier:#x} is that of {first.name}, which is kept")
        if is_loose:
            self._repaired(statement, name, "it is not written as messages are")
        length = int(found[3] or 8)
        if 8 * length > BITS_MAX:
            return self._skipped(statement, name, f"{length} bytes are more than any transport carries")
        layout = MessageLayout(name, identifier, extended, length, (), line=statement.line)
        self._current = self._messages[extended, identifier] = _Message(layout)
        sender = found[4] if not is_loose else None
        self._current.senders += [sender] if sender and sender != _NOBODY else []
        return None

    def _signal(self, statement: Statement) -> None:
        message = self._current
        found = _SIGNAL.match(statement.text)
        loose = None if found else _LOOSE.match(statement.text)
        match = found or loose
        if match is None or not match["name"].strip():
            return self._skipped(statement, self._of("a signal"), "no name and no place in the frame can be read")
        name, mux = _parted(match["name"].strip()) if loose is not None else (match["name"], match["mux"] or "")
        if message is None:
            return self._skipped(statement, name, "its message could not be read") if self._is_lost else None
        layout = _layout(name, match, is_loose=loose is not None)
        what = f"{message.layout.name}.{layout.name}"
        if why := why_not(layout):
            return self._skipped(statement, what, why)
        if layout.name in message.signals:
            layout = replace(layout, name=message.another(layout.name))
            self._repaired(statement, what, f"a second one of this name, so it is called {layout.name}")
        if loose is not None:
            self._repaired(statement, what, "it is not written as signals are; what is missing is taken for the usual")
        if reason := beyond(layout, message.layout.length):
            self._repaired(statement, what, reason)
        message.signals[layout.name] = _Signal(layout, statement.line, mux)
        return None

    def _values(self, statement: Statement) -> None:
        words = statement.text.split(None, 3)
        if len(words) < 4 or _integer(words[1]) is None:
            if len(words) >= 3 and _integer(words[1]) is not None:
                return None  # a signal without a single label
            return None if len(words) >= 2 else self._skipped(statement, "VAL_", "no signal can be read")
        signal = self._find(statement, words[1], words[2])
        if signal is None:
            return None
        rest = words[3].strip()
        labels = self._tables.get(rest) if rest in self._tables else _labels(rest)
        if labels is not None:
            signal.layout = replace(signal.layout, labels=labels)
        return None

    def _table(self, statement: Statement) -> None:
        words = statement.text.split(None, 2)
        if len(words) == 3:
            self._tables[words[1]] = _labels(words[2])

    def _float(self, statement: Statement) -> None:
        words = statement.text.replace(":", " ").split()
        if len(words) < 4 or words[3] not in {"0", "1", "2"}:
            return self._skipped(statement, "SIG_VALTYPE_", "no signal and type can be read")
        signal = self._find(statement, words[1], words[2])
        if signal is not None and words[3] != "0":
            signal.layout = replace(signal.layout, number=Number.FLOAT)
        return None

    def _branches(self, statement: Statement) -> None:
        words = statement.text.split(None, 4)
        if len(words) < 5:
            return self._skipped(statement, "SG_MUL_VAL_", "no signal, selector and values can be read")
        signal = self._find(statement, words[1], words[2])
        ranges = tuple((int(low), int(high)) for low, high in _RANGE.findall(words[4]))
        if signal is not None:
            signal.parent = words[3]
            signal.ranges = ranges or signal.ranges
        return None

    def _attribute(self, statement: Statement) -> None:
        found = _ATTRIBUTE.match(statement.text)
        if found is None:
            return
        name, number, signal, value = found[1], found[2] or found[3], found[4], found[5].strip().strip('"')
        if number is None:
            self._protocol = value if name == "ProtocolType" else self._protocol
            return
        message = self._messages.get(_key(int(number)))
        if message is None:
            return
        if signal is not None and name == "SystemSignalLongSymbol":
            message.long_names[signal] = value
        elif signal is None and name in {"GenMsgCycleTime", "VFrameFormat", "SystemMessageLongSymbol"}:
            _say(message, name, value)

    def _definition(self, statement: Statement) -> None:
        found = re.match(r'BA_DEF_\s+(?:\w+_\s+)?"(\w+)"\s+ENUM\s+(.+)', statement.text, re.DOTALL)
        if found is not None:
            self._enums[found[1]] = re.findall(r'"([^"]*)"', found[2])

    def _default(self, statement: Statement) -> None:
        found = re.match(r'BA_DEF_DEF_\s+"(\w+)"\s+"?([^"]*)"?', statement.text)
        if found is not None:
            self._defaults[found[1]] = found[2]

    def _transmitters(self, statement: Statement) -> None:
        words = statement.text.replace(":", " ").replace(",", " ").split()
        number = _integer(words[1]) if len(words) > 2 else None
        message = None if number is None else self._messages.get(_key(number))
        if message is not None:
            message.senders = [name for name in dict.fromkeys([*message.senders, *words[2:]]) if name != _NOBODY]

    def _find(self, statement: Statement, text: str, name: str) -> _Signal | None:
        number = _integer(text)
        message = None if number is None else self._messages.get(_key(number))
        signal = None if message is None else message.signals.get(name)
        if signal is None and number is not None and number != PSEUDO_ID:
            what = f"{number}.{name}" if message is None else f"{message.layout.name}.{name}"
            self._skipped(statement, what, f"{statement.keyword} is about a signal that is not there")
        return signal

    def _finished(self, message: _Message) -> MessageLayout:
        roots = [name for name, one in message.signals.items() if one.mux == "M" and one.parent is None]
        names = {
            short: long
            for short, long in message.long_names.items()
            if long and short not in message.twice and long not in message.signals
        }
        if len(set(names.values())) < len(names):
            names = {}
        signals = []
        for name, one in message.signals.items():
            layout = one.layout
            if layout.number is Number.FLOAT and layout.length not in FLOAT_LENGTHS:
                reason = f"a float of {layout.length} bits"
                self._remark(one.line, Fate.SKIPPED, f"{message.layout.name}.{name}", reason)
                continue
            branch = self._branch(message, name, one, roots)
            if branch is None and (one.mux.startswith("m") or one.parent is not None):
                continue
            if branch is not None:
                branch = replace(branch, selector=names.get(branch.selector, branch.selector))
            signals.append(replace(layout, name=names.get(name, name), branch=branch, selects=one.mux.endswith("M")))
        return replace(
            message.layout,
            name=message.long_name or message.layout.name,
            signals=tuple(sorted(signals, key=lambda one: one.begin)),
            cycle_s=message.layout.cycle_s
            if message.has_cycle
            else _cycle_s(self._defaults.get("GenMsgCycleTime", "")),
            j1939=self._is_j1939(message),
            senders=tuple(message.senders),
        )

    def _branch(self, message: _Message, name: str, one: _Signal, roots: list[str]) -> Branch | None:
        if not one.mux.startswith("m") and one.parent is None:
            return None
        value = int(one.mux.strip("mM") or 0)
        parent = one.parent or (roots[0] if len(roots) == 1 else None)
        what = f"{message.layout.name}.{name}"
        if parent is None or parent == name or parent not in message.signals:
            reason = (
                "nothing says which signal selects it"
                if parent is None
                else f"it is selected by {parent}, which is not there"
            )
            self._remark(one.line, Fate.SKIPPED, what, reason)
            return None
        return Branch(parent, one.ranges or ((value, value),))

    def _is_j1939(self, message: _Message) -> bool:
        if not message.layout.extended:
            return False
        names = self._enums.get("VFrameFormat", [])
        given = self._defaults.get("VFrameFormat", "") if message.frame_format is None else message.frame_format
        place = _integer(given)
        if place is not None and place < len(names):
            given = names[place]
        return given == "J1939PG" or (not names and self._protocol == "J1939")

    def _of(self, what: str) -> str:
        return what if self._current is None else f"{what} of {self._current.layout.name}"

    def _repaired(self, statement: Statement, what: str, reason: str) -> None:
        self._remark(statement.line, Fate.REPAIRED, what, reason)

    def _skipped(self, statement: Statement, what: str, reason: str) -> None:
        self._remark(statement.line, Fate.SKIPPED, what, reason)

    def _remark(self, line: int, fate: Fate, what: str, reason: str) -> None:
        if len(self._remarks) < REMARKS_MAX:
            self._remarks.append(Remark(line, fate, what[:200], reason))


def _say(message: _Message, name: str, value: str) -> None:
    if name == "GenMsgCycleTime":
        message.layout, message.has_cycle = replace(message.layout, cycle_s=_cycle_s(value)), True
    elif name == "VFrameFormat":
        message.frame_format = value
    else:
        message.long_name = value


def _cycle_s(text: str) -> float | None:
    cycle_ms = _number(text)
    return cycle_ms / 1000.0 if cycle_ms is not None and cycle_ms > 0 else None


def _parted(name: str) -> tuple[str, str]:
    """A name and what follows it of multiplexing, in a line that is not written as signals are."""
    words = name.rsplit(None, 1)
    if len(words) == 2 and _MUX.fullmatch(words[1]):
        return words[0], "M" if words[1] == "m" else words[1]
    return name, ""


def _layout(name: str, match: re.Match[str], *, is_loose: bool) -> SignalLayout:
    given = match.groupdict()
    low, high = (None, None) if is_loose else (float(given["low"]), float(given["high"]))
    if low == high:  # [0|0] is how tools say that there is no range
        low = high = None
    return SignalLayout(
        name=name,
        start=int(given["start"]),
        length=int(given["length"]),
        big=(given["order"] or "1") == "0",
        number=Number.SIGNED if given["sign"] == "-" else Number.UNSIGNED,
        scale=float(given["scale"] or 1.0),
        offset=float(given["offset"] or 0.0),
        minimum=low,
        maximum=high,
        unit=given["unit"] or "",
    )


def _labels(text: str) -> dict[int, str]:
    labels: dict[int, str] = {}
    for value, label in _VALUES.findall(text):
        number = _number(value)
        if number is not None and number == int(number):
            labels[int(number)] = label.replace('\\"', '"')
    return labels


def _key(number: int) -> tuple[bool, int]:
    identifier = number & ~EXTENDED_FLAG
    return bool(number & EXTENDED_FLAG) or identifier > STANDARD_MAX, identifier


def _integer(text: str) -> int | None:
    """A whole number as ids are written; None: it is none."""
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
