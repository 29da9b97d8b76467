"""Look: something that is looked at once, when it is first asked for, within a deadline; what fails fails by itself."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

WHOLE_S: Final = 30.0
"""All looks together take no longer."""
_SAID_MAX: Final = 300


class CouldNotLook(Exception):
    """Why something is not known; whoever needs it knows no more either."""


class Clock:
    """How much time is left for all looks together."""

    def __init__(self, whole_s: float = WHOLE_S, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` gives seconds."""
        self._monotonic = monotonic
        self._until_s = monotonic() + whole_s

    @property
    def left_s(self) -> float:
        """From now on; 0: none."""
        return max(0.0, self._until_s - self._monotonic())


class Look(Generic[T]):
    """What `ask` gives, asked in a thread of its own: one that hangs is left behind."""

    def __init__(self, name: str, ask: Callable[[], T], clock: Clock, *, deadline_s: float = 5.0) -> None:
        """`name`: what is looked at, for the words of who could not."""
        self._name, self._ask, self._clock, self._deadline_s = name, ask, clock, deadline_s
        self._found: list[T] = []
        self._failed = ""

    def __call__(self) -> T:
        """What was found.

        Raises:
            CouldNotLook: it raised, or took too long.
        """
        if not self._found and not self._failed:
            self._look()
        if self._failed:
            raise CouldNotLook(self._failed)
        return self._found[0]

    def _look(self) -> None:
        found: list[T] = []
        failed: list[str] = []

        def ask() -> None:
            try:
                found.append(self._ask())
            except CouldNotLook as error:
                failed.append(str(error))
            except Exception as error:  # noqa: BLE001  # whatever it is: one look is lost, and no other
                failed.append(f"{self._name}: {str(error) or type(error).__name__}"[:_SAID_MAX])

        wait_s = min(self._deadline_s, self._clock.left_s)
        thread = threading.Thread(target=ask, name=f"look {self._name}", daemon=True)
        thread.start()
        thread.join(wait_s)
        if found:
            self._found = found
        else:
            self._failed = failed[0] if failed else f"{self._name}: no answer within {wait_s:.0f} s"
