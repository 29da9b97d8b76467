"""What lamps and codes mean, and which words people have for components and signals. Reads its file once."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from cloud.shipped_files import read_toml

_FILE: Final = Path(__file__).with_name("glossary.toml")
_OBD: Final = re.compile(r"\b([PBCU])\s?-?([0-3][0-9A-F]{3})\b", re.IGNORECASE)
_J1939: Final = re.compile(r"\bSPN\s*(\d{1,6})(?:\D{0,3}\bFMI\s*(\d{1,2}))?\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z0-9]+")
_Text = Annotated[str, Field(min_length=1, max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lamp(_Part):
    """A lamp on the dashboard."""

    words: tuple[tuple[str, ...], ...]
    """Any of these groups means this lamp, if all its words are said."""
    name: _Text
    meaning: _Text
    what_to_do: _Text


class Glossary(_Part):
    """The words of the chat."""

    codes: Mapping[str, _Text]
    lamps: tuple[Lamp, ...]
    components: Mapping[str, tuple[str, ...]]
    signals: Mapping[str, tuple[str, ...]]

    def lamp(self, text: str) -> Lamp | None:
        """The lamp that is meant, the more words of it are said the rather."""
        said = words(text)
        found = [(len(group), lamp) for lamp in self.lamps for group in lamp.words if said.issuperset(group)]
        return max(found, key=lambda pair: pair[0], default=(0, None))[1]

    def component(self, text: str) -> str | None:
        """The component that is named, if one is."""
        spaced = f" {' '.join(_WORD.findall(text.casefold()))} "
        hits = {name: sum(f" {word} " in spaced for word in known) for name, known in self.components.items()}
        best = max(hits, key=lambda name: hits[name])
        return best if hits[best] else None

    def signal_words(self, text: str) -> set[str]:
        """Parts of signal names that are meant."""
        said = words(text)
        return {part for part, known in self.signals.items() if said.intersection(known)}


def words(text: str) -> set[str]:
    """The words of a text, lower case."""
    return set(_WORD.findall(text.casefold()))


def code_in(text: str) -> str | None:
    """The trouble code that is named, as control units write it."""
    if (obd := _OBD.search(text)) is not None:
        return f"{obd[1]}{obd[2]}".upper()
    if (spn := _J1939.search(text)) is not None:
        return f"SPN {spn[1]}" + ("" if spn[2] is None else f" FMI {spn[2]}")
    return None


def family(code: str) -> str:
    """By which letter the glossary knows a code."""
    return "SPN" if code.startswith("SPN") else code[0]


@cache
def glossary() -> Glossary:
    """The glossary that is shipped.

    Raises:
        ConfigError: its file cannot be used.
    """
    return read_glossary(_FILE)


def read_glossary(file: Path) -> Glossary:
    """A glossary in a file.

    Raises:
        ConfigError: it cannot be used; names the place.
    """
    return read_toml(file, Glossary, remedy="Correct the file")
