"""The voice: texts as sound, by espeak-ng in a program of its own; no GPL code is in ours."""

from array import array
from typing import Final

from edge.driver.child import Child, ChildFailed
from edge.driver.chimes import Sound, chimes, read_wav, write_wav
from edge.driver.settings import SpeechSettings

ENGLISH: Final = "en"
RATE: Final = 22_050
"""Samples a second, where there are no words to take it from."""
TEXT_MAX: Final = 400
"""Characters of a sentence that are said: half a minute."""
GRACE_S: Final = 5.0
SLOW_S: Final = 0.05
"""A small board makes a second of speech in a tenth of one; a character may take as long as this."""
INSTALL: Final = "apt-get install espeak-ng"


def wav(text: str, language: str, *, number: int = 0, settings: SpeechSettings | None = None) -> bytes:
    """The WAV file of a sentence after so many chimes.

    Raises:
        ChildFailed: espeak-ng is missing or failed.
    """
    child = Child()
    try:
        return Voice(settings or SpeechSettings(), child).wav(text, language, number)[0]
    finally:
        child.close()


class Voice:
    """Makes sounds of texts, one at a time; espeak-ng reads texts on its standard input, never as arguments."""

    def __init__(
        self, settings: SpeechSettings, child: Child, *, program: str = "espeak-ng", grace_s: float = GRACE_S
    ) -> None:
        self.note = ""
        """Why another voice than the wanted one speaks; empty: the wanted one does."""
        self._child = child
        self._grace_s = grace_s
        self._voice = settings.voice
        self._command = [program, "--stdin", "--stdout", "-b", "1"]
        self._command += ["-s", str(settings.words_a_minute), "-a", str(settings.volume)]

    def wav(self, text: str, language: str, number: int) -> tuple[bytes, float]:
        """The WAV file of a sentence after so many chimes, and its length in seconds.

        Raises:
            ChildFailed: espeak-ng is missing or failed.
            CutOff: it was cut off.
        """
        words = plain(text)
        said = self._said(words, self._voice or language) if words else Sound(RATE, array("h"))
        whole = Sound(said.rate, chimes(number, said.rate) + said.samples)
        return write_wav(whole), whole.seconds

    def _said(self, text: str, voice: str) -> Sound:
        """By the wanted voice, or else in English, which is noted."""
        try:
            sound = self._by(text, voice)
        except ChildFailed as error:
            if "voice does not exist" not in str(error) or voice == ENGLISH:
                raise
            sound = self._by(text, ENGLISH)
            self.note = f"espeak-ng has no voice {voice!r}, an English one speaks: see `espeak-ng --voices`"
        else:
            self.note = ""
        return sound

    def _by(self, text: str, voice: str) -> Sound:
        within_s = self._grace_s + SLOW_S * len(text)
        made = self._child.run([*self._command, "-v", voice], text.encode(errors="replace"), within_s)
        try:
            return read_wav(made)
        except ValueError as error:
            raise ChildFailed(f"{self._command[0]} wrote what is no sound: {error}") from error


def plain(text: str) -> str:
    """A text with nothing in it but what is to be said: one line, bounded, and no phonemes in `[[ ]]`.

    Markup needs no care: espeak-ng looks for it only when it is asked to.
    """
    words = "".join(char if char.isprintable() else " " for char in text[: 4 * TEXT_MAX]).split()
    return " ".join(words)[:TEXT_MAX].replace("[[", "[ [")
