"""Verifying: whether a signature fits is asked of a child process, for the library costs 10 MB.

The child pays them for a moment where the daemon would pay them for good. A child that cannot tell is told apart from a
signature that does not fit.
"""

import subprocess
import sys
from collections.abc import Sequence
from typing import Final

PROGRAM: Final = (sys.executable, "-P", "-m", "edge.detect.verify")
"""-P: not from the folder that the daemon happens to stand in."""
PATIENCE_S: Final = 30.0
"""It takes 0.1 s on a workstation; a small board that starts everything at once takes seconds."""
_REASON_MAX: Final = 200


class CannotTell(Exception):
    """Nobody knows whether a signature fits; why."""


class NoAnswer(CannotTell):
    """The child was waited for in vain."""


class Verifier:
    """Asks the child; used by one thread at a time."""

    def __init__(self, program: Sequence[str] = PROGRAM, patience_s: float = PATIENCE_S) -> None:
        """`program`: what is asked, for at most `patience_s`."""
        self._program, self._patience_s = program, patience_s

    def fits(self, public: bytes, signature: bytes, text: bytes) -> bool:
        """Whether a signature (64 bytes) of a text is by the holder of a public key (32 bytes).

        Raises:
            CannotTell: the child does not answer, or cannot.
        """
        try:
            ended = subprocess.run(
                self._program,
                input=public + signature + text,
                capture_output=True,
                timeout=self._patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"no answer within {self._patience_s:g} s") from None
        except OSError as error:
            raise CannotTell(f"{self._program[0]}: {error.strerror}") from error
        answer = ended.stdout.decode("ascii", "replace").strip() if ended.returncode == 0 else ""
        if answer not in {"fits", "differs"}:
            said = ended.stderr.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {ended.returncode}"]
            raise CannotTell(said[-1][:_REASON_MAX])
        return answer == "fits"
