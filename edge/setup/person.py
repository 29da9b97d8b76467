"""Who is asked: a person at a terminal, or nobody, and then flags have to say what cannot be guessed."""

import sys
from collections.abc import Callable, Sequence
from typing import IO, Protocol

from edge.errors import ConfigError


class Person(Protocol):
    """Is told what is done, and asked what cannot be known."""

    def tell(self, text: str) -> None:
        """A line."""

    def choose(self, question: str, options: Sequence[str], *, flag: str) -> int:
        """One of several, by its place.

        Raises:
            ConfigError: nobody is there, and the flag was not given.
        """

    def agrees(self, question: str, *, unasked: bool) -> bool:
        """Yes or no; `unasked`: what is taken where nobody is there, or nothing is typed."""

    def says(self, question: str) -> str:
        """A word; empty: none, or nobody is there."""


class Nobody:
    """A run by a program: every answer is a flag, or what is safe."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def tell(self, text: str) -> None:
        """A line."""
        print(text, file=self._stream, flush=True)

    def choose(self, question: str, options: Sequence[str], *, flag: str) -> int:
        """Refuses: a program would not know either.

        Raises:
            ConfigError: always.
        """
        shown = ", ".join(options)
        raise ConfigError(f"{question} {shown}", place=flag, remedy=f"Say which: {flag} …")

    def agrees(self, question: str, *, unasked: bool) -> bool:
        """What is safe."""
        del question
        return unasked

    def says(self, question: str) -> str:
        """Nothing."""
        del question
        return ""


class AtTerminal(Nobody):
    """Somebody who types; the end of what they type is taken as no answer."""

    def __init__(self, stream: IO[str], read: Callable[[], str] = sys.stdin.readline) -> None:
        super().__init__(stream)
        self._read = read

    def choose(self, question: str, options: Sequence[str], *, flag: str) -> int:
        """One of several; asked again until it is one of them.

        Raises:
            ConfigError: no more is typed.
        """
        for place, option in enumerate(options, 1):
            self.tell(f"  {place}  {option}")
        while typed := self._asked(f"{question} 1 to {len(options)}: "):
            if typed.strip().isdecimal() and 1 <= int(typed) <= len(options):
                return int(typed) - 1
        return super().choose(question, options, flag=flag)

    def agrees(self, question: str, *, unasked: bool) -> bool:
        """Yes or no."""
        typed = self._asked(f"{question} [{'Y/n' if unasked else 'y/N'}] ").strip().lower()
        return typed in {"y", "yes"} if typed else unasked

    def says(self, question: str) -> str:
        """A word."""
        return self._asked(f"{question} ").strip()

    def _asked(self, question: str) -> str:
        """The line that is typed, with its end; empty: there is no more."""
        self._stream.write(question)
        self._stream.flush()
        return self._read()
