"""The statements of a DBC file with their lines: text is cut where it can be, and nothing stops at a broken one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

KEYWORDS: Final = frozenset(
    {
        "VERSION", "NS_", "BS_", "BU_", "VAL_TABLE_", "BO_", "SG_", "BO_TX_BU_", "EV_", "ENVVAR_DATA_", "SGTYPE_",
        "SIG_TYPE_REF_", "CM_", "BA_DEF_", "BA_DEF_DEF_", "BA_DEF_REL_", "BA_DEF_DEF_REL_", "BA_", "BA_REL_",
        "BA_SGTYPE_", "VAL_", "SIG_GROUP_", "SIGTYPE_VALTYPE_", "SIG_VALTYPE_", "SG_MUL_VAL_", "CAT_DEF_", "CAT_",
        "FILTER", "BU_SG_REL_", "BU_EV_REL_", "BU_BO_REL_", "EV_DATA_",
    }
)  # fmt: skip
ONE_LINE: Final = frozenset({"VERSION", "BO_", "SG_", "BU_", "BS_"})
"""They end with their line; the others at a semicolon."""
LINES_MAX: Final = 2_000
"""Of one statement: a comment may be long, an unclosed quote must not eat the file."""
_END: Final = re.compile(r"\r\n|\n|\r")
"""Of a line, as editors count them: str.splitlines() knows more, such as form feeds."""
_MARK: Final = re.compile(r'(?<!\\)"|;')
"""A quote that is none of a text, or an end."""
_SYMBOL: Final = re.compile(r"\s*[A-Z_]+_\s*|\s*FILTER\s*")
_WORD: Final = re.compile(r"\s*([A-Z_]+)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement."""

    keyword: str
    text: str
    """All of it, without its semicolon."""
    line: int
    """Where it begins, from 1."""
    is_whole: bool = True
    """False: it has no end, and is its first line."""


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8 where it is that, else Windows' western code page, as the format's tools write it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def statements(text: str) -> Iterator[Statement]:
    """Every statement that has a keyword, in order; the list of new symbols is left out."""
    lines = _END.split(text)
    at = 0
    while at < len(lines):
        keyword = _keyword(lines[at])
        if keyword is None:
            at += 1
        elif keyword == "NS_":
            at = _past_symbols(lines, at)
        elif keyword in ONE_LINE:
            yield Statement(keyword, lines[at].strip().rstrip(";"), at + 1)
            at += 1
        else:
            statement, at = _until_semicolon(keyword, lines, at)
            yield statement


def _keyword(line: str) -> str | None:
    found = _WORD.match(line)
    return found[1] if found is not None and found[1] in KEYWORDS else None


def _past_symbols(lines: list[str], at: int) -> int:
    """`NS_ :` is followed by indented keywords, a line each, up to one that is more than a keyword."""
    at += 1
    while at < len(lines) and (not lines[at].strip() or _SYMBOL.fullmatch(lines[at])):
        at += 1
    return at


def _until_semicolon(keyword: str, lines: list[str], at: int) -> tuple[Statement, int]:
    begun, is_quoted, parts = at, False, []
    while at < len(lines) and at - begun < LINES_MAX:
        line = lines[at]
        for mark in _MARK.finditer(line):
            if mark[0] == '"':
                is_quoted = not is_quoted
            elif not is_quoted:
                parts.append(line[: mark.start()])
                return Statement(keyword, "\n".join(parts).strip(), begun + 1), at + 1
        parts.append(line)
        at += 1
        if not is_quoted and at < len(lines) and _keyword(lines[at]) is not None:
            return Statement(keyword, "\n".join(parts).strip(), begun + 1), at  # its semicolon is missing
    return Statement(keyword, lines[begun].strip(), begun + 1, is_whole=False), begun + 1
