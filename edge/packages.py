"""Packages: models that are believed and sound become detectors; the others are refused, each with its reason."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.detect.finding import Detector
from edge.detect.signature import read_public_key
from edge.driver.words import Words
from edge.errors import ModelError
from edge.memories import Learner
from edge.trust import Trust


class Package(Detector, Protocol):
    """A detector that is a model."""

    def prove(self) -> None:
        """Have it give its golden answers.

        Raises:
            ModelError: it does not.
        """


@dataclass(frozen=True, slots=True)
class Packages:
    """What came of the packages that the installer named."""

    detectors: Sequence[Package]
    learners: Sequence[Learner]
    """Those of them that learn this vehicle."""
    refused: Mapping[str, str]
    """Those that are switched off, by the names of their folders: why, and what to do."""
    notes: Sequence[str]


def load_packages(folders: Sequence[str], keys: Sequence[Path], words: Words) -> Packages:
    """Load every package that can be used; one that cannot takes nothing with it.

    `keys`: files of public keys, of which one must have signed each package that did not come with this software.
    `words`: the language of the cab.

    Raises:
        ConfigError: a key cannot be used.
    """
    trust = Trust([read_public_key(file) for file in keys])
    detectors: list[Package] = []
    learners: list[Learner] = []
    failed: list[tuple[str, str]] = []
    for folder in (Path(one).resolve() for one in folders):  # once, so that nobody turns a link meanwhile
        try:
            detector, learner = _load(folder, trust.card_of(folder), words)
        except ModelError as error:
            failed.append((folder.name, str(error)))
            continue
        detectors.append(detector)
        learners += [learner] if learner else []
    return Packages(detectors, learners, _named(failed, {one.name for one in detectors}), trust.notes)


def _load(folder: Path, card: bytes, words: Words) -> tuple[Package, Learner | None]:
    from edge.detect.onnx import load_model  # noqa: PLC0415  # 20-36 MB that a box without models does not pay
    from edge.detect.sensors.card import KIND, kind_of  # noqa: PLC0415  # likewise
    from edge.detect.sensors.detector import load_sensors  # noqa: PLC0415  # likewise

    if kind_of(card) == KIND:
        sensors = load_sensors(folder, card)
        return sensors, sensors
    return load_model(folder, words, card), None


def _named(failed: Sequence[tuple[str, str]], taken: Collection[str]) -> dict[str, str]:
    """Each under a name of its own, which no detector that runs has."""
    named: dict[str, str] = {}
    for name, why in failed:
        candidates = (name, *(f"{name} {number}" for number in range(2, len(failed) + len(taken) + 2)))
        named[next(one for one in candidates if one not in named and one not in taken)] = why
    return named
