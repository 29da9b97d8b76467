"""What an overlay writes as `math`: read as arithmetic, never run; used where it is a straight line."""

import ast
from fractions import Fraction
from typing import Final

LENGTH_MAX: Final = 200
"""Characters."""
_X: Final = "x"
Line = tuple[Fraction, Fraction]
"""x times the first, and the second."""


class NotALine(Exception):  # says what it is, as ConfigError's callers read it
    """It is no arithmetic that is known here, or no straight line in x; its text says which part."""


def line_of(text: str) -> tuple[float, float]:
    """Factor and offset of an expression in x, each rounded once.

    Raises:
        NotALine: it has anything but x, numbers, + - * / and parentheses, or they do not make a straight line.
    """
    if len(text) > LENGTH_MAX:
        raise NotALine(f"it has more than {LENGTH_MAX} characters")
    try:
        factor, offset = _line(ast.parse(text.strip(), mode="eval").body)
        line = float(factor), float(offset)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise NotALine(f"{text!r} is no arithmetic that is known here") from None
    except (OverflowError, ZeroDivisionError):
        raise NotALine(f"{text!r} leads beyond any number") from None
    if line[0] == 0:
        raise NotALine("it makes every value the same")
    return line


def _line(node: ast.expr) -> Line:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Fraction(0), Fraction(repr(value))
        case ast.Name(id=name) if name == _X:
            return Fraction(1), Fraction(0)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _line(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            factor, offset = _line(operand)
            return -factor, -offset
        case ast.BinOp(left=left, op=operator, right=right):
            return _of_two(_line(left), operator, _line(right))
        case ast.Call(func=ast.Name(id=name)):
            raise NotALine(f"{name}() is no straight line")
    raise NotALine(f"{ast.unparse(node)!r} is no arithmetic that is known here")


def _of_two(left: Line, operator: ast.operator, right: Line) -> Line:
    match operator:
        case ast.Add():
            return left[0] + right[0], left[1] + right[1]
        case ast.Sub():
            return left[0] - right[0], left[1] - right[1]
        case ast.Mult() if left[0] == 0 or right[0] == 0:
            return left[0] * right[1] + right[0] * left[1], left[1] * right[1]
        case ast.Div() if right[0] == 0:
            return left[0] / right[1], left[1] / right[1]
    raise NotALine("it is no straight line in x")
