"""The machine that is installed on: its files below a root, and the programs of systemd that make them count."""

import os
import shutil
import subprocess  # nosec B404  # starts systemd's own programs, by lists of arguments
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from edge.errors import EdgeError

PATIENCE_S: Final = 300.0
"""A small board that starts the daemon takes a minute; it says itself when it is there."""
_SAID_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a program."""

    is_well: bool
    said: str
    """Its last line of complaint; empty where all went well."""


class Box:
    """A machine, or the root of an image that is not running."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_running = root == Path("/")
        """Programs are started; in an image files are put and units enabled, and its first boot does the rest."""
        self.now = ["--now"] if self.is_running else []

    def systemctl(self, *words: str) -> list[str]:
        """That command for this machine, or for the image."""
        return ["systemctl", *([] if self.is_running else [f"--root={self.root}"]), *words]

    def read(self, place: PurePosixPath) -> bytes | None:
        """A file; None: there is none.

        Raises:
            EdgeError: it cannot be read.
        """
        try:
            return (self.root / place).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise EdgeError(f"/{place}: cannot be read: {error.strerror}. Run it as root") from error

    def write(self, place: PurePosixPath, content: bytes, mode: int) -> None:
        """Put a file in place of what was there; whole, or as it was.

        Raises:
            EdgeError: it cannot be written.
        """
        file = self.root / place
        draft = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(file)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise EdgeError(f"/{place}: cannot be written: {error.strerror}. Run it as root: sudo …") from error

    def remove(self, place: PurePosixPath) -> bool:
        """Take a file or a whole folder away; whether there was one.

        Raises:
            EdgeError: it cannot be taken away.
        """
        path = self.root / place
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.exists() or path.is_symlink():
                path.unlink()
            else:
                return False
        except OSError as error:
            raise EdgeError(f"/{place}: cannot be taken away: {error.strerror}. Run it as root: sudo …") from error
        return True

    def run(self, command: Sequence[str]) -> Ran:
        """Start a program and wait for it; one that is not on this machine is told so."""
        try:
            ended = subprocess.run(  # nosec B603  # a list of arguments, without a shell
                command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError:
            return Ran(is_well=False, said=f"{command[0]} is not on this machine")
        except subprocess.TimeoutExpired:
            return Ran(is_well=False, said=f"not over after {PATIENCE_S:.0f} s")
        said = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
        return Ran(ended.returncode == 0, "" if ended.returncode == 0 else (said or ["without a word"])[-1][:_SAID_MAX])
