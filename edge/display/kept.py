"""The code of a display and the key of its cookies, kept in a file that only its owner can read."""

import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from edge.display.access import new_code

logger = logging.getLogger(__name__)
FILE: Final = "display-code.json"
KEY_BYTES: Final = 32
_MODE: Final = 0o600


class Kept(BaseModel):
    """What a display knows devices by."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,12}$")]
    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def keep_code(file: Path, code: str | None) -> Kept:
    """The code and the key of this file; made at first, and anew where the file was spoiled.

    With `code` that is the code from now on. What cannot be kept is said, and holds until the program ends.
    """
    before = _read(file)
    if before is None:
        kept = Kept(code=code or new_code(), key=secrets.token_hex(KEY_BYTES))
    else:
        kept = Kept(code=code or before.code, key=before.key)
    if kept != before:
        _write(file, kept)
    return kept


def _read(file: Path) -> Kept | None:
    try:
        return Kept.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("%s: cannot be read: %s; devices enter a code anew", file, error.strerror)
    except ValidationError:
        logger.warning("%s: is spoiled; devices enter a code anew", file)
    return None


def _write(file: Path, kept: Kept) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w") as stream:
            stream.write(kept.model_dump_json())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        logger.warning("%s: cannot be written: %s; the code holds until the display ends", file, error.strerror)
