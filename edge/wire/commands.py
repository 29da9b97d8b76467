"""What the cloud may ask of a vehicle, and with which arguments: the list that both sides hold a command against."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from edge.wire.messages import Value

TEXT_MAX: Final = 200
"""Characters of a text to speak: what is said in a quarter of a minute."""
MINUTES_MAX: Final = 1440
"""A day; a log level that somebody forgot fills no disk."""
_UNSPEAKABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, lone surrogates, separators of lines and of paragraphs."""
_SHOWN_MAX: Final = 100
"""Of what somebody sent, in an error."""


class CommandName(StrEnum):
    """What may be asked."""

    CAPTURE = "capture"
    READ_CODES = "read_codes"
    CLEAR_CODES = "clear_codes"
    SELF_TEST = "self_test"
    LOG_LEVEL = "log_level"
    RESTART = "restart"
    SPEAK = "speak"


class LogLevel(StrEnum):
    """How much a vehicle writes into its log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class BadCommand(ValueError):
    """A command that nobody may give, or not so; says the place and what would be right."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        self.place = place
        """`name`, `arguments`, or `arguments.<name>`."""
        self.remedy = remedy
        super().__init__(f"{place}: {problem}. {remedy}")


def _whole(value: object) -> object:
    """A whole number; the wire's numbers are floats, and neither a text nor true is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:  # nor infinity
        raise ValueError("this is no whole number")
    return int(value)


def _sayable(text: str) -> str:
    if not text.strip() or any(unicodedata.category(character) in _UNSPEAKABLE for character in text):
        raise ValueError("there must be something to say, in one line without control characters")
    return text


class Arguments(BaseModel):
    """Base of all arguments. What is not known is refused, unlike elsewhere: nobody does half of what was asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoArguments(Arguments):
    """There is nothing to say beyond the name."""


class LogLevelArguments(Arguments):
    """Another log level, and for how long; then what the vehicle's configuration says."""

    level: LogLevel
    minutes: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MINUTES_MAX)]


class SpeakArguments(Arguments):
    """What the driver is to hear."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT_MAX), AfterValidator(_sayable)]


ARGUMENTS: Final[Mapping[CommandName, type[Arguments]]] = {
    CommandName.CAPTURE: NoArguments,
    CommandName.READ_CODES: NoArguments,
    CommandName.CLEAR_CODES: NoArguments,
    CommandName.SELF_TEST: NoArguments,
    CommandName.LOG_LEVEL: LogLevelArguments,
    CommandName.RESTART: NoArguments,
    CommandName.SPEAK: SpeakArguments,
}
"""The arguments of each command; every command has its own, and what is not here cannot be asked."""


def check(name: str, arguments: Mapping[str, Value]) -> tuple[CommandName, Arguments]:
    """The command of this name with its arguments, if it is on the list and they are as they should be.

    Raises:
        BadCommand: it may not be given, or not so; nothing else, whatever is asked.
    """
    try:
        command = CommandName(name)
    except ValueError:
        remedy = f"What may be asked: {', '.join(CommandName)}"
        raise BadCommand("name", f"no command is called {_shown(name)}", remedy) from None
    try:
        return command, ARGUMENTS[command].model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(["arguments", *(_shown(part) for part in first["loc"])])
        message = first["msg"].removeprefix("Value error, ")
        raise BadCommand(place, message[:1].lower() + message[1:], _remedy(command)) from None


def _remedy(command: CommandName) -> str:
    fields = ARGUMENTS[command].model_fields
    return f"{command} takes {' and '.join(fields)}" if fields else f"{command} takes no arguments"


def _shown(what: object) -> str:
    """What somebody sent, short and in one line."""
    text = str(what)
    return text if text.isidentifier() and len(text) <= _SHOWN_MAX else ascii(text[:_SHOWN_MAX])
