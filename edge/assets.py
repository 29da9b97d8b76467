"""Where what we ship lies: profiles, rule packs and models, in a checkout and in an installed package alike."""

import sys
from pathlib import Path
from typing import Final

from edge.errors import ConfigError

ROOT: Final = Path(__file__).resolve().parent.parent
_DBC: Final = (ROOT / "dbc", Path(sys.prefix) / "share" / "telltale" / "dbc")
_UNITS: Final = (ROOT / "systemd", Path(sys.prefix) / "share" / "telltale" / "systemd")
_PACKS: Final = (Path(__file__).resolve().parent / "detect" / "packs",)
_MODELS: Final = (ROOT / "models" / "packages",)


def profile_file(name: str, base: Path) -> Path:
    """The file of a profile: a path as written, or the name of a shipped one.

    Raises:
        ConfigError: there is none; names those that are shipped.
    """
    return _find(name, base, _DBC, ".profile.toml", "profile")


def database_folders() -> list[Path]:
    """Where the shipped databases lie."""
    return [folder for folder in _DBC if folder.is_dir()][:1]


def unit_folder() -> Path:
    """Where the shipped units, network files and udev rules lie.

    Raises:
        ConfigError: this software was not installed whole.
    """
    for folder in _UNITS:
        if folder.is_dir():
            return folder
    raise ConfigError("the shipped units are missing", file=_UNITS[-1], remedy="Install telltale[edge] from its wheel")


def rule_file(name: str, base: Path) -> Path:
    """The file of a rule pack: a path as written, or the name of a shipped one.

    Raises:
        ConfigError: there is none; names those that are shipped.
    """
    return _find(name, base, _PACKS, ".toml", "rule pack")


def model_folder(name: str, base: Path) -> Path:
    """The folder of a model package: a path as written, or the name of a shipped one.

    Raises:
        ConfigError: there is none; names those that are shipped.
    """
    return _find(name, base, _MODELS, "", "model")


def is_shipped_model(folder: Path) -> bool:
    """Whether a model package came with this software, and so is as trusted as its code."""
    return any(folder.resolve().parent == shipped.resolve() for shipped in _MODELS)


def is_shipped(file: Path) -> bool:
    """Whether a file came with this software: a database, profile, rule pack or model."""
    return any(file.resolve().is_relative_to(folder.resolve()) for folder in (*_DBC, *_PACKS, *_MODELS))


def _find(name: str, base: Path, folders: tuple[Path, ...], suffix: str, what: str) -> Path:
    written = base / name
    if "/" in name or written.suffix or written.exists():
        if not written.exists():
            raise ConfigError(f"no such {what}", file=written, remedy="Check the path")
        return written
    for folder in folders:
        if (found := folder / f"{name}{suffix}").exists():
            return found
    shipped = sorted(
        path.name.removesuffix(suffix)
        for folder in folders
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name.endswith(suffix) and not path.name.startswith((".", "_"))
    )
    raise ConfigError(f"no {what} is called {name!r}", remedy=f"Give a path, or one of: {', '.join(shipped) or 'none'}")
