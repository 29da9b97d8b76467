"""A configuration as the file that would say the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.config import Config


def to_toml(config: Config) -> str:
    """The resolved configuration as TOML."""
    tables = config.model_dump(mode="json", exclude_none=True)
    lines = [f"profile = {_toml(tables.pop('profile'))}"]
    for name in ("bus", "integrity", "did", "geofence"):
        for one in tables.pop(name):
            lines += ["", f"[[{name}]]", *_fields(one)]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_fields(table)]
    return "\n".join(lines) + "\n"


def _fields(table: dict[str, Any]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in table.items()]


def _toml(value: str | float | Sequence[Any] | Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_fields(dict(value)))} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)
