"""A catalogue: one language's file, as its translator wrote it, every mistake told with its place."""

import difflib
import string
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from edge.detect.rules.spoken import LanguageCode
from edge.driver.words.phrases import PHRASES
from edge.errors import ConfigError
from edge.toml_file import read_toml
from edge.wire.messages import Label

SEE: Final = "edge/driver/words/README.md"
ENTRIES_MAX: Final = 5_000
TITLE_MAX: Final = 60
"""Characters: one line of a display that is read at arm's length."""
TEXT_MAX: Final = 300
"""Characters of a sentence; shipped ones have at most 110."""


def fields_of(text: str) -> list[str]:
    """What stands in the braces of a text, sorted.

    Raises:
        ValueError: the braces do not match.
    """
    try:
        return sorted(inside for _, inside, _, _ in string.Formatter().parse(text) if inside is not None)
    except ValueError as error:
        raise ValueError(f"braces do not match ({error}); write {{{{ for a brace that is meant") from None


def _braced(text: str) -> str:
    fields_of(text)
    return text


def _is_plain(text: str) -> str:
    if fields_of(text):
        raise ValueError("a title has no braces: numbers change while it is shown")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_MAX), AfterValidator(_braced)
]
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX), AfterValidator(_is_plain)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Phrase(_Part):
    """A text, with another form for one where the language needs it."""

    one: Text | None = None
    many: Text

    def form(self, n: object) -> str:
        """The text for `n` of something; what is not counted has one form."""
        return self.one if n == 1 and self.one is not None else self.many


def _forms(value: object) -> object:
    return {"many": value} if isinstance(value, str) else value


class Sentence(_Part):
    """What a rule says to the driver, and what is said instead."""

    en: Text
    """As the rule has it, to the letter: a rule that says something else is not given a wrong translation."""
    say: Text

    @model_validator(mode="after")
    def _fills_the_same(self) -> Self:
        if fields_of(self.en) != fields_of(self.say):
            raise ValueError(f"braces of say differ from {fields_of(self.en)}, those of en")
        return self


class Catalogue(_Part):
    """One language, or what a file changes of it."""

    language: LanguageCode
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    """As its speakers call it."""
    voice: Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9+_-]{1,39}$")] | None = None
    """Of espeak-ng."""
    phrases: dict[str, Annotated[Phrase, BeforeValidator(_forms)]] = {}
    titles: Annotated[dict[Label, Title], Field(max_length=ENTRIES_MAX)] = {}
    """What a rule watches, in a few words, by the rule's name."""
    sentence: Annotated[list[Sentence], Field(max_length=ENTRIES_MAX)] = []

    @model_validator(mode="after")
    def _phrases_are_known(self) -> Self:
        for name, phrase in self.phrases.items():
            if name not in PHRASES:
                like = difflib.get_close_matches(name, PHRASES, 1)
                raise ValueError(f"there is no phrase {name!r}" + (f"; did you mean {like[0]}?" if like else ""))
            for text in filter(None, (phrase.one, phrase.many)):
                if strange := set(fields_of(text)).difference(PHRASES[name]):
                    raise ValueError(f"phrases.{name}: nothing fills {{{min(strange)}}}")
        return self

    @model_validator(mode="after")
    def _one_translation(self) -> Self:
        seen: set[str] = set()
        for one in self.sentence:
            if one.en in seen:
                raise ValueError(f"two sentences translate {one.en!r}: keep one")
            seen.add(one.en)
        return self


def read_catalogue(file: Path) -> Catalogue:
    """A catalogue file; its name is its language.

    Raises:
        ConfigError: it is missing, unreadable, no TOML, or says something that cannot be.
    """
    read = read_toml(Catalogue, file, what="catalogue", see=SEE)
    if read.language != file.stem:
        remedy = f"Name the file {read.language}.toml, or mend the language"
        raise ConfigError(
            f"is {read.language!r} in a file for {file.stem!r}", file=file, place="language", remedy=remedy
        )
    return read
