"""Memories: what models have learned of this vehicle, kept in the state and given back after a restart."""

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from edge.errors import EdgeError, ModelError
from edge.files import Draft

log = logging.getLogger(__name__)

KEEP_S: Final = 120.0
"""So often what is new is written, a megabyte at most while a vehicle is being learned: where the ignition cuts the
power, a short trip must not be learned in vain."""
BYTES_MAX: Final = 50_000_000
SUFFIX: Final = ".learned"


class Progress(Protocol):
    """How far a learner is. Two that are equal say the same, and need not be kept twice."""

    @property
    def name(self) -> str:
        """Of the learner."""

    @property
    def is_armed(self) -> bool:
        """Whether it knows the vehicle, and watches it."""

    @property
    def in_words(self) -> str:
        """For the report of a run, and for status."""

    @property
    def coarse(self) -> str:
        """For health, which is told when it changes."""

    @property
    def counted(self) -> dict[str, int]:
        """For the counters of health."""


class Learner(Protocol):
    """A detector that learns the vehicle that it is on."""

    name: str

    @property
    def progress(self) -> Progress:
        """How far that is."""

    def memory(self) -> bytes:
        """What it has learned so far."""

    def recall(self, memory: bytes) -> None:
        """Go on there.

        Raises:
            ModelError: it cannot; it begins anew.
        """


class Memories:
    """One file for each learner."""

    def __init__(self, folder: Path, learners: Sequence[Learner]) -> None:
        """`folder`: of the state; made when something is first kept."""
        self._folder, self._learners = folder, learners
        self._kept = {learner.name: learner.progress for learner in learners}
        self._at_s: float | None = None

    @property
    def notes(self) -> list[str]:
        """How far each of them is."""
        return [learner.progress.in_words for learner in self._learners]

    @property
    def progress(self) -> Sequence[Progress]:
        """The same, to be counted and told."""
        return [learner.progress for learner in self._learners]

    def recall(self) -> None:
        """Give each its memory; one that cannot be used is said, and its vehicle is learned anew."""
        for learner in self._learners:
            file = self._file(learner)
            try:
                with file.open("rb") as stream:
                    learner.recall(stream.read(BYTES_MAX))
            except FileNotFoundError:
                continue
            except (OSError, ModelError) as error:
                log.warning("%s: %s", file, error)
            self._kept[learner.name] = learner.progress

    def keep(self, now_s: float, *, at_the_end: bool = False) -> None:
        """Write what is new, now and then; `now_s`: monotonic. A disk that fails is said, and the learning goes on."""
        if self._at_s is None:
            self._at_s = now_s
        if not at_the_end and now_s - self._at_s < KEEP_S:
            return
        self._at_s = now_s
        for learner in self._learners:
            if learner.progress != self._kept[learner.name]:
                self._write(self._file(learner), learner)

    def _write(self, file: Path, learner: Learner) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with closing(Draft(file)) as draft:
                with draft.writing() as stream:
                    stream.write(learner.memory())
                draft.commit()
        except (OSError, EdgeError) as error:
            log.warning("what %s has learned is lost with the next restart: %s", learner.name, error)
        else:
            self._kept[learner.name] = learner.progress

    def _file(self, learner: Learner) -> Path:
        return self._folder / f"{learner.name}{SUFFIX}"
