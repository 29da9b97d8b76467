"""What comes in files beside the code, such as knowledge and warranty plans: read strictly, and complained about."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cloud.errors import ConfigError

Form = TypeVar("Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong in a file of the right form."""

    file: str
    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.problem}. {self.remedy}"


def read_toml(file: Path, form: type[Form], *, remedy: str) -> Form:
    """One TOML file in this form.

    Raises:
        ConfigError: it cannot be read or is not of this form; names the file, the place and what is wrong.
    """
    try:
        return form.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy=remedy) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML ({error})", file=file, remedy="Correct that line") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"], file=file, place=place, remedy=remedy) from error
