"""What the page itself says, in the language of the cab; sentences about the vehicle come with the state."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from edge.toml_file import read_toml

FOLDER: Final = Path(__file__).parent / "words"
FALLBACK: Final = "en"


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    telltale: dict[str, str]
    action: dict[str, str]
    severity: dict[str, str]
    say: dict[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its code (BCP 47) and what stands in its catalogue, by section and key."""

    language: str
    telltale: dict[str, str]
    action: dict[str, str]
    severity: dict[str, str]
    say: dict[str, str]


def languages() -> list[str]:
    """Those that have a catalogue."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def words_of(language: str) -> Words:
    """The words of a language; of its parent where it has none itself (de-AT: de), at last English."""
    known = languages()
    parent = language.partition("-")[0]
    return _read(next(one for one in (language, parent, FALLBACK) if one in known))


@cache
def _read(language: str) -> Words:
    """Raises ConfigError where the file was spoiled; what it lacks is said in English."""
    file = FOLDER / f"{language}.toml"
    own = read_toml(_Catalogue, file, what="catalogue", see="edge/display/words/en.toml for every key")
    if language == FALLBACK:
        return Words(language, own.telltale, own.action, own.severity, own.say)
    english = _read(FALLBACK)
    return Words(
        language,
        {**english.telltale, **own.telltale},
        {**english.action, **own.action},
        {**english.severity, **own.severity},
        {**english.say, **own.say},
    )
