"""HotWatch: critical rules that a single sample decides are looked at as it comes, not at the next tick.

The driver hears of it within milliseconds; the alert itself begins at the tick, by the same sample, so that a replay
gives the same alerts. What else such a rule speaks of is as it was at the last tick.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.alerts import AlertBook
from edge.decode.compiled import ANY_SENDER, Form
from edge.decode.decoder import Binding, Decoder
from edge.detect.rules.detector import compile_rules
from edge.detect.rules.inputs import TRUE, Reader
from edge.detect.rules.rule import Rule
from edge.detect.rules.texts import Facts
from edge.frames import NANOSECONDS, FrameBatch
from edge.history import UNKNOWN, Window

LOOK_NS: Final = 2_000_000
"""How often frames of hot signals are fetched while they come."""
IDS_MAX: Final = 64
"""On one bus: beyond that it is better to wait for the tick."""
AGAIN_NS: Final = NANOSECONDS
"""For so long what was said is not said again, whatever the tick makes of it."""
_SAMPLED: Final = frozenset({"low", "high", "now"})
_BROADCAST: Final = 0xF000
"""Groups from here on are sent to all (SAE J1939-21, PDU format 240 and above)."""


@dataclass(frozen=True, slots=True)
class Early:
    """A rule that holds by a sample, before the tick."""

    at: int
    """ns; when the sample was heard."""
    rule: str
    driver: str
    """What the cab says."""


@dataclass(frozen=True, slots=True)
class _Tick:
    """What the last tick left behind; made by the thread that judges, read by those that look."""

    numbers: Sequence[float]
    """Of each input."""
    ready: frozenset[str]
    """Rules whose alert would begin if they held now."""
    private: bool = False


class HotWatch:
    """Looks at the samples of hot signals, and says which rules hold by them.

    `at_tick` belongs to the thread that judges; `look` may be called from another one meanwhile.
    """

    def __init__(self, rules: Sequence[Rule], bindings: Sequence[Binding]) -> None:
        """Of `rules` those that are hot."""
        self.rules = tuple(rule for rule in rules if rule.is_hot)
        self._bindings = tuple(bindings)
        self._compiled = compile_rules(self.rules)
        self._reader = Reader(self._compiled.inputs)
        self._decoder = Decoder(bindings) if self.rules else None
        self._held = [UNKNOWN] * 2 * len(self._compiled.durations)
        """Durations that texts speak of: they are reckoned at ticks alone."""
        self._places = self._places_of()
        self._said: dict[str, int] = {}
        self._tick = _Tick([UNKNOWN] * len(self._compiled.inputs), frozenset())

    def wanted(self, bus: str) -> list[str]:
        """Which frames of a bus carry hot signals, as `only=` has it; nothing: none, or too many to bother."""
        hot = {path for rule in self.rules for path in rule.paths_now}
        found = [text for binding in self._bindings if binding.applies(bus) for text in _wanted(binding, hot)]
        return [] if len(found) > IDS_MAX else list(dict.fromkeys(found))

    def at_tick(self, window: Window, book: AlertBook) -> None:
        """Take up what a tick found; before the first nothing is ready."""
        if self.rules:
            concerns = [rule.concern for rule in self.rules]
            ready = frozenset(one.rule for one in concerns if book.would_begin(one, window.until))
            self._tick = _Tick(self._reader.read(window), ready, window.private)

    def look(self, frames: FrameBatch) -> list[Early]:
        """What holds by these frames and does not fire yet, with all else as of the last tick."""
        tick = self._tick
        if self._decoder is None or not len(frames):
            return []
        found: list[Early] = []
        samples = self._decoder.decode(frames)
        columns = samples.time.tolist(), samples.signal.tolist(), samples.value.tolist()
        for time, signal, value in zip(*columns, strict=True):
            if (places := self._places.get(signal)) is not None:
                numbers = list(tick.numbers)
                for place in places:
                    numbers[place] = value
                found += self._by_sample(numbers, time, tick)
        return found

    def _by_sample(self, numbers: Sequence[float], at: int, tick: _Tick) -> Iterator[Early]:
        for number, verdict, _ in self._compiled.judge(numbers, self._held, 0.0):
            rule = self.rules[number]
            name = rule.concern.rule
            is_new = at - self._said.get(name, at - AGAIN_NS) >= AGAIN_NS
            if verdict == TRUE and is_new and name in tick.ready and not (tick.private and rule.is_personal):
                self._said[name] = at
                hidden = rule.told_of_persons if tick.private else ()
                facts = Facts(self._compiled.teller(rule.told)(numbers, self._held), rule.formats, hidden)
                yield Early(at, name, rule.concern.driver.format_map(facts))

    def _places_of(self) -> Mapping[int, tuple[int, ...]]:
        """By signal of the decoder: the inputs that its sample is put into."""
        by_path: dict[str, list[int]] = {}
        for place, one in enumerate(self._compiled.inputs):
            if one.what in _SAMPLED:
                by_path.setdefault(one.name, []).append(place)
        signals = self._decoder.signals if self._decoder else ()
        return {index: tuple(by_path[one.path]) for index, one in enumerate(signals) if one.path in by_path}


def _wanted(binding: Binding, hot: set[str]) -> Iterator[str]:
    database = binding.database
    names = {signal.message for signal in database.signals if signal.path in hot}
    tables = database.tables
    for name, identifier, form, sender in zip(
        database.messages, tables.id.tolist(), tables.form.tolist(), tables.sender.tolist(), strict=True
    ):
        if name not in names:
            continue
        if form == Form.J1939:
            mask = 0x00FFFF00 if identifier & 0xFF00 >= _BROADCAST else 0x00FF0000
            by, mask = (0, mask) if sender == ANY_SENDER else (sender, mask | 0xFF)
            yield f"{identifier << 8 | by:08X}/{mask:08X}"
        else:
            yield f"{identifier:08X}" if form == Form.EXTENDED else f"{identifier:03X}"
