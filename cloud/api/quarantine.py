"""/quarantine: messages that break the contract, with the reason."""

import base64
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import Form, Moment, PageForm, page_form
from cloud.inbox.kept import Quarantined
from cloud.security.roles import Permission
from edge.wire.errors import Reason

router = APIRouter(prefix="/quarantine", tags=["quarantine"])
Reader = Annotated[Caller, may(Permission.SEE_OPERATIONS)]


class QuarantinedForm(Form):
    """A message that was not taken in."""

    id: Annotated[int, Field(examples=[42])]
    topic: Annotated[str, Field(examples=["telltale/v1/north/van-7/up/alert"])]
    reason: Annotated[str, Field(examples=["bad_body"])]
    detail: Annotated[str, Field(examples=["severity: Input should be 'info', 'warning' or 'critical'"])]
    size: Annotated[int, Field(examples=[512])]
    """Bytes of the whole message."""
    times: Annotated[int, Field(examples=[1])]
    """How often the same message came."""
    first_received_at: Moment
    last_received_at: Moment


class QuarantinedPayloadForm(QuarantinedForm):
    """A message that was not taken in, with its bytes."""

    payload: Annotated[str, Field(examples=["e30="])]
    """Base64; of a message above 256 KiB only the beginning."""


@router.get("")
def list_quarantine(
    _: Reader, services: ServicesOf, window: WindowOf, reason: Reason | None = None
) -> PageForm[QuarantinedForm]:
    """Bad messages, the newest first."""
    return page_form(services.aside.quarantine(reason=reason, window=window), _form)


@router.get("/{message}")
def one_quarantined(
    _: Reader, services: ServicesOf, message: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> QuarantinedPayloadForm:
    """One bad message with its bytes."""
    found = services.aside.quarantined(message)
    return QuarantinedPayloadForm(**_form(found).model_dump(), payload=base64.b64encode(found.payload).decode())


def _form(row: Quarantined) -> QuarantinedForm:
    return QuarantinedForm(
        id=row.id,
        topic=row.topic,
        reason=row.reason,
        detail=row.detail,
        size=row.size,
        times=row.times,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
    )
