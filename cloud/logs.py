"""How the cloud writes its log: lines for people or JSON for machines, each with what it belongs to.

What belongs together carries one correlation: an alert's id, from the vehicle's message to whatever follows from it, or
the id of a request to the API.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TextIO

_CORRELATION: Final[ContextVar[str]] = ContextVar("correlation", default="")


class LogFormat(StrEnum):
    """Who reads the log."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def correlated(name: str) -> Iterator[None]:
    """Everything that is logged inside belongs to this."""
    token = _CORRELATION.set(name)
    try:
        yield
    finally:
        _CORRELATION.reset(token)


def correlation() -> str:
    """What everything belongs to just now; "" for nothing in particular."""
    return _CORRELATION.get()


def set_up(form: LogFormat) -> None:
    """Log to stderr from INFO on, unless somebody has set up logging before."""
    logging.basicConfig(level=logging.INFO, handlers=[writes(form, sys.stderr)])


def writes(form: LogFormat, stream: TextIO) -> logging.Handler:
    """What writes records to a stream in a form."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if form is LogFormat.JSON else _Text())
    return handler


class _Text(logging.Formatter):
    """A line for people; tracebacks below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class names it
        """The line, with what it belongs to at its end."""
        belongs = _CORRELATION.get()
        line = super().formatMessage(record)
        return f"{line} [{belongs}]" if belongs else line


class _Json(logging.Formatter):
    """One JSON object on one line, whatever is in the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Members: time (UTC), level, logger, message, correlation (null: none), and error where there is one."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "correlation": _CORRELATION.get() or None,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)
