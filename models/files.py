"""Files of a package: each whole or not at all."""

from pathlib import Path

from edge.errors import ConfigError


def write_files(folder: Path, files: dict[str, bytes], *, remedy: str = "Name another with --out") -> None:
    """Write files into a folder, which is made where there is none.

    Raises:
        ConfigError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            part = folder / f".{name}.part"
            part.write_bytes(content)
            part.replace(folder / name)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=folder, remedy=remedy) from error
