"""Redactor: takes out of texts what is nobody else's business: secrets, who the vehicle is, and where it was.

It takes out what it was told, in the spellings in which programs write it, and what looks like a secret, an identity or
a place. Rather too much than too little: whoever helps needs none of it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

SECRET: Final = "[secret]"
PLACE: Final = "[place]"
VIN: Final = "[VIN]"
SHORT: Final = 4
"""Letters: what is shorter is taken out as a whole word alone."""
_NUMBER: Final = r"[-+]?\d{1,3}[.,]\d{3,}"
_WORDS: Final = r"pass(?:word|wd|phrase)?|token|secret|authori[sz]ation|api[-_ ]?key|cookie|bearer|user(?:name)?|pin"
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"(?<=://)[^/\s@]+@", f"{SECRET}@"),
        (rf"\b({_WORDS})(\"?'?\s*(?:[:=]|\bis\b)\s*\"?'?(?:bearer |basic )?)[^\s\"',;]+", rf"\1\2{SECRET}"),
        (r"\bcode\b\W{1,3}(?:is\s)?\d{6,12}\b", SECRET),
        (r"\b(?:bearer|basic) [\w.~+/-]+=*", SECRET),
        (r"(?<![0-9A-Z-])(?:[0-9A-Z]{4,6}-){3,}[0-9A-Z]{3,6}(?![0-9A-Z-])", SECRET),
        (r"\beyJ[\w-]{8,}(?:\.[\w-]+)*", SECRET),
        (r"(?<![\w/+])[0-9A-F]{32,}(?![\w/+])", SECRET),
        (r"(?<![\w+])(?=[A-Z0-9+_-]*[0-9])(?=[A-Z0-9+_-]*[A-Z])[A-Z0-9+_-]{40,}={0,2}", SECRET),
        (r"(?<![\w+/])(?=[^\s/]*[0-9+/=])[A-Z0-9+/]{60,}={0,2}", SECRET),
        (r"\b[0-9A-F]{2}(?:[ :-][0-9A-F]{2}){9,}\b", SECRET),
        (r"(?<![A-Z0-9])(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])", VIN),
        (r"\$(?:G[A-Z]|BD)[A-Z]{3},[^\r\n]*", PLACE),
        (r"\bgeo:[^\s\"]+", PLACE),
        (
            r"\b(lat(?:itude)?|lon(?:gitude)?|lng|centre|polygon)(\"?'?\s*[:=]?\s*\"?'?\[*)[-+]?\d+(?:[.,]\d+)?",
            rf"\1\2{PLACE}",
        ),
        (r"\d{1,3}(?:\.\d+)?\s*(?:°|deg)(?!\s*[CFK]\b)\s*\d{0,2}[^A-Z\n]{0,12}(?:\s*[NSEWO]\b)?", PLACE),
        (r"\b\d{4,5}\.\d{3,}\s*,?\s*[NSEW]\b", PLACE),
        (r"\b[NSEW]\s*\d{1,3}[.,]\d{3,}|\b\d{1,3}[.,]\d{3,}\s*[NSEW]\b", PLACE),
        (rf"(?<![\d.]){_NUMBER}\s*(?:[,;/| ]|%2C)\s*{_NUMBER}(?![\d.])", PLACE),
        (r"(?<![\d.:])[-+]?\d{1,3}[.,]\d{4,}(?![\d.])", PLACE),
    )
)
"""In this order. A decimal number with four places or more may be a degree of latitude, and is taken for one."""
_PEM: Final = re.compile(r"-----BEGIN[^-]*-----[\s\S]*?(?:-----END[^-]*-----|\Z)")
_SEPARATORS: Final = r"[\s._:/-]{0,3}"
LINE_MAX: Final = 2000
"""Characters of a line; what is behind them is left out, since whoever looks for patterns in it could take for ever."""


class Redactor:
    """Takes things out of texts; the same thing is always replaced by the same."""

    def __init__(self, secrets: Iterable[str], names: Mapping[str, str], *, key: bytes) -> None:
        """`secrets`: what must not be seen; `names`: who somebody is, with what he is (vehicle, fleet), of which
        `<what>-<eight digits>` is left.

        The digits are an HMAC with `key`: with a new one for each bundle nobody can guess names until they fit.
        """
        known = {one: SECRET for one in secrets if one.strip()}
        for name, what in names.items():
            digits = hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:8]
            known[name] = f"{what}-{digits}"
        every = sorted(known.items(), key=lambda pair: -len(pair[0]))
        self._known = [(re.compile(_spellings(one), re.IGNORECASE), to) for one, to in every]

    def text(self, text: str) -> str:
        """Without anything of it."""
        for pattern, to in self._known:
            text = pattern.sub(to, text)
        return "\n".join(map(_line, _PEM.sub(SECRET, text).split("\n")))

    def values(self, values: Any) -> Any:
        """The same of everything that JSON can hold: of texts in it, and of the names of its fields."""
        if isinstance(values, str):
            return self.text(values)
        if isinstance(values, Mapping):
            return {self.text(str(name)): self.values(value) for name, value in values.items()}
        if isinstance(values, list | tuple):
            return [self.values(value) for value in values]
        return values


def _line(line: str) -> str:
    if len(line) > LINE_MAX:
        line = f"{line[:LINE_MAX].rpartition(' ')[0]} [cut off]"  # half a secret looks like none
    for pattern, to in _PATTERNS:
        line = pattern.sub(to, line)
    return line


def _spellings(known: str) -> str:
    """As it is, with separators in between, in a URL, in JSON, in hex, and in base64 wherever it may begin in it."""
    raw = known.encode()
    words = [quote(known, safe=""), raw.hex(), raw.hex(" "), raw.hex(":")]
    words += [part for part in _in_base64(raw) if len(part) >= 6]
    words.append(known.encode("unicode_escape").decode())
    spread = _SEPARATORS.join(re.escape(letter) for letter in known)
    whole = spread if len(known) > SHORT else rf"(?<!\w){re.escape(known)}(?!\w)"
    return "|".join([whole, *(re.escape(word) for word in dict.fromkeys(words) if len(word) > SHORT)])


def _in_base64(raw: bytes) -> list[str]:
    """What is seen of it in base64, whatever stands before it: three places to begin, without what others change."""
    parts = []
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        parts += [text[first:last], text[first:last].replace("+", "-").replace("/", "_")]
    return parts
