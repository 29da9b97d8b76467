"""Trust: which model packages are believed, by their signatures.

Where the installer names keys, a package must be signed by one of them. One that came with this software is as trusted
as its code, and needs none. Whether a signature fits is asked of a child process, which costs 10 MB for a moment
where the daemon would pay them for good; a child that cannot tell is a refusal.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge import assets
from edge.detect.card import CARD, card_bytes
from edge.detect.signature import SIGNATURE, PublicKey, is_false, key_for, read_signature, signed_text
from edge.errors import ModelError

PROGRAM: Final = (sys.executable, "-P", "-m", "edge.detect.verify")
"""-P: not from the folder that the daemon happens to stand in."""
PATIENCE_S: Final = 30.0
"""It takes 0.1 s on a workstation; a small board that starts everything at once takes seconds."""
_REASON_MAX: Final = 200


class Trust:
    """What the installer believes."""

    def __init__(
        self, keys: Sequence[PublicKey], *, program: Sequence[str] = PROGRAM, patience_s: float = PATIENCE_S
    ) -> None:
        """`keys`: none of them: packages need no signature. `program`: what is asked, for at most `patience_s`."""
        self.notes: list[str] = []
        """What was believed without proof."""
        self._keys, self._program, self._patience_s = keys, program, patience_s
        self._is_silent = False
        """The child was waited for in vain: ten packages do not make the start wait ten times."""

    def card_of(self, folder: Path) -> bytes:
        """The card of a package that is believed, as it was signed.

        Raises:
            ModelError: it cannot be read, or is not signed by one of the keys.
        """
        card = card_bytes(folder)
        if self._keys and not assets.is_shipped_model(folder):
            self._check(folder, card)
        elif (folder / SIGNATURE).exists() and not self._keys:
            self.notes.append(f"{folder / SIGNATURE} is not looked at: no key is named (detect.model_keys)")
        return card

    def _check(self, folder: Path, card: bytes) -> None:
        signature = read_signature(folder)
        key = key_for(signature, card, self._keys, folder)
        question = key.content + bytes.fromhex(signature.signature) + signed_text(card)
        answer, why = self._asked(question)
        if answer == "differs":
            raise is_false(folder, key)
        if answer != "fits":
            remedy = "Install telltale[edge] whole, and see that it may start a child process"
            raise ModelError(f"{folder / SIGNATURE}: cannot be held against {CARD}: {why}. {remedy}")

    def _asked(self, question: bytes) -> tuple[str, str]:
        """What the child answers, and why it gives none."""
        if self._is_silent:
            return "", "no answer about the package before"
        try:
            ended = subprocess.run(
                self._program, input=question, capture_output=True, timeout=self._patience_s, check=False
            )
        except subprocess.TimeoutExpired:
            self._is_silent = True
            return "", f"no answer within {self._patience_s:g} s"
        except OSError as error:
            return "", f"{self._program[0]}: {error.strerror}"
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {ended.returncode}"]
        answer = ended.stdout.decode("ascii", "replace").strip() if ended.returncode == 0 else ""
        return answer, said[-1][:_REASON_MAX]
