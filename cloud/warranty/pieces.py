"""Pieces of evidence: each a JSON document whose bytes are the same wherever it is written. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

_ANY: Final = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of evidence."""

    name: str
    """Such as alerts.json."""
    content: bytes

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex (FIPS 180-4)."""
        return hashlib.sha256(self.content).hexdigest()

    def told(self) -> Any:
        """What is in it."""
        return json.loads(self.content)


def piece(name: str, told: Any) -> Piece:
    """A piece that tells this: a dataclass, or whatever JSON knows."""
    return Piece(name, canonical(_ANY.dump_python(told, mode="json")))


def canonical(told: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8, numbers as Python writes them (shortest that reads back the same).

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest_of(hashes: Mapping[str, str]) -> str:
    """One hash over the names and hashes of several pieces, whatever their order."""
    return hashlib.sha256(canonical(dict(hashes))).hexdigest()


def by_name(pieces: list[Piece]) -> Mapping[str, Any]:
    """What each tells, by its name without the ending."""
    return {one.name.removesuffix(".json"): one.told() for one in pieces}
