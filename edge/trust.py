"""Trust: which model packages are believed, by their signatures.

Where the installer names keys, a package must be signed by one of them. One that came with this software is as trusted
as its code, and needs none. Whether a signature fits is asked of a child process (verifying.py); one that cannot tell
is a refusal.
"""

from collections.abc import Sequence
from pathlib import Path

from edge import assets
from edge.detect.card import CARD, card_bytes
from edge.detect.signature import SIGNATURE, PublicKey, is_false, key_for, read_signature, signed_text
from edge.errors import ModelError
from edge.verifying import CannotTell, NoAnswer, Verifier


class Trust:
    """What the installer believes."""

    def __init__(self, keys: Sequence[PublicKey], verifier: Verifier | None = None) -> None:
        """`keys`: none of them: packages need no signature. `verifier`: another than the ordinary one."""
        self.notes: list[str] = []
        """What was believed without proof."""
        self._keys, self._verifier = keys, verifier or Verifier()
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
        if self._is_silent:
            raise _undecided(folder, "no answer about the package before")
        try:
            fits = self._verifier.fits(key.content, bytes.fromhex(signature.signature), signed_text(card))
        except CannotTell as why:
            self._is_silent = isinstance(why, NoAnswer)
            raise _undecided(folder, str(why)) from None
        if not fits:
            raise is_false(folder, key)


def _undecided(folder: Path, why: str) -> ModelError:
    remedy = "Install telltale[edge] whole, and see that it may start a child process"
    return ModelError(f"{folder / SIGNATURE}: cannot be held against {CARD}: {why}. {remedy}")
