"""What conditions say, unknown included: a table by hand, and generated functions against a plain walk of the tree."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.detect.rules.checking import Known, check_condition
from edge.detect.rules.generate import Conditions, program
from edge.detect.rules.inputs import FALSE, OPEN, TRUE
from edge.detect.rules.nodes import Binary, Call, Node, Number, SignalNow, Unary, Words
from edge.detect.rules.syntax import parse
from tests.unit.edge.rules.reference import Values, truth

NAN = math.nan
PATHS = ("Vehicle.Speed", "dbc.M.a", "dbc.M.b")
STATES = ("driving", "parked")
_SAID = {FALSE: False, OPEN: None, TRUE: True}


def judged(node: Node, values: Values, states: dict[str, bool | None] | None = None) -> bool | None:
    """What the generated function says of one condition."""
    made = program([Conditions(node)])
    numbers = [_input(one.what, one.name, values, states or {}) for one in made.inputs]
    found = made.judge(numbers, [NAN] * 2 * len(made.durations), 0.1)
    return _SAID[found[0][1]] if found else False


def _input(what: str, name: str, values: Values, states: dict[str, bool | None]) -> float:
    if what == "state":
        answer = states.get(name)
        return OPEN if answer is None else TRUE if answer else FALSE
    return values.get(name, NAN)


def said(text: str, **values: float) -> bool | None:
    """Of a text in which x and y stand for signals."""
    signals = {"x": "dbc.M.a", "y": "dbc.M.b"}
    for name, path in signals.items():
        text = text.replace(f" {name} ", f" {path} ")
    node = check_condition(parse(text), Known(any_dbc=True))
    return judged(node, {signals[name]: value for name, value in values.items()})


@pytest.mark.parametrize(
    ("operator", "below", "same", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_a_comparison_with_what_is_unknown_is_unknown(operator: str, below: bool, same: bool, above: bool) -> None:
    text = f" x {operator} 1"
    assert [said(text, x=value) for value in (0.0, 1.0, 2.0)] == [below, same, above]
    assert said(text) is None
    assert said(text, x=NAN) is None
    assert said(f"1 {operator} x ", x=NAN) is None
    assert said(f" x {operator} y ", x=1.0) is None
    assert said(f"not ( x {operator} 1)") is None


ALL = (True, False, None)


@pytest.mark.parametrize(
    ("operator", "table"),
    [
        # left:   T            F                   ?        each with right T, F, ?
        ("and", [True, False, None, False, False, False, None, False, None]),
        ("or", [True, True, True, True, False, None, True, None, None]),
        ("unless", [False, True, None, False, False, False, False, None, None]),
    ],
)
def test_logic_has_three_values(operator: str, table: list[bool | None]) -> None:
    value = {True: 2.0, False: 0.0, None: NAN}
    text = f" x > 1 {operator} y > 1"
    assert [said(text, x=value[left], y=value[right]) for left in ALL for right in ALL] == table


def test_what_is_not_true_is_false_and_what_is_unknown_stays_so() -> None:
    assert [said("not x > 1", x=value) for value in (2.0, 0.0, NAN)] == [False, True, None]
    assert [said("not not x > 1", x=value) for value in (2.0, 0.0, NAN)] == [True, False, None]


def test_whether_something_is_unknown_is_always_known() -> None:
    assert [said("unknown( x )", x=value) for value in (2.0, NAN)] == [False, True]
    assert [said("unknown( x > 1)", x=value) for value in (2.0, 0.0, NAN)] == [False, False, True]
    assert [said("unknown( x / y )", x=1.0, y=value) for value in (2.0, 0.0, NAN)] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" x / y > 0", None),
        (" x / y < 0", None),
        ("not x / y > 0", None),
        (" x * y == 0", True),
        ("- x < 0", True),
        ("abs(- x ) == 3", True),
        ("min( x , y ) == 0 and max( x , y , 5) == 5", True),
        ("2 + 3 * x - 1 == 10", True),
        ("(2 + 3) * x == 15", True),
        (" x - 1 - 1 == 1", True),
        (" x > 1 or x > 2 and y > 5", True),
        ("( x > 1 or x > 2) and y > 5", False),
    ],
)
def test_arithmetic_is_as_at_school_and_division_by_nothing_is_unknown(text: str, wanted: bool | None) -> None:
    assert said(text, x=3.0, y=0.0) is wanted


@pytest.mark.parametrize("name", ["min", "max"])
def test_the_least_of_something_unknown_is_unknown(name: str) -> None:
    assert said(f"{name}( x , 1) > 0") is None
    assert said(f"{name}(1, x ) > 0") is None
    assert said(f"{name}(1, x , 2) > 0") is None


NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
LEAVES = st.one_of(NUMBERS.map(Number), st.sampled_from(PATHS).map(SignalNow))
ARITHMETIC = st.recursive(
    LEAVES,
    lambda of: st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), of, of),
        st.builds(Unary, st.just("-"), of),
        st.builds(lambda one: Call("abs", (one,)), of),
        st.builds(
            lambda name, some: Call(name, tuple(some)),
            st.sampled_from(["min", "max"]),
            st.lists(of, min_size=2, max_size=3),
        ),
    ),
    max_leaves=6,
)
COMPARED = st.builds(Binary, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), ARITHMETIC, ARITHMETIC)
SIMPLE = st.one_of(
    COMPARED,
    st.sampled_from(STATES).map(lambda name: Call("state", (Words(name),))),
    ARITHMETIC.map(lambda of: Call("unknown", (of,))),
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda of: st.one_of(
        st.builds(Binary, st.sampled_from(["and", "or", "unless"]), of, of),
        st.builds(Unary, st.just("not"), of),
        of.map(lambda one: Call("unknown", (one,))),
    ),
    max_leaves=8,
)
VALUES = st.dictionaries(st.sampled_from(PATHS), st.one_of(NUMBERS, st.just(NAN)))
ANSWERS = st.dictionaries(st.sampled_from(STATES), st.sampled_from(ALL))


@settings(max_examples=400)
@given(CONDITIONS, VALUES, ANSWERS)
def test_generated_functions_say_what_the_tree_says(node: Node, values: Values, states: dict[str, bool | None]) -> None:
    assert judged(node, values, states) is truth(node, values, states)


@given(CONDITIONS, VALUES, ANSWERS)
def test_a_tree_written_out_reads_as_the_same(node: Node, values: Values, states: dict[str, bool | None]) -> None:
    again = parse(str(node))
    assert parse(str(again)) == again
    assert truth(again, values, states) is truth(node, values, states)
