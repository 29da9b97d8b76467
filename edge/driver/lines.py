"""What goes over the channel of the cab: a JSON object on each line, with its version and kind (CHANNEL.md)."""

import json
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from edge.driver.notice import CabState, Request, Wish

VERSION: Final = 1
REQUEST_BYTES_MAX: Final = 1024
"""Of a line from a client; a request has some 120."""
STATE_BYTES_MAX: Final = 65_536
"""Of a line to a client; eight alerts with the longest sentences have some 10,000."""
BY: Final = "display"
"""Where requests of this channel come from."""

_STATE: Final = TypeAdapter(CabState)
_REASONS: Final = {"v": "bad_version", "kind": "bad_kind", "wish": "bad_wish", "alert": "bad_alert"}


class BadLine(Exception):
    """A line that is not understood; its text is the reason that is answered."""


class _RequestLine(BaseModel):
    """What a client may say; unknown fields are passed over."""

    model_config = ConfigDict(frozen=True)

    v: Literal[1]
    kind: Literal["request"]
    wish: Wish
    alert: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


def state_line(state: CabState, judged_s: float | None = 0.0) -> bytes:
    """The state as a line; what is no text in UTF-8 is told as question marks.

    `judged_s`: seconds since something was judged; None: never.
    """
    said = {"v": VERSION, "kind": "state", "judged_s": judged_s, "state": _STATE.dump_python(state, mode="json")}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def alive_line(judged_s: float | None = 0.0) -> bytes:
    """Said when nothing else was for a while: whoever hears nothing at all is not connected any more."""
    return _line(kind="alive", judged_s=judged_s)


def taken_line() -> bytes:
    """A request was taken."""
    return _line(kind="taken")


def refused_line(reason: str) -> bytes:
    """A line was not taken, and why."""
    return _line(kind="refused", reason=reason)


def request_line(wish: Wish, alert: str | None = None) -> bytes:
    """What a client says to have its wish."""
    named = {} if alert is None else {"alert": alert}
    return _line(kind="request", wish=wish.value, **named)


def read_request(line: bytes) -> Request:
    """The wish in a line from a client.

    Raises:
        BadLine: not_json, bad_version, bad_kind, bad_wish, bad_alert.
    """
    try:
        said = _RequestLine.model_validate_json(line)
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        raise BadLine(_REASONS.get(str(place[0]), "not_json") if place else "not_json") from None
    return Request(said.wish, BY, said.alert)


def read_state(line: bytes) -> CabState | None:
    """The state in a line from the box; None where it is of another kind or version, or not understood."""
    try:
        said = json.loads(line)
        if said["v"] == VERSION and said["kind"] == "state":
            return _STATE.validate_python(said["state"], strict=False)
    except (ValueError, TypeError, KeyError, RecursionError):  # a ValidationError is a ValueError
        return None
    return None


def read_judged(line: bytes) -> float | None:
    """Seconds since something was judged, as a line from the box tells; None where it tells none."""
    try:
        judged_s = json.loads(line).get("judged_s")
    except (ValueError, AttributeError, RecursionError):
        return None
    return float(judged_s) if isinstance(judged_s, int | float) and judged_s >= 0 else None


def read_answer(line: bytes) -> str | None:
    """What was answered to a request: taken, or why it was refused; None where the line is no answer."""
    try:
        said = json.loads(line)
        answers = {"taken": "taken", "refused": str(said.get("reason", "refused"))}
        return answers.get(said.get("kind"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _line(**fields: str | float | None) -> bytes:
    return json.dumps({"v": VERSION, **fields}, separators=(",", ":")).encode() + b"\n"
