"""All rules as one generated function: no tree is walked on the road.

Truth is 0 false, 1 open (unknown), 2 true, so that `and` is the lesser and `or` the greater of two (Kleene's strong
logic of three values, 1938). A comparison with NaN is neither true nor false, which is what unknown should be; division
by 0 is unknown. What keeps time (`duration`) is reckoned at every tick, the rest only as far as it decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.detect.rules.inputs import FALSE, OPEN, TRUE, Input, input_of
from edge.detect.rules.nodes import ARITHMETIC, COMPARISONS, Binary, Call, Node, Number, SignalNow, Unary

CHUNK: Final = 100
"""Rules in one function: Python compiles long ones slowly."""
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Found = tuple[int, int, int]
"""Number of a rule, TRUE or OPEN or LINGERS, and how many of its steps it has reached."""
LINGERS: Final = 3
Judge = Callable[[Sequence[float], list[float], float], list[Found]]
Tell = Callable[[Sequence[float], Sequence[float]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """The checked conditions of one rule."""

    when: Node
    clear: Node | None = None
    """The alert ends only when it holds; None: as soon as `when` does not."""
    steps: tuple[Node | None, ...] = ()
    """When it has got worse, step by step; None: by time alone."""
    each_sample: bool = False
    """One sample decides: a comparison of a signal with a number looks at every one since the last tick."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them."""
        return (self.when, *((self.clear,) if self.clear else ()), *(step for step in self.steps if step))


@dataclass(frozen=True, slots=True)
class Program:
    """Rules, ready to run."""

    judge: Judge
    """Numbers of the inputs, seconds for which each duration has held (changed), seconds since the last tick: what was
    found, of rules whose condition is not known to be false."""
    inputs: tuple[Input, ...]
    durations: tuple[Node, ...]
    """The conditions whose time is kept."""
    source: str

    def teller(self, nodes: Sequence[Node]) -> Tell:
        """A function that gives the numbers of some more expressions, which read nothing that the rules do not."""
        writer = _Writer(
            {one: place for place, one in enumerate(self.inputs)},
            {one: place for place, one in enumerate(self.durations)},
        )
        values = [writer.number(node) for node in nodes]
        lines = [
            "def tell(x, held):",
            *(f"    {line}" for line in writer.lines),
            f"    return ({', '.join(values)}{',' if values else ''})",
        ]
        return _made("\n".join(lines), "tell")  # type: ignore[no-any-return]  # exec knows no types


def program(rules: Sequence[Conditions], told: Sequence[Node] = ()) -> Program:
    """The rules as one function; `told`: expressions of their texts, which read inputs too."""
    nodes = [node for rule in rules for node in rule.nodes]
    inputs = list(dict.fromkeys(one for node in (*nodes, *told) for part in node.walk() if (one := input_of(part))))
    inputs += [one for rule in rules if rule.each_sample for one in _extremes(rule) if one not in set(inputs)]
    places = {one: place for place, one in enumerate(dict.fromkeys(inputs))}
    durations = {node: place for place, node in enumerate(_durations((*nodes, *told)))}
    chunks = [_chunk(rules, first, places, durations) for first in range(0, len(rules), CHUNK)]
    judges: list[Judge] = [_made(source, "judge") for source in chunks]
    timed = [node.parts[0] for node in durations]
    keep: Callable[[Sequence[float], list[float], float], None] = _made(_timing(timed, places, durations), "keep")

    def judge(x: Sequence[float], held: list[float], passed: float) -> list[Found]:
        keep(x, held, passed)
        found: list[Found] = []
        for one in judges:
            found += one(x, held, passed)
        return found

    return Program(judge, tuple(places), tuple(durations), "\n".join(chunks))


def _durations(nodes: Sequence[Node]) -> list[Node]:
    """Inner ones first: an outer one may be made of them."""
    calls = [part for node in nodes for part in node.walk() if isinstance(part, Call) and part.name == "duration"]
    return list(dict.fromkeys(reversed(calls)))


