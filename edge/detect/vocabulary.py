"""The words that a model of sentences was taught: misspelled ones are put right, strange ones are counted. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strangeness:
    """How many words of a sentence are known and how many are not; numbers are neither."""

    known: int
    unknown: int

    @property
    def share(self) -> float:
        """Of the words that are not known, 0 to 1; of nothing 0."""
        return self.unknown / max(1, self.known + self.unknown)


class Vocabulary:
    """Known words."""

    def __init__(self, words: Sequence[str], letters_min: int) -> None:
        """Words, the commonest first; shorter ones than `letters_min` are too like others to be put right."""
        self._rank = {word: place for place, word in enumerate(words)}
        self._letters_min = letters_min
        self._near: defaultdict[str, list[str]] = defaultdict(list)
        for word in words:
            if len(word) >= letters_min:
                for less in _one_less(word):
                    self._near[less].append(word)

    def put_right(self, words: Sequence[str]) -> list[str]:
        """The same words, each unknown one as the commonest known one that is a slip of a finger away, if there is one.

        A slip is a letter too many, too few, another one, or two in each other's place: the words are the same once
        one letter at most is left out of each.
        """
        return [self._right(word) for word in words]

    def strangeness(self, words: Sequence[str]) -> Strangeness:
        """How many of these words are known."""
        counted = [word for word in words if not word.isdigit()]
        known = sum(word in self._rank for word in counted)
        return Strangeness(known, len(counted) - known)

    def _right(self, word: str) -> str:
        if word in self._rank or len(word) < self._letters_min or word.isdigit():
            return word
        near = {known for less in _one_less(word) for known in self._near.get(less, ())}
        return min(near, key=self._rank.__getitem__, default=word)


def _one_less(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
