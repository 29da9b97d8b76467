"""TOML files that a person wrote: read, checked, and every mistake told with file, place and remedy."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edge.errors import ConfigError

_T = TypeVar("_T", bound=BaseModel)


def read_toml(kind: type[_T], file: Path, *, what: str, see: str) -> _T:
    """The file as `kind`.

    `what` is what the installer calls such a file, `see` where its fields are described.

    Raises:
        ConfigError: it is missing, unreadable, no TOML, or says something that cannot be.
    """
    return checked(kind, tables_of(file, what=what), file, see=see)


def tables_of(file: Path, *, what: str) -> dict[str, Any]:
    """What a file says, before anybody looks at what it means. `what`: what the installer calls such a file.

    Raises:
        ConfigError: it is missing, unreadable, or no TOML.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no such {what} file", file=file, remedy=f"Check the path given as {what}") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a file") from error
    except RecursionError:
        raise ConfigError("is not TOML that can be read", file=file, remedy="Nest it less deeply") from None
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise ConfigError(f"is not TOML: {error}", file=file, remedy="Mend that line") from error


def checked(kind: type[_T], tables: Mapping[str, Any], file: Path, *, see: str) -> _T:
    """What a file says as `kind`.

    Raises:
        ConfigError: it says something that cannot be.
    """
    try:
        return kind.model_validate(dict(tables))
    except ValidationError as error:
        raise first_mistake(error, file, see=see) from error


def first_mistake(error: ValidationError, file: Path | str | None, *, see: str, table: str = "") -> ConfigError:
    """The first mistake that pydantic found (in one table), with its place in the installer's words: counted from 1."""
    first = error.errors()[0]
    parts = [str(part + 1 if isinstance(part, int) else part) for part in first["loc"]]
    place = ".".join([table, *parts] if table else parts)
    return ConfigError(first["msg"].removeprefix("Value error, "), file=file, place=place, remedy=f"See {see}")
