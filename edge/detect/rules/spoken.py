"""What the cab says of a rule, in the cab's language: as the rule's author translated it, or as a catalogue does.

driver = "The load is shifting. Slow down."                                  # English, for catalogues to translate
driver = { en = "The load is shifting.", de = "Die Ladung verrutscht." }     # with translations of the author's
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from pydantic import Discriminator, Field, StringConstraints, Tag

from edge.wire.messages import Text as Told

LANGUAGES_MAX: Final = 50
ENGLISH: Final = "en"

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""ISO 639 in small letters, and where it matters the country of ISO 3166 in capitals (BCP 47): de, de-AT."""


def _kind(value: object) -> str:
    return "languages" if isinstance(value, Mapping) else "text"


Spoken = Annotated[
    Annotated[Told, Tag("text")]
    | Annotated[dict[LanguageCode, Told], Field(min_length=1, max_length=LANGUAGES_MAX), Tag("languages")],
    Discriminator(_kind),
]
"""A text, or one for each language."""


class Tongue(Protocol):
    """The language of a cab."""

    @property
    def languages(self) -> Sequence[str]:
        """Codes, the best first: the cab's own, that without its country; English at last."""

    def sentence(self, text: str) -> str | None:
        """What is said instead of a rule's own text; None: nobody translated exactly this one."""


class _English:
    languages = (ENGLISH,)

    def sentence(self, text: str) -> str | None:  # noqa: ARG002  # a tongue is asked about a text
        """Rules are written in it."""
        return None


AS_WRITTEN: Final[Tongue] = _English()
"""Of who has no cab: what the author wrote, in English where there is a choice."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text for the cab."""

    text: str
    is_foreign: bool
    """It stays in another language than the cab's, for want of a translation."""


def said(spoken: str | Mapping[str, str], tongue: Tongue) -> Said:
    """The text that a cab says: its author's in that language before a catalogue's, else the English or the first."""
    own = [code for code in tongue.languages if _base(code) == _base(tongue.languages[0])]
    if isinstance(spoken, str):
        return _translated(spoken, tongue, is_foreign=ENGLISH not in own)
    if written := next((spoken[code] for code in own if code in spoken), ""):
        return Said(written, is_foreign=False)
    return _translated(spoken.get(ENGLISH) or next(iter(spoken.values())), tongue, is_foreign=True)


def _translated(text: str, tongue: Tongue, *, is_foreign: bool) -> Said:
    instead = tongue.sentence(text)
    return Said(text, is_foreign and bool(text)) if instead is None else Said(instead, is_foreign=False)


def _base(code: str) -> str:
    return code.partition("-")[0]
