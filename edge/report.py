"""What a run did, for the person who started it: every frame accounted for."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from edge.decode.decoder import DecodeCounts, Key


@dataclass(frozen=True, slots=True)
class Report:
    """The account of one run. Frames = known + unknown + error frames."""

    frames: int
    ids_known: int
    frames_known: int
    ids_unknown: int
    frames_unknown: int
    frames_decoded: int
    undecodable: Mapping[str, int]
    """Frames by cause; `short` ones have given the signals that were there."""
    long_messages: Mapping[str, int]
    """J1939 messages of more than one frame: `whole`, and those that did not become it by why."""
    answers: Mapping[str, int]
    """Answers of control units to whoever asked: `whole` and what became of them, and those lost, by why."""
    samples: int
    bus_time_s: float
    run_s: float
    cells: int
    alerts_began: int
    alerts_ended: int
    trips: int
    summaries: int
    sources: Mapping[str, Mapping[str, int]]
    notes: Sequence[str]
    most_unknown: Sequence[str]
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the vehicle said of itself in words, by path; nothing personal."""

    def text(self) -> str:
        """The account for a terminal."""
        lines = [
            f"frames       {self.frames:,} in {self.bus_time_s:,.1f} s of bus time, read in {self.run_s:.2f} s",
            f"known ids    {self.ids_known} ({self.frames_known:,} frames), of them decoded {self.frames_decoded:,}",
            f"unknown ids  {self.ids_unknown} ({self.frames_unknown:,} frames){_most(self.most_unknown)}",
            f"not sound    {_counted(self.undecodable)}",
            *([f"long         {_counted(self.long_messages)}"] if self.long_messages else []),
            *([f"answers      {_counted(self.answers)}"] if self.answers else []),
            f"signals      {self.samples:,}, {self._per_second():,.0f} a second",
            (
                f"judged       {self.cells:,} cells: {self.alerts_began} alerts began, {self.alerts_ended} ended; "
                f"{self.trips} trips, {self.summaries} summaries"
            ),
        ]
        lines += [f"text         {path}: {', '.join(texts)}" for path, texts in self.texts.items()]
        lines += [f"source       {name}: {_counted(counters)}" for name, counters in self.sources.items()]
        lines += [f"note         {note}" for note in self.notes]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """The account for a program."""
        return json.dumps({**asdict(self), "samples_per_s": round(self._per_second())}, indent=1) + "\n"

    def _per_second(self) -> float:
        return self.samples / self.run_s if self.run_s > 0 else 0.0


def frame_counts(counts: DecodeCounts) -> dict[str, int]:
    """What became of the frames, by the names that the health message counts them under."""
    return {
        "frames": counts.frames,
        "frames_known": counts.known.total(),
        "frames_unknown": counts.unknown.total(),
        "frames_decoded": counts.decoded,
        "samples": counts.samples,
        **{f"frames_{cause}": counter.total() for cause, counter in counts.undecodable.items()},
        **{f"long_messages_{fate}": count for fate, count in counts.transported.items()},
        **{f"answers_{fate}": count for fate, count in counts.answered.items()},
        **({"texts_not_kept": counts.spoken.not_kept} if counts.spoken.not_kept else {}),
    }


def unheard(counts: DecodeCounts, inner: Mapping[str, str]) -> list[str]:
    """Notes on buses of which there was no frame; `inner` says of each which recording should hold it."""
    heard = {bus for bus, _, _ in (*counts.known, *counts.unknown)}
    return [
        f"{recording} holds no frame of bus {bus}, for which there are databases"
        for bus, recording in inner.items()
        if bus not in heard
    ]


def most_common(counter: Counter[Key], number: int = 5) -> list[str]:
    """The ids heard most often, as an installer writes them."""
    return [
        f"{bus} {identifier:0{8 if extended else 3}X} ({frames:,})"
        for (bus, extended, identifier), frames in counter.most_common(number)
    ]


def _counted(counters: Mapping[str, int]) -> str:
    told = [f"{name} {count:,}" for name, count in counters.items() if count]
    return ", ".join(told) or "none"


def _most(names: Sequence[str]) -> str:
    return f": {', '.join(names)}, …" if names else ""
