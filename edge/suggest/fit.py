"""How well each database fits a bus: the evidence of all its messages together, and what that is worth in words.

Of a database some messages may be right and others not (another year, another bus), so the evidence is that of a
mixture: each message is right with probability q, and q is anything from 0 to 1. E = log2 of the mean over q of the
product of (1 - q + q 2^weight). A likelihood ratio of 2^E or more comes by chance at most once in 2^E times (Markov's
inequality). Messages longer than a frame come in parts and are not judged.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from edge.decode.layout import MessageLayout
from edge.suggest.candidate import Candidate
from edge.suggest.evidence import FRAMES, Float64s, Test, Trial, agreements
from edge.suggest.heard import HeardId
from edge.suggest.layouts import BYTES, Layouts
from edge.suggest.weight import MESSAGE_BITS_MAX, Chance, bits_of, id_bits, outcomes

FRAMES_MIN: Final = 10
"""An id with fewer is not judged."""
OTHER_IDS: Final = 10
"""A message is held against the frames of so many other ids."""
OTHER_MESSAGES: Final = 20
"""So many other messages are held against the frames of an id."""
SURE_BITS: Final = float(np.log2(20.0))
"""Beyond what the number of databases takes that have an id of the bus: a wrong claim in one recording of twenty at the
most, and seldom that, since chance comes nowhere near the bound."""
CLEAR_BITS: Final = 1.0
"""A message that weighs less says little: twice as likely as not is the least that is called evidence."""
FITS: Final = 0.8
"""Of the messages heard so many are right where a database fits."""
SHARES: Final = np.linspace(0.005, 0.995, 100)
SEED: Final = 1


class Verdict(StrEnum):
    """What is said of a database."""

    FITS = "fits"
    IN_PART = "some messages fit"
    TOO_LITTLE = "too little heard to say"
    NOT = "does not fit"


@dataclass(frozen=True, slots=True)
class Match:
    """An id that a database has a message for."""

    heard: HeardId
    message: MessageLayout
    agreement: Float64s
    """(tests,)"""
    bits: Float64s
    """(tests,)"""
    id_bits: float
    probability: float
    """That it is this message, given what the others of the database say."""

    @property
    def weight(self) -> float:
        """Bits for it, or against it."""
        return min(float(self.bits.sum()), MESSAGE_BITS_MAX) + self.id_bits

    @property
    def is_plausible(self) -> bool:
        """More likely right than not."""
        return self.probability >= 0.5

    @property
    def speaks_for(self) -> bool:
        """By itself, whatever the others of its database say."""
        return self.weight >= CLEAR_BITS

    @property
    def speaks_against(self) -> bool:
        """By itself."""
        return self.weight <= -CLEAR_BITS

    @property
    def objections(self) -> list[str]:
        """Tests that speak against it."""
        return [test.name.lower() for test in Test if self.bits[test] < -1.0]


@dataclass(frozen=True, slots=True)
class Fit:
    """One database on one bus."""

    candidate: Candidate
    bus: str
    matches: tuple[Match, ...]
    """Judged ones."""
    ids: int
    """Of the bus that it has messages for, judged or not."""
    frames: int
    """Of those ids."""
    evidence: float
    """E."""
    share: float
    """Of its messages that were heard, the part that is right: the mean of q after the evidence."""
    by_chance: float
    """Messages that would speak for it if each had the frames of another id; as a mean of several draws."""
    needed: float
    """Bits for a claim."""
    in_parts: int
    """Ids of which its message is longer than a frame: not judged."""

    @property
    def file(self) -> Path:
        """Of the database."""
        return self.candidate.file

    @property
    def speak_for(self) -> int:
        """Messages."""
        return sum(one.speaks_for for one in self.matches)

    @property
    def speak_against(self) -> int:
        """Messages."""
        return sum(one.speaks_against for one in self.matches)

    @property
    def sureness(self) -> float:
        """That it is no accident, where beforehand one of the databases with an id of the bus was right."""
        return float(1.0 / (1.0 + 2.0 ** np.clip(self.needed - SURE_BITS - self.evidence, -60.0, 60.0)))

    @property
    def score(self) -> int:
        """0 to 100: how much of what was heard of it is right, times how sure it is that this is no accident."""
        return round(100.0 * self.share * self.sureness)

    @property
    def verdict(self) -> Verdict:
        """In words."""
        if self.evidence >= self.needed:
            return Verdict.FITS if self.share >= FITS else Verdict.IN_PART
        is_open = self.sureness >= 0.5 or sum(one.weight for one in self.matches) >= 0.0
        return Verdict.TOO_LITTLE if is_open else Verdict.NOT


def fits(layouts: Layouts, heard: Sequence[HeardId], spoken: Collection[str] = ()) -> list[Fit]:
    """Every database of which an id of this bus may be a message, the best first; `spoken`: protocols of the bus."""
    parts = [one.part(FRAMES) for one in heard if one.frames >= FRAMES_MIN]
    pairs = [
        (number, place, layouts.first[number] + own)
        for number, candidate in enumerate(layouts.candidates)
        for place, one in enumerate(parts)
        if (own := candidate.place_of(one.extended, one.id)) is not None and not _is_long(candidate, one)
    ]
    rivals = len({number for number, _, _ in pairs})
    judged = _Judged.of(layouts, parts, [(place, message) for _, place, message in pairs], rivals)
    found = []
    for number, candidate in enumerate(layouts.candidates):
        known = [one for one in heard if candidate.place_of(one.extended, one.id) is not None]
        if known:
            rows = [row for row, pair in enumerate(pairs) if pair[0] == number]
            found.append(_fit(candidate, judged, rows, known, spoken))
    return sorted(found, key=lambda one: (-one.score, -one.evidence, -one.frames, str(one.file)))


def _is_long(candidate: Candidate, heard: HeardId) -> bool:
    place = candidate.place_of(heard.extended, heard.id)
    return place is not None and candidate.messages[place].length > heard.payload.shape[1]


@dataclass(frozen=True, slots=True)
class _Judged:
    """All pairs of an id and a message that has it, and what chance gives instead."""

    parts: Sequence[HeardId]
    messages: Sequence[MessageLayout]
    """By pair."""
    places: Sequence[int]
    """By pair: which id."""
    agreement: Float64s
    bits: Float64s
    """(pairs, tests)"""
    rivals: int
    """Databases that have an id of the bus."""
    wrong: Float64s
    """(pairs, OTHER_IDS) what the message weighs with the frames of other ids; not a number: there are no more."""

    @classmethod
    def of(cls, layouts: Layouts, parts: Sequence[HeardId], pairs: Sequence[tuple[int, int]], rivals: int) -> "_Judged":
        """Hold each message against the frames of its id, of other ids, and other messages against the same frames."""
        dice = np.random.default_rng(SEED)
        own = agreements(layouts, [Trial(message, parts[place]) for place, message in pairs])
        moved = _other_ids(parts, pairs, dice)
        by_message = outcomes(agreements(layouts, [one for some in moved for one in some]))
        swapped = _other_messages(layouts, parts, dice)
        by_id = outcomes(agreements(layouts, [one for some in swapped for one in some]))
        chance = Chance.of(np.concatenate([by_message, by_id]))
        of_message = np.split(by_message, np.cumsum([len(some) for some in moved])[:-1]) if moved else []
        of_id = np.split(by_id, np.cumsum([len(some) for some in swapped])[:-1]) if swapped else []
        ids = [chance.within(level) for level in of_id]
        bits = np.zeros((len(pairs), len(Test)))
        wrong = np.full((len(pairs), OTHER_IDS), np.nan)
        for row, ((place, _), level) in enumerate(zip(pairs, outcomes(own), strict=True)):
            within = chance.within(of_message[row])
            bits[row] = bits_of(level, within, ids[place])
            for column, other in enumerate(of_message[row]):
                wrong[row, column] = bits_of(other, within, ids[place]).sum()
        return cls(
            parts, [layouts.messages[one] for _, one in pairs], [one for one, _ in pairs], own, bits, rivals, wrong
        )


def _other_ids(
    parts: Sequence[HeardId], pairs: Sequence[tuple[int, int]], dice: np.random.Generator
) -> list[list[Trial]]:
    """Of each pair: its message with the frames of other ids."""
    trials = []
    for place, message in pairs:
        others = dice.permutation(len(parts))[: OTHER_IDS + 1]
        trials.append([Trial(message, parts[one]) for one in others if one != place][:OTHER_IDS])
    return trials


def _other_messages(layouts: Layouts, parts: Sequence[HeardId], dice: np.random.Generator) -> list[list[Trial]]:
    """Of each id: other messages with its frames."""
    pool = [place for place, one in enumerate(layouts.messages) if one.signals and one.length <= BYTES]
    trials = []
    for part in parts:
        drawn: list[int] = dice.choice(pool, OTHER_MESSAGES).tolist() if pool else []
        trials.append([Trial(one, part) for one in drawn if not _is_of(layouts.messages[one], part)])
    return trials


def _is_of(message: MessageLayout, heard: HeardId) -> bool:
    return (message.extended, message.id) == (heard.extended, heard.id)


def _fit(
    candidate: Candidate,
    judged: _Judged,
    rows: Sequence[int],
    known: Sequence[HeardId],
    spoken: Collection[str],
) -> Fit:
    by_id = [id_bits(judged.messages[row], judged.parts[judged.places[row]], spoken) for row in rows]
    weights = np.minimum(judged.bits[rows].sum(axis=1), MESSAGE_BITS_MAX) + by_id
    evidence, share = mixture(weights)
    matches = tuple(
        Match(
            judged.parts[judged.places[row]],
            judged.messages[row],
            judged.agreement[row],
            judged.bits[row],
            bits,
            float(probability),
        )
        for row, bits, probability in zip(rows, by_id, right(weights, share), strict=True)
    )
    by_chance = sum(float((one[~np.isnan(one)] >= CLEAR_BITS).mean()) for one in judged.wrong[rows] if one[0] == one[0])
    frames = sum(one.frames for one in known)
    in_parts = sum(_is_long(candidate, one) for one in known)
    needed = float(np.log2(1 + judged.rivals)) + SURE_BITS
    return Fit(candidate, known[0].bus, matches, len(known), frames, evidence, share, by_chance, needed, in_parts)


def mixture(weights: Float64s) -> tuple[float, float]:
    """The evidence E of messages of these weights, and the share of them that is right: the mean of q given them."""
    ratio = 2.0 ** np.clip(weights, -50.0, 50.0)
    logs = np.log2(1.0 - SHARES[:, None] + SHARES[:, None] * ratio[None, :]).sum(axis=1)
    likelihood = 2.0 ** (logs - logs.max())
    evidence = float(logs.max() + np.log2(likelihood.mean()))
    return evidence, float((likelihood * SHARES).sum() / likelihood.sum())


def right(weights: Float64s, share: float) -> Float64s:
    """The probability of each message to be right, where a share of all is."""
    ratio = 2.0 ** np.clip(weights, -50.0, 50.0)
    probability: Float64s = share * ratio / (1.0 - share + share * ratio)
    return probability
