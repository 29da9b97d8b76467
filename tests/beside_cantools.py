"""Our decoder beside cantools on the same payloads: what each says, and every difference by its kind."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, cast

import cantools.database
import numpy as np
from cantools.database import Database as CanDatabase
from cantools.database.can import Message as CanMessage
from cantools.database.errors import Error as CantoolsError

from edge.decode.compile import Conversion, compiled
from edge.decode.compiled import EXACT_BITS, WORD
from edge.decode.database import Database, read_layouts
from edge.decode.decoder import Binding, Decoder
from edge.decode.layout import MessageLayout, Number, SignalLayout
from edge.frames import CLASSIC_BYTES, EXTENDED, FD_BYTES, FrameBatch
from edge.signals import Signal
from tests.payloads import bits_of, payloads, ways

Said = dict[str, float]
ROUNDED: Final = 4e-16
"""Two steps of a float64, of its size: a product and a sum."""
NOTHING: Final = (
    "error",
    "not available",
    "not_available",
    "not installed",
    "reserved",
    "invalid",
    "unknown",
    "take no action",
    "snv",
)
"""Labels that give such a value no meaning."""


class Kind(StrEnum):
    """A difference."""

    VALUE = "a value differs"
    SIGNALS = "other signals"
    DECODERS = "one by one is not all at once"
    MASK = "not what SAE J1939-71 says is not available"


class Confused(StrEnum):
    """Why a message cannot be compared: cantools mistakes it."""

    TWICE = "two signals of one name, of which it keeps one"
    SAME_ID = "the second message of an id; the first is kept"
    ENCODING = "a name read as cp1252 where the file is UTF-8; its signals are compared by their place"
    SELECTOR = "signals behind a selector are taken as always there, or behind other values"


@dataclass(slots=True)
class Account:
    """Of one file or of many."""

    messages: int = 0
    payloads: int = 0
    ways: int = 0
    samples: int = 0
    """Ours that cantools says as well, bit for bit."""
    rounded: int = 0
    """Of them: scaled integers above 2^53, exact with cantools and the nearest float with us."""
    rejected: int = 0
    """Payloads that cantools does not decode."""
    alone: int = 0
    """Our samples of those."""
    masked: int = 0
    """Samples that are left out as not available, of J1939 messages."""
    aside: Counter[str] = field(default_factory=Counter)
    """Messages of cantools that are not compared, by why."""
    confused: Counter[str] = field(default_factory=Counter)
    differences: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def differ(self, kind: Kind, example: str) -> None:
        """Count a difference; the first is kept."""
        self.differences[kind] += 1
        self.examples.setdefault(kind, example)

    def confuse(self, kind: Confused, example: str) -> None:
        """Count a message that cannot be compared."""
        self.confused[kind] += 1
        self.examples.setdefault(kind, example)

    def add(self, other: "Account") -> None:
        """Take in those of another file."""
        for name in ("messages", "payloads", "ways", "samples", "rounded", "rejected", "alone", "masked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.aside.update(other.aside)
        self.confused.update(other.confused)
        self.differences.update(other.differences)
        self.examples = {**other.examples, **self.examples}


class Ours:
    """Decodes frames of a database by whatever it is that the daemon decodes with: the one place that knows it."""

    def __init__(self, messages: Sequence[MessageLayout]) -> None:
        signals = [(message, signal) for message in messages for signal in message.signals]
        tables, _ = compiled(messages, [Conversion()] * len(signals))
        named = tuple(Signal(f"{one.name}.{signal.name}", "", one.name, signal.name) for one, signal in signals)
        self._names = [signal.name for _, signal in signals]
        self._decoder = Decoder([Binding(Database(Path("study"), named, tables, ()))])

    def at_once(self, message: MessageLayout, contents: Sequence[bytes]) -> list[Said]:
        """All of them in one window."""
        found = self._decoder.decode(_batch(message, contents))
        said: list[Said] = [{} for _ in contents]
        rows = zip(found.time.tolist(), found.signal.tolist(), found.value.tolist(), strict=True)
        for row, (time, signal, value) in enumerate(rows):
            said[time][self._names[signal]] = found.exact.get(row, value)
        return said

    def one_by_one(self, message: MessageLayout, contents: Sequence[bytes]) -> list[Said]:
        """Each in a window of its own."""
        batch, said = _batch(message, contents), []
        for row in range(len(contents)):
            found = self._decoder.decode(batch.select(slice(row, row + 1)))
            pairs = zip(found.signal.tolist(), found.value.tolist(), strict=True)
            said.append({self._names[one]: found.exact.get(at, value) for at, (one, value) in enumerate(pairs)})
        return said


def _batch(message: MessageLayout, contents: Sequence[bytes]) -> FrameBatch:
    """Frames whose time is their place."""
    count, width = len(contents), CLASSIC_BYTES if message.length <= CLASSIC_BYTES else FD_BYTES
    payload = np.zeros((count, width), np.uint8)
    payload[:, : message.length] = np.frombuffer(b"".join(contents), np.uint8).reshape(count, message.length)
    return FrameBatch(
        time=np.arange(count),
        bus=np.zeros(count, np.uint8),
        id=np.full(count, message.id, np.uint32),
        flags=np.full(count, EXTENDED if message.extended else 0, np.uint8),
        length=np.full(count, message.length, np.uint8),
        payload=payload,
        buses=("can0",),
        until=count,
    )


def of_cantools(file: Path, *, strict: bool = False) -> CanDatabase | None:
    """The file as cantools reads it; None: it refuses it, or it holds no CAN messages."""
    try:
        found = cantools.database.load_file(file, strict=strict)
    except (CantoolsError, ValueError, KeyError, TypeError, AttributeError, LookupError):
        return None
    return found if isinstance(found, CanDatabase) else None


def said_by(message: CanMessage, content: bytes) -> Said | None:
    """The numbers; None: it decodes no such frame, as of a selector's value that it does not know."""
    try:
        found = message.decode(content, decode_choices=False)
    except (CantoolsError, KeyError, ValueError, NotImplementedError):
        return None
    numbers = cast("dict[str, float | str]", found)
    return {name: value for name, value in numbers.items() if not isinstance(value, str) and value - value == 0}


