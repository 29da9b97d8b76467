"""What an expression says, as a tree. Nodes that say the same are equal, wherever they stand in the text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")
ARITHMETIC: Final = ("+", "-", "*", "/")
LOGIC: Final = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression."""

    at: int = field(compare=False, default=0, kw_only=True)
    """Where it begins in the text, from 0."""

    @property
    def parts(self) -> "tuple[Node, ...]":
        """What it is made of."""
        return ()

    def walk(self) -> "Iterator[Node]":
        """It and all of its parts, from the left."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as it was written."""

    value: float
    unit: str = ""
    """As written behind it."""

    def __str__(self) -> str:
        return f"{self.value:.12g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Words(Node):
    """Text in quotes."""

    text: str

    def __str__(self) -> str:
        return f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class SignalNow(Node):
    """A signal as it is now."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Stretch(Node):
    """What a signal did up to now."""

    path: str
    span_ns: int

    def __str__(self) -> str:
        return f"{self.path}[{self.span_ns / 1e9:g}s]"


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of something."""

    name: str
    arguments: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not` or `-` before something."""

    operator: str
    of: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        """What stands behind it."""
        return (self.of,)

    def __str__(self) -> str:
        return f"not ({self.of})" if self.operator == "not" else f"-({self.of})"


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two things and an operator between them."""

    operator: str
    left: Node
    right: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        """Both sides."""
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"
