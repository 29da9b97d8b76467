"""What all answers share. Numbers are in the unit that their name gives; null is unknown, never 0; times are UTC."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from cloud.pages import Page

Item = TypeVar("Item")
Row = TypeVar("Row")

FleetName = Annotated[str, Field(examples=["north"])]
VehicleName = Annotated[str, Field(examples=["van-7"])]
Moment = Annotated[datetime, Field(examples=["2026-11-21T08:15:30Z"])]
Id = Annotated[str, Field(examples=["0f1e2d3c4b5a69788796a5b4c3d2e1f0"])]
"""Of an alert or a trip: 32 hex digits that the vehicle gave."""


Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What people write, in one line."""
Prose = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
"""What people write, in any number of lines; a database takes no NUL."""


class Form(BaseModel):
    """Base of all answers; the docstrings of the fields are their descriptions in the OpenAPI document."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class PageForm(Form, Generic[Item]):
    """One page of a listing."""

    # Each PageForm[…] would search every module there is for its own source: half of what a start takes.
    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[Item]
    after: Annotated[
        str | None, Field(description="Ask again with this for the next page; null at the end.", examples=["WzQyXQ"])
    ]


def page_form(page: Page[Row], form: Callable[[Row], Item]) -> PageForm[Item]:
    """A page with each row in its form."""
    return PageForm(items=[form(row) for row in page.items], after=page.after)