def _extremes(rule: Conditions) -> list[Input]:
    return [
        Input(what, side.path)
        for part in rule.when.walk()
        if isinstance(part, Binary) and part.operator in COMPARISONS
        for side, other in ((part.left, part.right), (part.right, part.left))
        if isinstance(side, SignalNow) and isinstance(other, Number)
        for what in ("low", "high")
    ]


def _chunk(rules: Sequence[Conditions], first: int, places: Mapping[Input, int], durations: Mapping[Node, int]) -> str:
    lines = ["def judge(x, held, passed):", "    found = []"]
    for number, rule in enumerate(rules[first : first + CHUNK], first):
        writer = _Writer(places, durations)
        _rule(writer, number, rule)
        lines += [f"    {line}" for line in writer.lines]
    return "\n".join([*lines, "    return found"])


def _rule(writer: "_Writer", number: int, rule: Conditions) -> None:
    truth = writer.truth(rule.when, sense=1 if rule.each_sample else 0)
    if not rule.steps:
        writer.line(f"if {truth}: found.append(({number}, {truth}, 0))")
    else:
        writer.line(f"if {truth} == {TRUE}:")
        with writer.deeper():
            writer.line("step = 0")
            for place, step in enumerate(rule.steps, 1):
                if step is not None:
                    reached = writer.truth(step)
                    writer.line(f"if {reached} == {TRUE}: step = {place}")
            writer.line(f"found.append(({number}, {TRUE}, step))")
        writer.line(f"elif {truth}: found.append(({number}, {OPEN}, 0))")
    if rule.clear is not None:
        writer.line(f"if {truth} == {FALSE}:")
        with writer.deeper():
            clear = writer.truth(rule.clear)
            writer.line(f"if {clear} != {TRUE}: found.append(({number}, {OPEN} if {clear} else {LINGERS}, 0))")


def _timing(conditions: Sequence[Node], places: Mapping[Input, int], durations: Mapping[Node, int]) -> str:
    """A function that goes on with every duration; `held` has two numbers each: what is told, what is kept."""
    lines = ["def keep(x, held, passed):", "    pass"]
    count = len(conditions)
    for place, condition in enumerate(conditions):
        writer = _Writer(places, durations)
        truth = writer.truth(condition)
        kept = f"held[{count + place}]"
        writer.line(f"if {truth} == {TRUE}: {kept} = {kept} + passed if {kept} == {kept} else 0.0")
        writer.line(f"elif {truth} == {FALSE}: {kept} = nan")
        writer.line(f"held[{place}] = nan if {truth} == {OPEN} else 0.0 if {truth} == {FALSE} else {kept}")
        lines += [f"    {line}" for line in writer.lines]
    return "\n".join(lines)


class _Deeper:
    def __init__(self, writer: "_Writer") -> None:
        self._writer = writer

    def __enter__(self) -> None:
        self._writer.indent += "    "

    def __exit__(self, *_: object) -> None:
        self._writer.indent = self._writer.indent[4:]


