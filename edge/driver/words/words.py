"""Words: everything that the cab says and shows, in one language, with English where a translation is missing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.driver.words.catalogue import SEE, Catalogue, Phrase, read_catalogue
from edge.driver.words.phrases import PHRASES
from edge.errors import ConfigError

SHIPPED: Final = Path(__file__).resolve().parent
ENGLISH: Final = "en"
NAMED_MAX: Final = 5
"""Missing entries that a note names."""
_CODE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?")


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    """The most exact that there is a catalogue for: de of de-AT."""
    name: str
    """As its speakers call it."""
    voice: str
    """Of espeak-ng."""
    languages: tuple[str, ...]
    """What was asked for, the best first; English at last."""
    missing: tuple[str, ...]
    """Phrases and titles that are said in English for want of a translation, as `phrases.<name>`, `titles.<rule>`."""
    phrases: Mapping[str, Phrase]
    titles: Mapping[str, str]
    sentences: Mapping[str, str]
    """By what the rule says."""

    def phrase(self, name: str, **filled: object) -> str:
        """One of `PHRASES` with its braces filled; `n` chooses between one and many."""
        return self.phrases[name].form(filled.get("n")).format(**filled)

    def title(self, rule: str) -> str | None:
        """What a rule watches, in at most 60 characters; None: the rule is nobody's but its author's."""
        return self.titles.get(rule)

    def sentence(self, text: str) -> str | None:
        """What is said instead of exactly this text of a rule, its braces not filled; None: as it is written."""
        return self.sentences.get(text)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the installer should know."""
        if not self.missing:
            return ()
        more = ", …" if len(self.missing) > NAMED_MAX else ""
        named = ", ".join(self.missing[:NAMED_MAX]) + more
        return (f"{len(self.missing)} texts of the cab are not in {self.name}, so in English: {named} (see {SEE})",)


def load_words(language: str, extra_folders: Sequence[Path] = ()) -> Words:
    """A language from the shipped catalogues and those in folders of the installer's, which go before them.

    A language with a country falls back to the one without, and whatever is missing to English.

    Raises:
        ConfigError: there is no such language (names those that there are), no such folder, or a catalogue that it
            needs cannot be used.
    """
    for folder in extra_folders:
        if not folder.is_dir():
            raise ConfigError("no such folder of catalogues", file=folder, remedy="Check the path")
    folders = (SHIPPED, *extra_folders)
    languages = _chain(language)
    own = [file for code in reversed(_own(languages)) for file in _files(code, folders)]
    if not own:
        known = ", ".join(sorted({file.stem for folder in folders for file in folder.glob("*.toml")}))
        raise ConfigError(f"there is no language {language!r}", remedy=f"One of: {known}; or add a file ({SEE})")
    english = [] if ENGLISH in _own(languages) else _files(ENGLISH, folders)
    return _words(
        languages, [read_catalogue(file) for file in own], [read_catalogue(file) for file in english], own[-1]
    )


def _chain(language: str) -> tuple[str, ...]:
    """de-AT: de-AT, de, en; nothing of what is no code."""
    if not (code := _CODE.fullmatch(language)):
        return ()
    base = code[1].lower()
    exact = f"{base}-{code[2].upper()}" if code[2] else base
    return tuple(dict.fromkeys((exact, base, ENGLISH)))


def _own(languages: Sequence[str]) -> list[str]:
    """Those of a chain that are not merely better than nothing."""
    return [code for code in languages if code.partition("-")[0] == languages[0].partition("-")[0]]


def _files(code: str, folders: Sequence[Path]) -> list[Path]:
    return [file for folder in folders if (file := folder / f"{code}.toml").is_file()]


def _words(languages: tuple[str, ...], own: Sequence[Catalogue], english: Sequence[Catalogue], file: Path) -> Words:
    """Of catalogues, each going before those before it. `file`: the best, for who has to mend it."""
    titles = {rule: title for one in (*english, *own) for rule, title in one.titles.items()}
    phrases = {name: phrase for one in (*english, *own) for name, phrase in one.phrases.items()}
    have = {f"phrases.{name}" for one in own for name in one.phrases}
    have |= {f"titles.{rule}" for one in own for rule in one.titles}
    wanted = [*(f"phrases.{name}" for name in PHRASES), *(f"titles.{rule}" for rule in titles)]
    return Words(
        language=own[-1].language,
        name=_last([one.name for one in own], file, "name"),
        voice=_last([one.voice for one in own], file, "voice"),
        languages=languages,
        missing=tuple(one for one in wanted if one not in have),
        phrases=phrases,
        titles=titles,
        sentences={one.en: one.say for catalogue in own for one in catalogue.sentence},
    )


def _last(values: Sequence[str | None], file: Path, place: str) -> str:
    if last := next((value for value in reversed(values) if value), None):
        return last
    raise ConfigError("is missing", file=file, place=place, remedy=f"A language that is not shipped has one; see {SEE}")
