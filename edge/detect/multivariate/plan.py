"""How a watch over many sensors learns and judges: everything that is chosen, and nothing that is learned."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class WatchPlan(BaseModel):
    """Counts of rows; a row is whatever the sensors' period is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window_rows: Annotated[int, Field(ge=2, le=3600)]
    """Sensors are judged by their means over so many rows."""
    straying_max: Annotated[float, Field(gt=0)]
    """A sensor whose level differs from one healthy stretch to another by more than so many times its spread within
    them is not judged by its level."""
    explained: Annotated[float, Field(gt=0, lt=1)]
    """Share of the variance that the retained components hold."""
    folds: Annotated[int, Field(ge=2, le=20)]
    """The learning rows in so many pieces; each is judged by what the others teach, and that makes the limits."""
    margin: Annotated[float, Field(ge=1)]
    """A limit is so many times the highest that a piece held back has shown."""
    clear_share: Annotated[float, Field(gt=0, le=1)]
    """An alarm goes on while the level is above this share of its limit."""
    hold_rows: Annotated[int, Field(ge=0, le=3600)]
    """And so many rows longer."""
