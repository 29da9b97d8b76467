"""Reach: an adapter as far as a vehicle is concerned: what it is set to, and what it last showed."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from edge.diagnostics.elm327.commands import VOLTAGE, Setting, chosen
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.elm327.lines import Heard, Remark, read, read_volts
from edge.diagnostics.probe import Kind
from edge.errors import BusDown
from edge.frames import NANOSECONDS

GARBAGE_MAX: Final = 3
"""Answers in a row that could not be read: the adapter is opened anew."""
LEAST_S: Final = 0.8
"""Whoever has less left does not begin: the adapter would be blamed for what others took."""
VOLTS_S: Final = 2.0
"""How old a measured voltage may be before it is measured again."""
VOLTS_OLD_S: Final = 10.0
"""A voltage so old is none."""


class Reach:
    """Says things to an adapter, and what it was told already not again."""

    def __init__(self, conversation: Conversation) -> None:
        self.remarks: Counter[Remark] = Counter(dict.fromkeys(Remark, 0))
        """What the adapter said of itself or the bus."""
        self.kind: Kind | None = None
        """The kind of bus that it uses now."""
        self._conversation = conversation
        self._opening = 0
        self._told: dict[str, str] = {}
        self._garbage = 0
        self._measured: tuple[int, float] | None = None

    def now_ns(self) -> int:
        """Monotonic."""
        return self._conversation.now_ns()

    def must_be_open(self, until_ns: int) -> None:
        """Wait for the adapter.

        Raises:
            BusDown: it is away, or so little time is left that nothing can be begun.
        """
        left_s = (until_ns - self.now_ns()) / NANOSECONDS - LEAST_S
        if not self._conversation.is_open(max(left_s, 0.0)):
            raise self._conversation.down()
        openings = self._conversation.counts["openings"]
        if openings != self._opening:  # it was reset, and knows nothing of what it was told
            self._opening = openings
            self._told.clear()
            self.kind = None
            self._measured = None
        if left_s <= 0:
            raise BusDown("the adapter is there, but there was no time left for the question: ask again")

    def choose(self, kind: Kind, separation_ms: int, until_ns: int) -> None:
        """Use this kind of bus.

        Raises:
            BusDown: the adapter is away.
        """
        if self.kind != kind:
            self._told.clear()
            self.set(chosen(kind, separation_ms), until_ns)
            self.kind = kind

    def set(self, settings: Iterable[Setting], until_ns: int) -> None:
        """Set what is not set so already; a setting that the adapter does not know is counted, and tried no more.

        Raises:
            BusDown: the adapter is away, or cannot be read.
        """
        for command, value in settings:
            if self._told.get(command) == value:
                continue
            heard = self.say(command + value, until_ns)
            if not heard.is_done and not heard.remarks[Remark.NOT_UNDERSTOOD]:
                raise BusDown(f"the adapter does not say whether it did {command}{value}")
            self._told[command] = value

    def say(self, text: str, until_ns: int) -> Heard:
        """What a command brings.

        Raises:
            BusDown: the adapter is away, or said nothing until then.
        """
        self.must_be_open(until_ns)
        lines = self._conversation.say(text, (until_ns - self.now_ns()) / NANOSECONDS)
        extended = self.kind is not None and self.kind.extended
        heard = read(lines, said=text, extended=extended, at_ns=self.now_ns())
        self._count(heard.remarks)
        return heard

    @property
    def measured(self) -> tuple[int, float] | None:
        """When the supply was measured, monotonic ns, and its volts; None: not lately."""
        is_old = self._measured is None or self.now_ns() - self._measured[0] > VOLTS_OLD_S * NANOSECONDS
        return None if is_old else self._measured

    def measure(self, until_ns: int) -> None:
        """Measure the supply, where that was not done lately.

        Raises:
            BusDown: the adapter is away.
        """
        self.must_be_open(until_ns)
        now_ns = self.now_ns()
        if self._measured is not None and now_ns - self._measured[0] < VOLTS_S * NANOSECONDS:
            return
        volts = read_volts(self._conversation.say(VOLTAGE, (until_ns - now_ns) / NANOSECONDS))
        self._count(Counter() if volts is not None else Counter([Remark.GARBAGE]))
        if volts is not None:
            self._measured = self.now_ns(), volts

    def _count(self, remarks: Counter[Remark]) -> None:
        self.remarks.update(remarks)
        self._garbage = self._garbage + 1 if remarks[Remark.GARBAGE] else 0
        if self._garbage >= GARBAGE_MAX:
            self._garbage = 0
            self._conversation.replace("what the adapter writes cannot be read")
