"""Times: RFC 3339 with their offset, UTC as soon as they are read; and by how much those of a wrong clock are wrong."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

AHEAD: Final = timedelta(hours=1)
"""Times of a message that lie further ahead of when it was known are not by the clock of that moment."""
OFFSET_S_MAX: Final = 100 * 366 * 86_400.0
"""A century: a clock that was never set is wrong by the years since 1970."""


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{time} is outside the years 1 to 9999 in UTC") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its offset from UTC, turned into UTC when it is read."""
_Model = TypeVar("_Model", bound=BaseModel)


class Correction(BaseModel):
    """What the vehicle knows by now of a clock by which it had already stamped: by how much it was wrong, since when.

    Times before `since` are by another clock, that of an earlier start, and are left alone; so are those that lie more
    than `AHEAD` after the message was known.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    offset_s: Annotated[FiniteFloat, Field(ge=-OFFSET_S_MAX, le=OFFSET_S_MAX)]
    """To be added."""
    since: UtcTime
    """By the wrong clock: when the run began that goes by it."""

    def of(self, time: datetime) -> datetime:
        """When it really was.

        Raises:
            ValueError: not within the years 1 to 9999.
        """
        try:
            return time + timedelta(seconds=self.offset_s)
        except OverflowError:
            raise ValueError(f"{time} and {self.offset_s} s are outside the years 1 to 9999") from None

    def of_all(self, body: _Model, observed_at: datetime) -> _Model:
        """A message's body with its times as they really were; `observed_at` as the message says it.

        Raises:
            ValueError: see `of`.
        """
        return self._model(body, _upto(observed_at))

    def _model(self, model: _Model, upto: datetime) -> _Model:
        told = {name: getattr(model, name) for name in model.model_fields_set}
        moved = {name: self._moved(value, upto) for name, value in told.items()}
        return model.model_copy(update={name: value for name, value in moved.items() if value is not told[name]})

    def _moved(self, value: Any, upto: datetime) -> Any:
        """The same object where nothing in it moves."""
        if isinstance(value, datetime):
            return self.of(value) if self.since <= value <= upto else value
        if isinstance(value, BaseModel):
            return self._model(value, upto)
        if isinstance(value, list | tuple):
            return type(value)(self._moved(one, upto) for one in value)
        if isinstance(value, Mapping):
            return {key: self._moved(one, upto) for key, one in value.items()}
        return value


def _upto(observed_at: datetime) -> datetime:
    try:
        return observed_at + AHEAD
    except OverflowError:
        return observed_at
