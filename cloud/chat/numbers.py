"""No number is said that no tool has said. Pure.

Every number of an answer, in digits, as a word or as a sign such as ½, must stand in what the tools said for this
answer. A time or date counts as a whole: 09:30 is not found in 09:00 and 30.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cloud.chat.model import Used

_WRITTEN: Final = re.compile(r"\d+(?:[.,:/-]\d+)*")
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORDS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12, "half": 0.5, "twice": 2,
    "double": 2,
}  # fmt: skip
"""One is no number here: `one of them`. Zero is: an answer that says zero must have heard it."""
_WORD: Final = re.compile(rf"\b(?:{'|'.join((*_WORDS, 'zero', 'none at all'))})\b", re.IGNORECASE)


def unsaid(text: str, used: Iterable[Used]) -> list[str]:
    """The numbers of a text that are in no tool's result, in their order."""
    heard: set[str] = set()
    for one in used:
        heard.update(key for found in _strings(one.said) for _, key in _numbers(found))
    return [written for written, key in _numbers(text) if key not in heard]


def _strings(said: Any) -> Iterator[str]:
    """Every value in a result as text; names of members are ours and say nothing."""
    if isinstance(said, dict):
        for value in said.values():
            yield from _strings(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from _strings(value)
    elif isinstance(said, str):
        yield said
    elif isinstance(said, int | float) and not isinstance(said, bool):
        yield json.dumps(said)


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Each number as it is written and in one form for comparing."""
    signs = [sign for sign in text if sign.isnumeric() and not sign.isdecimal()]
    plain = unicodedata.normalize("NFKC", "".join(" " if sign in signs else sign for sign in text))
    for found in _WRITTEN.finditer(plain):
        yield found[0], _key(found[0])
    for found in _WORD.finditer(plain):
        yield found[0], _form(_WORDS.get(found[0].lower(), 0))
    for sign in signs:
        yield sign, _form(unicodedata.numeric(sign))


def _key(written: str) -> str:
    number = written.replace(",", "") if _GROUPED.fullmatch(written) else written
    try:
        return _form(float(number))
    except ValueError:
        return written  # a time, a date, a range: as a whole


def _form(number: float) -> str:
    return format(number, ".12g")
