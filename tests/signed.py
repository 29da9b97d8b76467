"""Packages that are signed: the shipped model under another roof, and keys of one's own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.detect.ed25519 import read_private_key
from models.recipe import PACKAGES
from models.signing import make_key, sign


@dataclass(frozen=True, slots=True)
class Keys:
    """The files of one pair."""

    private: Path
    public: Path

    def sign_bytes(self, text: bytes) -> bytes:
        """A signature of anything."""
        return read_private_key(self.private).sign(text)


def new_keys(folder: Path, name: str) -> Keys:
    """A pair that nobody had before."""
    make_key(folder / f"{name}.pem")
    return Keys(folder / f"{name}.pem", folder / f"{name}.pub.pem")


def package_in(folder: Path, keys: Keys | None = None) -> Path:
    """A copy of the shipped model, which as a copy has to be signed where keys are named."""
    shutil.copytree(PACKAGES / "coolant", folder)
    if keys:
        sign(folder, keys.private)
    return folder