def compare(file: Path, theirs: CanDatabase, count: int, dice: np.random.Generator) -> Account:
    """Every message that both have, with at least `count` payloads each."""
    account = Account()
    messages = [replace(one, j1939=False) for one in read_layouts(file).messages]  # bits first: masks are apart
    as_said = {(one.extended, one.id): one for one in read_layouts(file).messages}
    ours = Ours(messages)
    for mine, other in _pairs(file, messages, theirs, account):
        contents = payloads(mine, count, dice)
        account.messages += 1
        account.payloads += len(contents)
        at_once = ours.at_once(mine, contents)
        if as_said[mine.extended, mine.id].j1939:
            _compare_masks(file, as_said[mine.extended, mine.id], contents, at_once, account)
        _compare_decoders(f"{file.name} {mine.name}", contents, at_once, ours.one_by_one(mine, contents), account)
        twins, named = _twins(other, mine), _as_named(other, mine)
        if any(name != theirs for name, theirs in named.items()):
            account.confuse(Confused.ENCODING, f"{file.name} {mine.name}")
            at_once = [{named.get(name, name): value for name, value in said.items()} for said in at_once]
        for content, said in zip(contents, at_once, strict=True):
            _compare_one(f"{file.name} {mine.name} {content.hex()}", said, said_by(other, content), twins, account)
    return account


def _pairs(
    file: Path, messages: Sequence[MessageLayout], theirs: CanDatabase, account: Account
) -> Iterator[tuple[MessageLayout, CanMessage]]:
    """Messages that both have and that fit into a frame; what cantools mistakes is counted."""
    mine = {(one.extended, one.id): one for one in messages}
    for other in theirs.messages:
        found, where = mine.get((other.is_extended_frame, other.frame_id)), f"{file.name} {other.name}"
        if found is None or not found.signals or not 0 < found.length <= FD_BYTES:
            account.aside[
                "not with us" if found is None else "without signals" if not found.signals else "no frame"
            ] += 1
            continue
        account.ways += len(ways(found))
        if found.name != other.name:
            account.confuse(Confused.SAME_ID, where)
        elif _is_misread(found, other):
            account.confuse(Confused.SELECTOR, where)
        else:
            if twins := _twins(other, found):
                account.confuse(Confused.TWICE, f"{where}: {', '.join(sorted(twins))}")
            yield found, other


def _twins(theirs: CanMessage, mine: MessageLayout) -> set[str]:
    """Names of more than one signal, and what we call those."""
    counts = Counter(signal.name for signal in theirs.signals)
    twice = {name for name, count in counts.items() if count > 1}
    places = {(signal.start, signal.length) for signal in theirs.signals if signal.name in twice}
    return twice | {one.name for one in mine.signals if (one.start, one.length) in places and one.name not in counts}


