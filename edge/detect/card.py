"""The card of a model: what the vehicle needs to know to run it, and what people need to know to trust it.

`card.json` lies beside `model.onnx`. The vehicle acts on the fields described here; `training` and `evaluation` are for
people, and are kept as they are.
"""

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import Smoothing, Window
from edge.wire.messages import Action, Label, Severity, Text

CARD: Final = "card.json"
CARD_BYTES: Final = 1_000_000
MODEL_BYTES: Final = 20_000_000
FEATURES: Final = 64
UNKNOWN: Final = float("nan")
REMEDY: Final = "Install the model package again"

Path_ = Annotated[str, Field(pattern=r"^(Vehicle|dbc)\..+$", max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackageCard(_Part):
    """What the card of every package says, whatever kind of model it is of."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    description: str
    licence: str
    model_file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.onnx$")]
    """In the folder of the package."""
    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unknown: str
    """In words: what an unknown input means."""
    training: dict[str, Any]
    evaluation: dict[str, Any]


OneCard = TypeVar("OneCard", bound=PackageCard)


class Feature(_Part):
    """One input of a model: a signal as it is now, or smoothed."""

    path: Path_
    unit: str
    tau_s: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """Time constant of the smoothing on the judgement grid; None: the latest value."""
    low: FiniteFloat
    high: FiniteFloat
    """What training saw."""
    beyond: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """How far outside of what training saw the model is still asked; None: anywhere."""

    def read(self, window: Window) -> float:
        """The feature as of the window; NaN when unknown, or too far outside of what training saw."""
        value = window.value(self.path) if self.tau_s is None else window.smoothed(self.path, self.tau_s)
        if self.beyond is None or self.low - self.beyond <= value <= self.high + self.beyond:
            return value
        return UNKNOWN


class Guard(_Part):
    """A condition under which the model applies."""

    path: Path_
    above: FiniteFloat

    def holds(self, window: Window) -> bool:
        """Whether it does as of the window; not when the signal is unknown."""
        return window.value(self.path) > self.above  # NaN is not above anything


class Signal(_Part):
    """A signal and its unit."""

    path: Path_
    unit: str


class Golden(_Part):
    """An answer that the model gave when it was made."""

    features: tuple[FiniteFloat, ...]
    answer: FiniteFloat


class Notice(_Part):
    """What is told when the model finds something."""

    component: Label
    severity: Severity
    action: Action
    summary: Text
    advice: Text
    driver: Text = ""


class Card(PackageCard):
    """A virtual sensor: what a signal ought to be, from others; too far above it is a finding."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    kind: Literal["virtual_sensor"]
    target: Signal
    expected: Signal
    """Name under which alerts tell what the model expected."""
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=FEATURES)]
    when: Annotated[tuple[Guard, ...], Field(max_length=10)] = ()
    threshold: Annotated[FiniteFloat, Field(gt=0)]
    """Finding: the target is more than this above what is expected."""
    clear: FiniteFloat
    """The finding lingers until the target is no more than this above what is expected."""
    for_s: Annotated[FiniteFloat, Field(ge=0, le=3600)]
    notice: Notice
    golden: Annotated[tuple[Golden, ...], Field(min_length=1, max_length=100)]
    golden_tolerance: Annotated[FiniteFloat, Field(gt=0)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.clear > self.threshold:
            raise ValueError(f"clear = {self.clear:g} is above the threshold {self.threshold:g}")
        if any(len(row.features) != len(self.features) for row in self.golden):
            raise ValueError(f"a golden row has not {len(self.features)} features")
        return self

    @property
    def for_ns(self) -> int:
        """How long the condition must hold."""
        return round(self.for_s * NANOSECONDS)

    @property
    def paths(self) -> frozenset[str]:
        """The signals that are looked at."""
        seen = {self.target.path, *(feature.path for feature in self.features), *(guard.path for guard in self.when)}
        return frozenset(seen)

    @property
    def smoothings(self) -> tuple[Smoothing, ...]:
        """The smoothed signals among the features."""
        return tuple(Smoothing(item.path, item.tau_s) for item in self.features if item.tau_s is not None)


def load_card(folder: Path, content: bytes | None = None) -> Card:
    """Read the card of a package, and hold the model file beside it against the card's hash.

    `content`: of the card, where it was read already; what was checked is then what is acted upon.

    Raises:
        ModelError: the card or the model is missing, too large, damaged, or not as this version knows it.
    """
    return read_card(folder, Card, content)


def read_card(folder: Path, kind: type[OneCard], content: bytes | None = None) -> OneCard:
    """The card of a package of some kind, its model file held against the card's hash.

    Raises:
        ModelError: see load_card.
    """
    file = folder / CARD
    try:
        card = kind.model_validate(json.loads(card_bytes(folder) if content is None else content))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "card"
        problem = first["msg"].removeprefix("Value error, ")
        raise ModelError(f"{file}, {place}: {problem}. {REMEDY}") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON
        raise ModelError(f"{file}: is not JSON ({error}). {REMEDY}") from error
    load_model_bytes(folder, card)
    return card


def card_bytes(folder: Path) -> bytes:
    """The card of a package as it lies there.

    Raises:
        ModelError: it is missing, cannot be read, or is too large.
    """
    return read_bounded(folder / CARD, CARD_BYTES)


def load_model_bytes(folder: Path, card: PackageCard) -> bytes:
    """The model file of a package.

    Raises:
        ModelError: it is missing, or is not the one that the card describes.
    """
    file = folder / card.model_file
    content = read_bounded(file, MODEL_BYTES)
    if hashlib.sha256(content).hexdigest() != card.model_sha256:
        raise ModelError(f"{file}: is not the model that {CARD} describes (its hash differs). {REMEDY}")
    return content


def read_bounded(file: Path, bytes_max: int, *, remedy: str = REMEDY) -> bytes:
    """A file of a package, of at most so many bytes. What is no file is not waited for, and a link leads elsewhere.

    Raises:
        ModelError: it is missing, cannot be read, is larger, or is no file of the package's own.
    """
    try:
        with open(file, "rb", opener=_as_it_lies) as stream:
            is_file = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
            content = stream.read(bytes_max + 1) if is_file else b""
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file. {remedy}") from None
    except OSError as error:
        problem = "is a link, not a file" if file.is_symlink() else f"cannot be read: {error.strerror}"
        raise ModelError(f"{file}: {problem}. {remedy}") from error
    if not is_file:
        raise ModelError(f"{file}: is not a file. {remedy}")
    if len(content) > bytes_max:
        raise ModelError(f"{file}: is larger than {bytes_max} bytes. {remedy}")
    return content


def _as_it_lies(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