class _Writer:
    """Writes what reckons an expression; each part's result is a name, a place of an input, or a number."""

    def __init__(self, places: Mapping[Input, int], durations: Mapping[Node, int]) -> None:
        self.lines: list[str] = []
        self.indent = ""
        self._places = places
        self._durations = durations
        self._names = 0

    def line(self, text: str) -> None:
        """One more."""
        self.lines.append(self.indent + text)

    def deeper(self) -> _Deeper:
        """What is written within belongs to the line before."""
        return _Deeper(self)

    def truth(self, node: Node, sense: int = 0) -> str:
        """The name that holds the truth of a condition. `sense`: 1 where one sample that makes it true is enough, -1
        where one that makes it false is, 0: as of the tick."""
        if (one := input_of(node)) is not None:
            return f"x[{self._places[one]}]"
        if isinstance(node, Unary):
            return self._named(f"{TRUE} - {self.truth(node.of, -sense)}")
        if isinstance(node, Call):
            return self._unknown(node)
        if isinstance(node, Binary) and node.operator in COMPARISONS:
            return self._comparison(node, sense)
        if isinstance(node, Binary):
            return self._logic(node, sense)
        raise TypeError(node)

    def number(self, node: Node) -> str:
        """The name, place or text that holds a number."""
        if isinstance(node, Number):
            return repr(float(node.value))
        if (one := input_of(node)) is not None:
            return f"x[{self._places[one]}]"
        if isinstance(node, Unary):
            return self._named(f"-{self.number(node.of)}")
        if isinstance(node, Binary) and node.operator in ARITHMETIC:
            left, right = self.number(node.left), self.number(node.right)
            whole = f"{left} {node.operator} {right}"
            return self._named(f"{whole} if {right} else nan" if node.operator == "/" else whole)
        if isinstance(node, Call):
            return self._reckoned(node)
        raise TypeError(node)

    def _reckoned(self, node: Call) -> str:
        if node.name == "duration":
            return f"held[{self._durations[node]}]"
        first, *others = (self.number(part) for part in node.arguments)
        if node.name == "abs":
            return self._named(f"abs({first})")
        sign = "<=" if node.name == "min" else ">="
        for other in others:
            first = self._named(f"{first} if {first} {sign} {other} else {other} if {first} == {first} else nan")
        return first

    def _unknown(self, node: Call) -> str:
        of = node.arguments[0]
        is_condition = isinstance(of, Unary) and of.operator == "not"
        is_condition |= isinstance(of, Binary) and of.operator not in ARITHMETIC
        is_condition |= isinstance(of, Call) and of.name in {"state", "dtc", "unknown"}
        if is_condition:
            return self._named(f"{TRUE} if {self.truth(of)} == {OPEN} else {FALSE}")
        value = self.number(of)
        return self._named(f"{FALSE} if {value} == {value} else {TRUE}")

    def _comparison(self, node: Binary, sense: int) -> str:
        left = self._side(node.left, node.right, node.operator, sense)
        right = self._side(node.right, node.left, _TURNED[node.operator], sense)
        sign, opposite = node.operator, _OPPOSITE[node.operator]
        if sign == "!=":  # NaN differs from anything
            return self._named(
                f"{FALSE} if {left} == {right} else {TRUE} if {left} == {left} and {right} == {right} else {OPEN}"
            )
        if sign == "==":
            return self._named(
                f"{TRUE} if {left} == {right} else {FALSE} if {left} == {left} and {right} == {right} else {OPEN}"
            )
        return self._named(f"{TRUE} if {left} {sign} {right} else {FALSE} if {left} {opposite} {right} else {OPEN}")

    def _side(self, side: Node, other: Node, sign: str, sense: int) -> str:
        """A signal beside a number: its extreme in the cell that decides."""
        if sense and isinstance(side, SignalNow) and isinstance(other, Number) and sign not in {"==", "!="}:
            is_high = (sign in {">", ">="}) == (sense > 0)
            return f"x[{self._places[Input('high' if is_high else 'low', side.path)]}]"
        return self.number(side)

    def _logic(self, node: Binary, sense: int) -> str:
        """The right side is reckoned only where it can still decide."""
        name = self._named(self.truth(node.left, sense))
        self.line(f"if {name} != {TRUE}:" if node.operator == "or" else f"if {name}:")
        with self.deeper():
            right = self.truth(node.right, -sense if node.operator == "unless" else sense)
            if node.operator == "unless":
                right = self._named(f"{TRUE} - {right}")
            sign = ">" if node.operator == "or" else "<"
            self.line(f"if {right} {sign} {name}: {name} = {right}")
        return name

    def _named(self, text: str) -> str:
        self._names += 1
        self.line(f"t{self._names} = {text}")
        return f"t{self._names}"


def _made(source: str, name: str) -> Any:
    """The function that a text defines; the text is written here, from trees that were checked."""
    space: dict[str, Any] = {"nan": float("nan"), "__builtins__": {"abs": abs}}
    exec(compile(source, "<rules>", "exec"), space)  # nosec B102  # see above
    return space[name]
