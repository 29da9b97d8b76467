"""Rule files as they were written: TOML or YAML, each rule with the lines on which it stands.

    [[rule]]
    alert = "coolant_hot"
    expr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 112 Celsius"
    for = "3s"

A YAML file has the same fields under `rules:`, or under `groups:` as Prometheus has them.
"""

import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.errors import ConfigError

BYTES_MAX: Final = 2_000_000
RULES_MAX: Final = 5_000
YAML: Final = (".yaml", ".yml")
_HEADER: Final = re.compile(r"\s*\[\[\s*(rules?)\s*\]\]")
_FIELD: Final = re.compile(r"""\s*["']?([A-Za-z_]+)["']?\s*=""")
_LONG: Final = '"' * 3
_TOP: Final = ("rule", "rules", "groups")


@dataclass(frozen=True, slots=True)
class Written:
    """One rule as its author wrote it."""

    file: Path
    table: Mapping[str, Any]
    line: int = 0
    """0: nobody knows."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """On which line the text of each field begins."""

    def line_of(self, name: str) -> int:
        """Of a field; that of the rule where it is not known."""
        return self.lines.get(name, self.line)


def read_rules(file: Path) -> list[Written]:
    """Every rule of a file, in its order.

    Raises:
        ConfigError: it is missing, too large, neither TOML nor YAML, or has no list of rules.
    """
    return rules_in(file, _text(file))


def rules_in(file: Path, text: str) -> list[Written]:
    """Every rule of a file's text, in its order; `file` says what it is, and where it stands in errors.

    Raises:
        ConfigError: it is neither TOML nor YAML, or has no list of rules.
    """
    rules = list(_yaml(file, text) if file.suffix in YAML else _toml(file, text))
    if len(rules) > RULES_MAX:
        raise ConfigError(f"holds {len(rules)} rules, at most {RULES_MAX} can be", file=file, remedy="Split it")
    return rules


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise ConfigError(f"is larger than {BYTES_MAX} bytes", file=file, remedy="Split it")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigError("no such rules file", file=file, remedy="Check the path given as rules") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a file") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error}", file=file, remedy="Save it as UTF-8") from None


def _toml(file: Path, text: str) -> Iterator[Written]:
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise ConfigError("is not TOML that can be read", file=file, remedy="Nest it less deeply") from None
    except ValueError as error:  # no TOML, or a number of thousands of digits
        raise ConfigError(f"is not TOML: {error}", file=file, remedy="Mend that line") from None
    entries = _entries(file, tables)
    places = list(_places(text))
    for number, table in enumerate(entries):
        line, lines = places[number] if len(places) == len(entries) else (0, {})
        yield Written(file, table, line, lines)


def _places(text: str) -> Iterator[tuple[int, dict[str, int]]]:
    """Line of each header, and those of the fields under it."""
    found: tuple[int, dict[str, int]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if _HEADER.match(line):
            if found:
                yield found
            found = number, {}
        elif found and (named := _FIELD.match(line)):
            below = line.rstrip().endswith((_LONG, "'''"))
            found[1].setdefault(named[1], number + below)
    if found:
        yield found


def _entries(file: Path, tables: object) -> list[Mapping[str, Any]]:
    """The list of rules, wherever it stands."""
    if not isinstance(tables, Mapping):
        raise ConfigError(
            "holds no rules", file=file, remedy="Write each rule under [[rule]], or in a list under rules:"
        )
    if other := [name for name in tables if name not in _TOP]:
        remedy = "Write each rule under [[rule]], or in a list under rules:"
        raise ConfigError(f"{str(other[0])!r} is no field of a rules file", file=file, remedy=remedy)
    groups = tables.get("groups", [])
    lists = [tables.get("rule", []), tables.get("rules", [])]
    if isinstance(groups, list):
        lists += [group.get("rules", []) for group in groups if isinstance(group, Mapping)]
    rules = [one for each in lists if isinstance(each, list) for one in each]
    if not all(isinstance(each, list) for each in (*lists, groups)) or not all(
        isinstance(one, Mapping) for one in rules
    ):
        raise ConfigError("its rules are no list of rules", file=file, remedy="Write each rule under [[rule]]")
    return rules


def _yaml(file: Path, text: str) -> Iterator[Written]:
    tables, node = _read_yaml(file, text)
    entries = _entries(file, tables)
    nodes = [] if node is None else list(_nodes(node))
    for number, table in enumerate(entries):
        line, lines = _marks(nodes[number]) if len(nodes) == len(entries) else (0, {})
        yield Written(file, table, line, lines)


def read_yaml(file: Path) -> tuple[object, Any]:
    """What a YAML file says, as plain values, and its nodes with their places.

    Raises:
        ConfigError: it is missing, too large, or no YAML.
    """
    return _read_yaml(file, _text(file))


def _read_yaml(file: Path, text: str) -> tuple[object, Any]:
    """Nothing but plain values: a tag that makes something else is refused."""
    yaml: Any = importlib.import_module("yaml")  # who writes TOML needs none of it
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return {} if node is None else loader.construct_document(node), node
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"is not YAML: {_one_line(error)}", file=file, remedy="Mend that line") from None
    finally:
        loader.dispose()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _nodes(node: Any) -> Iterator[Any]:
    """The node of each rule, in the order of `_entries`."""
    for key, value in getattr(node, "value", []):
        if key.value in ("rule", "rules"):
            yield from value.value
        elif key.value == "groups":
            for group in value.value:
                yield from _nodes(group)


def _marks(node: Any) -> tuple[int, dict[str, int]]:
    lines = {}
    for key, value in node.value:
        is_block = getattr(value, "style", None) in ("|", ">")
        lines[str(key.value)] = value.start_mark.line + 1 + is_block
    return node.start_mark.line + 1, lines
