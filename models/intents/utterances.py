"""The written utterances, each with the sentences that are made from it by filling its slots."""

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.detect.intents import TEXT_MAX
from edge.errors import ConfigError

FILE: Final = Path(__file__).with_name("utterances.toml")
_SLOT: Final = re.compile(r"\{([a-z]+)\}")
_REMEDY: Final = f"Compare with {FILE.name} in models/intents"
_Line = Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    slots: dict[str, Annotated[tuple[_Line, ...], Field(min_length=1, max_length=50)]]
    intents: Annotated[dict[str, Annotated[tuple[_Line, ...], Field(min_length=5)]], Field(min_length=2)]
    outside: dict[str, Annotated[tuple[_Line, ...], Field(min_length=5)]] = {}
    """Of no intent, by kind."""


@dataclass(frozen=True, slots=True)
class Utterances:
    """(N,) sentences with what they want; those of one group were made from one written line."""

    sentences: tuple[str, ...]
    intents: tuple[str, ...]
    groups: tuple[int, ...]
    kinds: tuple[int, ...]
    """What is left out together: a written line, or all of one kind that is none of ours."""


def read_utterances(file: Path = FILE, other: str = "other") -> Utterances:
    """The utterances in a file; those that stand outside are of the intent `other`.

    Raises:
        ConfigError: it cannot be read, or is no such file; names the place.
    """
    try:
        written = _Written.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check the path of --data") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", file=file, remedy="Mend that line") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"], file=file, place=place, remedy=_REMEDY) from error
    rows = [
        (sentence, intent, line, line)
        for intent, lines in sorted(written.intents.items())
        for line in lines
        for sentence in _filled(line, written, file)
    ]
    rows += [(line, other, line, f"outside {kind}") for kind, lines in written.outside.items() for line in lines]
    sentences, intents, lines, kinds = zip(*rows, strict=True)
    return Utterances(sentences, intents, _numbered(lines), _numbered(kinds))


def _numbered(names: tuple[str, ...]) -> tuple[int, ...]:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return tuple(numbers[name] for name in names)


def _filled(line: str, written: _Written, file: Path) -> list[str]:
    names = list(dict.fromkeys(_SLOT.findall(line)))
    unknown = [name for name in names if name not in written.slots]
    if unknown:
        raise ConfigError(f"{line!r}: no slot is called {unknown[0]!r}", file=file, place="intents", remedy=_REMEDY)
    filled = []
    for words in itertools.product(*(written.slots[name] for name in names)):
        chosen = dict(zip(names, words, strict=True))
        filled.append(_SLOT.sub(lambda found: chosen[found[1]], line))  # noqa: B023 - used at once
    return filled
