"""Dialogue: one unit's answers to services 19 and 22; what it refused for good is remembered and not asked again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from edge.diagnostics.asker import POSITIVE, Asker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.permission import CODES
from edge.diagnostics.uds import library
from edge.diagnostics.uds.refusals import Refusal, Then, refusal

IN_VAIN_MAX: Final = 4096
"""Questions that are remembered as not supported."""
LENGTHS_MAX: Final = 4096
"""Identifiers whose length was learned."""
WHOLE_SERVICE: Final = frozenset({0x11, 0x7F})
WHOLE_REPORT: Final = frozenset({0x12, 0x7E})
"""Negative response codes that speak of more than what was asked (ISO 14229-1 annex A.1)."""


class Dialogue:
    """Puts questions to single units. Used by one thread."""

    def __init__(self, asker: Asker) -> None:
        self.malformed: Counter[str] = Counter()
        """Answers that were not understood, by the first bytes of the answer in hex."""
        self.refusals: Counter[str] = Counter()
        """Negative answers, by name."""
        self._asker = asker
        self._refused: dict[tuple[Ecu, str], Refusal] = {}
        self._in_vain: set[tuple[Ecu, bytes]] = set()
        self._lengths: dict[tuple[Ecu, int], int] = {}

    def told(self, unit: Ecu, request: bytes) -> bytes | None:
        """A unit's positive answer; None when it is silent or refuses, or refused the same before for good.

        Raises:
            NotNow: nothing may be asked at this moment.
            BusDown: the bus or the adapter is not there just now.
        """
        if self.is_in_vain(unit, request):
            return None
        answers = self._asker.ask(request, unit)
        self._refused.pop((unit, _name(request)), None)
        for answer in answers:
            if answer.refusal is None:
                return answer.payload
            self._note(unit, request, refusal(answer.refusal))
        return None

    def identifier(self, unit: Ecu, did: int) -> bytes | None:
        """What a unit says an identifier is; learns how long it is."""
        answer = self.told(unit, library.ask_identifiers([did]))
        if answer is None:
            return None
        value = library.identifier(answer, did)
        if value is None:
            self.misread(answer)
        elif len(self._lengths) < LENGTHS_MAX:
            self._lengths[unit, did] = len(value)
        return value

    def several(self, unit: Ecu, dids: Sequence[int]) -> bool:
        """Ask for identifiers at once, so that who listens hears them; whether the unit answered."""
        return self.told(unit, library.ask_identifiers(dids)) is not None

    def why_not(self, unit: Ecu, dids: Sequence[int]) -> Refusal | None:
        """Why a unit did not tell identifiers that it was asked for at once; None when it told them, or was silent."""
        return self._refused.get((unit, _name(library.ask_identifiers(dids))))

    def known_length(self, unit: Ecu, did: int) -> int | None:
        """How long an identifier was when it was told."""
        return self._lengths.get((unit, did))

    def is_in_vain(self, unit: Ecu, request: bytes) -> bool:
        """Whether a unit said that it never answers this."""
        return any((unit, request[:length]) in self._in_vain for length in (1, 2, len(request)))

    def misread(self, answer: bytes) -> None:
        """An answer was not understood."""
        self.malformed[answer[:2].hex() if answer[0] == CODES | POSITIVE else f"{answer[0]:02x}"] += 1

    def forget(self) -> None:
        """What a unit does not have is asked once more: it may be another one by now."""
        self._in_vain.clear()
        self._refused.clear()

    @property
    def refused(self) -> Mapping[str, str]:
        """By unit and what was asked: why it was not told just now. What a unit simply does not have is not in it."""
        return {
            f"{unit.name} {what}": why.name for (unit, what), why in self._refused.items() if why.then is not Then.NEVER
        }

    @property
    def guarded(self) -> frozenset[str]:
        """Units behind a security gateway, or guarded by themselves."""
        return frozenset(unit.name for (unit, _), why in self._refused.items() if why.then is Then.GUARDED)

    def _note(self, unit: Ecu, request: bytes, why: Refusal) -> None:
        self.refusals[why.name] += 1
        if len(self._refused) < IN_VAIN_MAX:
            self._refused[unit, _name(request)] = why
        if why.then is Then.NEVER and len(self._in_vain) < IN_VAIN_MAX:
            self._in_vain.add((unit, _scope(request, why)))


def _scope(request: bytes, why: Refusal) -> bytes:
    """What a refusal for good is about: a service, a report of it, or just what was asked."""
    if why.code in WHOLE_SERVICE:
        return request[:1]
    return request[:2] if why.code in WHOLE_REPORT and request[0] == CODES else request


def _name(request: bytes) -> str:
    """`19 02`, `22 F190`."""
    return request[:2].hex(" ").upper() if request[0] == CODES else f"22 {request[1:].hex().upper()}"
