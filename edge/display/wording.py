"""What the page itself says, in the language of the cab; sentences about the vehicle come with the state."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge.driver.words import Words, load_words
from edge.errors import ConfigError

logger = logging.getLogger(__name__)
FALLBACK: Final = "en"
SAID: Final = (
    "acknowledge", "private", "workshop", "on", "off", "hold_to_confirm", "press_again", "not_taken", "alerts_shown",
    "switches",
)  # fmt: skip
"""What the page draws by itself."""
CODE_PAGE: Final = ("code_enter", "code_hint", "code_wrong", "code_wait", "code_go")
LANGUAGES_MAX: Final = 32


class Wording:
    """Finds the words of a language once; instead of one that is not there, English."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """`folders`: the installer's own catalogues.

        Raises:
            ConfigError: English cannot be had with them.
        """
        self._folders = tuple(folders)
        self._found = {FALLBACK: load_words(FALLBACK, self._folders)}

    def of(self, language: str) -> Words:
        """The words of a language, of its parent where it has none itself (de-AT: de), at last English."""
        if language not in self._found and len(self._found) < LANGUAGES_MAX:
            self._found[language] = self._load(language)
        return self._found.get(language, self._found[FALLBACK])

    def _load(self, language: str) -> Words:
        try:
            return load_words(language, self._folders)
        except ConfigError as error:
            logger.info("display: %s; English instead", error)
            return self._found[FALLBACK]


def said_by_page(words: Words) -> Mapping[str, str]:
    """Phrases by name; in `until` the page fills in the time itself, by the clock of the device."""
    return MappingProxyType(
        {**{name: words.phrase(name) for name in SAID}, "until": words.phrase("until", time="{time}")}
    )
