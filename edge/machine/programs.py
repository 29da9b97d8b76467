"""What programs there are: this Python, and those of others that a box needs."""

import platform
import shutil
import sys
from dataclasses import dataclass
from typing import Final

PYTHON_MIN: Final = (3, 11)
"""As pyproject.toml requires it."""
PYTHON_TRIED: Final = (3, 13)
"""The newest that everything runs on."""
ARCHITECTURES: Final = ("x86_64", "aarch64")
"""For which numpy and onnxruntime are built."""


@dataclass(frozen=True, slots=True)
class Python:
    """Which one this is."""

    version: tuple[int, int, int]
    architecture: str
    bits: int

    @property
    def text(self) -> str:
        """As people say it."""
        return f"Python {'.'.join(map(str, self.version))} on {self.architecture}, {self.bits} bits"


def python() -> Python:
    """The one that runs this."""
    found = sys.version_info
    return Python((found.major, found.minor, found.micro), platform.machine(), 64 if sys.maxsize > 2**32 else 32)


def where(program: str, path: str | None = None) -> str | None:
    """Where a program lies; None: it is not installed. `path`: instead of $PATH."""
    return shutil.which(program, path=path)