def _as_named(theirs: CanMessage, mine: MessageLayout) -> dict[str, str]:
    """Our names → those of cantools, where it has another for the only signal of a place."""
    known = {signal.name for signal in theirs.signals}
    places: dict[tuple[int, int], list[str]] = {}
    for signal in theirs.signals:
        places.setdefault((signal.start, signal.length), []).append(signal.name)
    found = {one.name: places.get((one.start, one.length), []) for one in mine.signals if one.name not in known}
    return {name: names[0] for name, names in found.items() if len(names) == 1 and names[0] not in _twins(theirs, mine)}


def _is_misread(mine: MessageLayout, theirs: CanMessage) -> bool:
    """Whether cantools has other selectors or other values of them than the file says, or does not take one for one."""
    selectors = {signal.name for signal in theirs.signals if signal.is_multiplexer}
    twins = _twins(theirs, mine)
    said = {signal.name: signal for signal in theirs.signals}
    for one in mine.signals:
        if one.branch is not None and one.name in said and one.name not in twins:
            values = {value for low, high in one.branch.values for value in range(low, high + 1)}
            selector, chosen = said[one.name].multiplexer_signal, said[one.name].multiplexer_ids or ()
            if one.branch.selector != selector or values != set(chosen) or selector not in selectors:
                return True
    return False


def _compare_decoders(
    where: str, contents: Sequence[bytes], at_once: Sequence[Said], one_by_one: Sequence[Said], account: Account
) -> None:
    for content, one, other in zip(contents, at_once, one_by_one, strict=True):
        if one != other:
            account.differ(Kind.DECODERS, f"{where} {content.hex()}: {one} and {other}")


def _compare_one(where: str, mine: Said, theirs: Said | None, twins: set[str], account: Account) -> None:
    if theirs is None:
        account.rejected += 1
        account.alone += len(mine)
        return
    if twins:
        mine = {name: value for name, value in mine.items() if name not in twins}
        theirs = {name: value for name, value in theirs.items() if name not in twins}
    account.samples += len(mine)
    if mine == theirs:
        return
    if mine.keys() != theirs.keys():
        account.differ(Kind.SIGNALS, f"{where}: {sorted(mine.keys() ^ theirs.keys())}")
        return
    for name, value in mine.items():
        if value != theirs[name]:
            if _is_nearest(value, theirs[name]):
                account.rounded += 1
            else:
                account.differ(Kind.VALUE, f"{where} {name}: {value!r}, cantools {theirs[name]!r}")


def _is_nearest(mine: float, theirs: float) -> bool:
    """An integer beyond 2^53 that cantools keeps whole when it scales it; ours is a float of nearly the same size."""
    return isinstance(theirs, int) and abs(theirs) > 2**EXACT_BITS and math.isclose(mine, theirs, rel_tol=ROUNDED)


def _compare_masks(
    file: Path, as_said: MessageLayout, contents: Sequence[bytes], raw: Sequence[Said], account: Account
) -> None:
    """The same message as J1939's: what is not left out is the same, what is left out says that it is not there."""
    signals = {one.name: one for one in as_said.signals}
    for content, all_of_it, known in zip(contents, raw, Ours([as_said]).at_once(as_said, contents), strict=True):
        missing = all_of_it.keys() - known.keys()
        account.masked += len(missing)
        is_right = {name for name in all_of_it if _says_nothing(signals[name], content)} == missing
        if not is_right or any(all_of_it.get(name) != value for name, value in known.items()):
            account.differ(Kind.MASK, f"{file.name} {as_said.name} {content.hex()}: {sorted(missing)}")


def _says_nothing(signal: SignalLayout, content: bytes) -> bool:
    if signal.number is not Number.UNSIGNED or signal.length > WORD:
        return False
    return says_nothing(signal.length, signal.labels, bits_of(content, signal))


def says_nothing(length: int, labels: Mapping[int, str], raw: int) -> bool:
    """SAE J1939-71, tables 1 and 2: the top byte 0xFE or 0xFF, of fewer than 8 bits the two highest values; unless the
    file gives it, or one above it, a meaning."""
    first = (1 << length) - (2 if length < 8 else 2 << (length - 8))
    is_meant = any(
        value >= raw and not any(word in label.lower() for word in NOTHING) for value, label in labels.items()
    )
    return length >= 2 and raw >= first and not is_meant
