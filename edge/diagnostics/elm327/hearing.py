"""Hearing: answers of units out of the frames that one question brought. Pure.

Every question begins with nothing: what is half there, or answers another question, is dropped and counted, so that no
old value is taken for a new one.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge.decode.isotp import IsoTpListener
from edge.diagnostics.asker import PENDING, Answer, belongs
from edge.diagnostics.ecu import Ecu, answering
from edge.frames import EXTENDED, Frame

FRAMES_MAX: Final = 4_096
"""Frames of answers that wait for whoever decodes them."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of one question."""

    answers: dict[Ecu, Answer]
    later: frozenset[Ecu]
    """Units that said that their answer comes later, and gave none."""


class Hearing:
    """Knows which ids are answers, and what became of the others."""

    def __init__(self, units: Sequence[Ecu]) -> None:
        """`units`: of the profile, beyond those of ISO 15765-4."""
        self.counts: Counter[str] = Counter(late=0, strange_id=0, frames_dropped=0, isotp_unfinished=0)
        """What was no answer, by cause."""
        self._named = {(unit.answer, unit.extended): unit for unit in units}
        self._frames: deque[Frame] = deque(maxlen=FRAMES_MAX)

    def gather(self, question: Frame, to: Ecu | None, frames: Sequence[Frame]) -> Gathered:
        """Whole answers to this very question; of a unit that answers twice, the last."""
        request = question.payload[1 : 1 + question.payload[0]]
        answers: dict[Ecu, Answer] = {}
        later: set[Ecu] = set()
        for unit, payload, parts in self._whole(frames, to):
            answer = Answer(unit, payload, parts[-1].time)
            if not belongs(request, payload):
                self.counts["late"] += 1
            elif answer.refusal == PENDING:
                later.add(unit)
            else:
                answers[unit] = answer
                self._keep(parts)
        return Gathered(answers, frozenset(later - answers.keys()))

    def taken_frames(self) -> list[Frame]:
        """Frames of answers since the last call; any one thread."""
        frames: list[Frame] = []
        while self._frames:
            frames.append(self._frames.popleft())
        return frames

    def _whole(self, frames: Sequence[Frame], to: Ecu | None) -> Iterator[tuple[Ecu, bytes, list[Frame]]]:
        """Messages that are whole, with their frames."""
        listener = IsoTpListener()
        parts: dict[int, list[Frame]] = {}
        for frame in frames:
            unit = self._unit(frame)
            if unit is None or (to is not None and unit != to):
                self.counts["strange_id"] += 1
                continue
            if frame.payload[0] >> 4 != _CONSECUTIVE:
                parts[frame.id] = []
            parts.setdefault(frame.id, []).append(frame)
            payload = listener.take(frame.time, frame.id, frame.payload)
            if payload is not None:
                yield unit, payload, parts[frame.id]
        self.counts.update({f"isotp_{why}": count for why, count in listener.losses.items()})
        self.counts["isotp_unfinished"] += listener.open

    def _unit(self, frame: Frame) -> Ecu | None:
        return self._named.get((frame.id, bool(frame.flags & EXTENDED))) or answering(frame)

    def _keep(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self.counts["frames_dropped"] += len(self._frames) == FRAMES_MAX
            self._frames.append(frame)


_CONSECUTIVE: Final = 2
"""ISO 15765-2 table 9."""
