"""/enrolment: how a box becomes a vehicle and stays one. No token: a code or the certificate's key is the proof."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from cloud.api.access import ServicesOf, provisioning_of
from cloud.fleet.provisioning.service import ProvisioningService
from edge.wire.enrolment import Admission, EnrolmentRequest, RenewalRequest

open_router = APIRouter(prefix="/enrolment", tags=["enrolment"])


def _sender(request: Request) -> str:
    return "somebody" if request.client is None else request.client.host


def _provisioning(services: ServicesOf) -> ProvisioningService:
    return provisioning_of(services)


Provisioning = Annotated[ProvisioningService, Depends(_provisioning)]
SenderOf = Annotated[str, Depends(_sender)]


@open_router.post("", status_code=201)
def enrol(provisioning: Provisioning, form: EnrolmentRequest, sender: SenderOf) -> Admission:
    """The first certificate, for a box that has a code. The same box may ask again."""
    return provisioning.enrol(form, sender=sender)


@open_router.post("/renewal", status_code=201)
def renew(provisioning: Provisioning, form: RenewalRequest, sender: SenderOf) -> Admission:
    """The next certificate, for whoever has the key of the present one. The same request may come again."""
    return provisioning.renew(form, sender=sender)
