"""What somebody wants who writes something: by rule a plain yes or no and other scripts, else by the model."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cloud.chat.glossary import words
from cloud.chat.model import Intent
from cloud.chat.told import ToldOffer
from cloud.errors import ConfigError, UpstreamDown
from edge.errors import ModelError

if TYPE_CHECKING:
    from edge.detect.intents import IntentModel

SHIPPED: Final = Path(__file__).resolve().parent.parent.parent / "models" / "intents" / "package"
_YES: Final = re.compile(
    r"(?:yes|yep|yeah|yup|y|sure|ok|okay|confirm|confirmed|do it|go ahead|yes please|please do|book it|of course)"
    r"(?:[ ,]+(?:please|do it|go ahead|book it|thanks|thank you|sure|yes|of course))*",
)
_NO: Final = re.compile(
    r"(?:no|nope|nah|n|don't|do not|stop|never mind|not now|no thanks|no thank you|better not|leave it)"
)
_BARE: Final = {
    "yes": Intent.YES, "yep": Intent.YES, "yeah": Intent.YES, "ok": Intent.YES, "okay": Intent.YES, "sure": Intent.YES,
    "no": Intent.NO, "nope": Intent.NO, "nah": Intent.NO,
}  # fmt: skip
_ORDINALS: Final = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "last": -1,
    "1": 1, "2": 2, "3": 3,
}  # fmt: skip
_KINDS: Final = {
    "soonest": "soonest", "earliest": "soonest", "asap": "soonest", "soon": "soonest", "nearest": "nearest",
    "closest": "nearest", "cheapest": "least_cost",
}  # fmt: skip
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants, and how likely that is, 0 to 1."""

    intent: Intent
    confidence: float


class Understands(Protocol):
    """Says what a sentence wants."""

    def wanted(self, text: str) -> Wanted:
        """What a sentence wants; `other` where that is not known."""


class Understanding:
    """The intent model, loaded at the first question: onnxruntime takes a second."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        self._folder = folder
        self._model: IntentModel | None = None

    def wanted(self, text: str) -> Wanted:
        """What a sentence wants; `other` where it is none of ours, `language` where it is not English.

        Raises:
            ConfigError: the model's package is not there, or damaged.
            UpstreamDown: the model cannot answer.
        """
        if _is_of_another_script(text):
            return Wanted(Intent.LANGUAGE, 1.0)
        try:
            found = self._loaded().understand(text)
        except ModelError as error:
            raise UpstreamDown(f"the intent model cannot answer: {error}") from error
        return Wanted(Intent(found.intent), round(found.confidence, 3))

    def _loaded(self) -> "IntentModel":
        if self._model is None:
            from edge.detect.intents import load_intents  # noqa: PLC0415  # as the class says

            try:
                self._model = load_intents(self._folder)
            except ModelError as error:
                raise ConfigError(str(error), place="chat", remedy="Train it with telltale-models") from error
        return self._model


def plain_answer(text: str) -> Intent | None:
    """YES or NO where the whole text says nothing else; a yes with a condition is none."""
    said = " ".join(text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip(" .!,").split())
    if _YES.fullmatch(said):
        return Intent.YES
    return Intent.NO if _NO.fullmatch(said) else None


def bare_answer(text: str) -> Intent | None:
    """YES or NO where the text is that one word, and nothing waits for it."""
    said = text.casefold().strip(" .!,")
    return _BARE.get(said)


def offer_in(text: str, offers: Sequence[ToldOffer]) -> ToldOffer | None:
    """The offer that is meant by its number, weekday, centre or kind; None: none of these is said, or none fits."""
    fitting = fitting_in(text, offers)
    return None if fitting is None or not fitting else fitting[0]


def fitting_in(text: str, offers: Sequence[ToldOffer]) -> list[ToldOffer] | None:
    """The offers that fit what is said of day, centre, kind or number; None: nothing is said of it."""
    said = words(text)
    days = {day for day in _DAYS if day in said}
    if days:
        return [one for one in offers if one.weekday.casefold() in days]
    centres = [one for one in offers if one.centre.casefold() in said or one.place.casefold() in text.casefold()]
    if centres:
        return centres
    kinds = {_KINDS[word] for word in said if word in _KINDS}
    if kinds:
        ordered = sorted(offers, key=lambda one: one.start_at) if "soonest" in kinds else list(offers)
        return [one for one in ordered if "soonest" in kinds or one.kind in kinds]
    numbers = [_ORDINALS[word] for word in text.casefold().replace(".", " ").split() if word in _ORDINALS]
    if numbers:
        number = len(offers) if numbers[0] == -1 else numbers[0]
        return [one for one in offers if one.number == number]
    return None


def _is_of_another_script(text: str) -> bool:
    """Whether most letters are none of the Latin script, which ends with U+024F and the signs of Vietnamese."""
    letters = [sign for sign in text if sign.isalpha()]
    return (
        sum(not unicodedata.name(sign, "").startswith(("LATIN", "FULLWIDTH LATIN")) for sign in letters)
        > len(letters) / 2
    )
