"""HotWatch: critical rules that a single sample decides are looked at as it comes, not at the next tick.

The driver hears of it within milliseconds; the alert itself begins at the tick, by the same sample, so that a replay
gives the same alerts. What else such a rule speaks of is as it was at the last tick.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.alerts import AlertBook
from edge.decode.compiled import Form
from edge.decode.decoder import Binding, Decoder
from edge.detect.rules.detector import compile_rules
from edge.detect.rules.inputs import TRUE, Reader
from edge.detect.rules.rule import Rule
from edge.detect.rules.texts import Facts
from edge.frames import NANOSECONDS, FrameBatch
from edge.history import UNKNOWN, Window

LOOK_NS: Final = 1_000_000
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


class HotWatch:
    """Looks at the samples of hot signals, and says which rules hold by them."""

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

    def wanted(self, bus: str) -> list[str]:
        """Which frames of a bus carry hot signals, as `only=` has it; nothing: none, or too many to bother."""
        hot = {path for rule in self.rules for path in rule.paths}
        found = [text for binding in self._bindings if binding.applies(bus) for text in _wanted(binding, hot)]
        return [] if len(found) > IDS_MAX else list(dict.fromkeys(found))

    def look(self, frames: FrameBatch, window: Window, book: AlertBook) -> list[Early]:
        """What holds by these frames that does not fire yet; `window`: as of the last tick."""
        if self._decoder is None or not len(frames):
            return []
        samples = self._decoder.decode(frames)
        found: list[Early] = []
        usual = self._reader.read(window)
        columns = samples.time.tolist(), samples.signal.tolist(), samples.value.tolist()
        for time, signal, value in zip(*columns, strict=True):
            if (places := self._places.get(signal)) is not None:
                numbers = list(usual)
                for place in places:
                    numbers[place] = value
                found += self._by_sample(numbers, time, book)
        return found

    def _by_sample(self, numbers: Sequence[float], at: int, book: AlertBook) -> Iterator[Early]:
        for number, verdict, _ in self._compiled.judge(numbers, self._held, 0.0):
            rule = self.rules[number]
            name = rule.concern.rule
            is_new = at - self._said.get(name, at - AGAIN_NS) >= AGAIN_NS
            if verdict == TRUE and is_new and book.would_begin(rule.concern, at):
                self._said[name] = at
                facts = Facts(self._compiled.teller(rule.told)(numbers, self._held), rule.formats)
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
    for name, identifier, form in zip(
        database.messages, database.tables.id.tolist(), database.tables.form.tolist(), strict=True
    ):
        if name not in names:
            continue
        if form == Form.J1939:
            mask = 0x00FFFF00 if identifier & 0xFF00 >= _BROADCAST else 0x00FF0000
            yield f"{identifier << 8:08X}/{mask:08X}"
        else:
            yield f"{identifier:08X}" if form == Form.EXTENDED else f"{identifier:03X}"
