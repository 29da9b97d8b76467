"""A disk whose power goes after any operation, and what is left of it then.

What was written and synced stays. The operation under way may be done in part. What a folder calls its files is as it
was at some moment since it was last synced.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from edge.updates.disk import Disk


class PowerCut(BaseException):
    """The machine is off."""


class Plug(Disk):
    """Pulled after so many operations; None: never."""

    def __init__(self, after: int | None, random: Random, stash: Path) -> None:
        self._left, self._random, self._stash = after, random, stash
        self._undo: dict[Path, list[Callable[[], object]]] = {}

    def write(self, file: Path, content: bytes) -> None:
        self._is_named(file)
        self._last(lambda: file.write_bytes(content[: self._random.randint(0, len(content))]))
        super().write(file, content)

    def append(self, file: Path, offset: int, content: bytes) -> None:
        self._is_named(file)

        def part() -> None:
            Disk.append(self, file, offset, content[: self._random.randint(0, len(content))])

        self._last(part)
        super().append(file, offset, content)

    def replace(self, file: Path, target: Path) -> None:
        before, content = (target.read_bytes() if target.exists() else None), file.read_bytes()

        def undo() -> None:
            file.write_bytes(content)
            target.unlink(missing_ok=True)
            if before is not None:
                target.write_bytes(before)

        self._last(lambda: None)
        super().replace(file, target)
        self._undo.setdefault(target.parent, []).append(undo)

    def remove(self, file: Path) -> None:
        before = file.read_bytes() if file.exists() else None
        self._last(lambda: None)
        super().remove(file)
        if before is not None:
            self._undo.setdefault(file.parent, []).append(lambda: file.write_bytes(before))

    def clear(self, folder: Path) -> None:
        copy = Path(mkdtemp(dir=self._stash)) / "copy"
        if folder.exists():
            shutil.copytree(folder, copy)

        def undo() -> None:
            if copy.exists():
                shutil.copytree(copy, folder, dirs_exist_ok=True)

        def part() -> None:
            for file in [one for one in folder.rglob("*") if one.is_file()]:
                if self._random.random() < 0.5:
                    file.unlink()

        self._last(part)
        super().clear(folder)
        self._undo.setdefault(folder.parent, []).append(undo)

    def make(self, folder: Path) -> None:
        self._last(lambda: None)
        for one in (folder, *folder.parents):
            if not one.exists():
                undo = partial(shutil.rmtree, one, ignore_errors=True)
                self._undo.setdefault(one.parent, []).append(undo)
        super().make(folder)

    def keep_names(self, folder: Path) -> None:
        self._last(lambda: None)
        super().keep_names(folder)
        self._undo.pop(folder, None)

    def _is_named(self, file: Path) -> None:
        if not file.exists():
            self._undo.setdefault(file.parent, []).append(lambda: file.unlink(missing_ok=True))

    def _last(self, part: Callable[[], object]) -> None:
        """Count; at the last the operation may be done in part, or not at all, and names may be as they were."""
        if self._left is None:
            return
        self._left -= 1
        if self._left >= 0:
            return
        with suppress(OSError):
            if self._random.random() < 0.7:
                part()
        for undos in self._undo.values():
            forgotten = self._random.randint(0, len(undos))
            for undo in reversed(undos[len(undos) - forgotten :]):
                with suppress(OSError):
                    undo()
        raise PowerCut
