"""SendWindow: what of one stream is on its way. Pure: the time is given."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from edge.wire.downlink import Ack
from edge.wire.ranges import merge_ranges, to_ranges
from edge.wire.topics import Kind

_NOW: Final = float("-inf")
_DOUBLINGS_MAX: Final = 20
"""More would only make numbers that no float can hold."""


class Message(Protocol):
    """A message of the outbox, encoded."""

    @property
    def stream(self) -> str:
        """The stream's name."""

    @property
    def seq(self) -> int:
        """Its place in the stream."""

    @property
    def kind(self) -> Kind:
        """The last level of its topic."""

    @property
    def payload(self) -> bytes:
        """What is published."""


@dataclass(slots=True)
class _OnItsWay:
    message: Message
    due_at_s: float = _NOW
    first_s: float = _NOW
    sent: int = 0
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A message to send now."""

    message: Message
    again: bool


class SendWindow:
    """At most `size` messages of one stream between the outbox and the cloud's acknowledgement.

    Every message stays until the cloud has acknowledged it, and is due again after `resend_s`, then twice that, up to
    `resend_max_s`. Messages become due in the order in which they were loaded, at first and again.
    """

    def __init__(self, size: int, *, resend_s: float, resend_max_s: float) -> None:
        """An empty window, before the beginning of the outbox."""
        self._size = size
        self._resend_s = resend_s
        self._resend_max_s = resend_max_s
        self._on_their_way: dict[int, _OnItsWay] = {}
        self.stream = ""
        """The stream's name; empty before the first message."""
        self.after_seq = 0
        """The number that was loaded last: where to read on in an outbox that is read as numbered."""
        self._unforgotten: list[tuple[int, int]] = []

    def __len__(self) -> int:
        """How many messages wait for the cloud's acknowledgement."""
        return len(self._on_their_way)

    @property
    def room(self) -> int:
        """How many messages may be loaded."""
        return self._size - len(self._on_their_way)

    @property
    def taken(self) -> list[tuple[int, int]]:
        """What must not be loaded: what is on its way, and what the cloud has but the outbox could not forget."""
        return merge_ranges([*to_ranges(self._on_their_way), *self._unforgotten])

    def restart(self) -> None:
        """Begin again from the outbox: after a new connection, or when the class has a new stream."""
        self._on_their_way.clear()
        self._unforgotten.clear()
        self.stream = ""
        self.after_seq = 0

    def load(self, messages: Iterable[Message]) -> None:
        """Take in the outbox's next messages, at most `room`, none of them `taken`; they are due at once."""
        for message in messages:
            self.stream = message.stream
            self.after_seq = message.seq
            self._on_their_way[message.seq] = _OnItsWay(message)

    def due(self, now_s: float, *, may_go: Callable[[Message], bool] = lambda _: True) -> list[Due]:
        """What to send now; each is due again later unless the cloud has acknowledged it by then.

        What may not go now is due again after `resend_s`, as if it had not been looked at.
        """
        due = []
        for one in self._on_their_way.values():
            if one.due_at_s <= now_s:
                one.is_held = not may_go(one.message)
                if one.is_held:
                    one.due_at_s = now_s + self._resend_s
                else:
                    due.append(one)
        for one in due:
            pause_s = self._resend_s * 2 ** min(one.sent, _DOUBLINGS_MAX)
            one.due_at_s = now_s + min(pause_s, self._resend_max_s)
            one.first_s = one.first_s if one.sent else now_s
            one.sent += 1
        return [Due(one.message, again=one.sent > 1) for one in due]

    def held(self) -> list[Message]:
        """Those that might not go when they were due."""
        return [one.message for one in self._on_their_way.values() if one.is_held]

    def look_again(self) -> None:
        """More may go now: what was held is due."""
        for one in self._on_their_way.values():
            if one.is_held:
                one.due_at_s = _NOW

    def next_due_s(self) -> float | None:
        """When something is due again; None while nothing is on its way."""
        return min((one.due_at_s for one in self._on_their_way.values()), default=None)

    def sent_before(self, ack: Ack) -> float | None:
        """The last moment before which the cloud cannot have written this; None where nothing tells.

        It is the first sending of what is on its way and acknowledged, the latest of them.
        """
        if ack.stream != self.stream or ack.renew:
            return None
        firsts = [one.first_s for seq, one in self._on_their_way.items() if one.sent and ack.covers(seq)]
        return max(firsts, default=None)

    def acknowledge(self, ack: Ack, *, forgotten: bool = True) -> None:
        """Let go of what the cloud has. A renewed stream begins again; another stream's acknowledgement is ignored.

        `forgotten`: so has the outbox; else it still has what is let go here, and must not be asked for it again.
        """
        if ack.stream != self.stream:
            return
        if ack.renew:
            self.restart()
            return
        known = [seq for seq in self._on_their_way if ack.covers(seq)]
        for seq in known:
            del self._on_their_way[seq]
        if not forgotten:
            self._unforgotten = merge_ranges([*self._unforgotten, *to_ranges(known)])
        elif self._unforgotten:  # an acknowledgement says all that is stored, so the outbox has made good for it
            self._unforgotten = [pair for pair in self._unforgotten if not ack.covers(pair[1])]
