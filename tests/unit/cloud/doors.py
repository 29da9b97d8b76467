"""A door to the cloud for tests: an authority, the services, and boxes with real keys."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cloud.fleet.provisioning.service import ProvisioningService, ProvisioningSettings
from cloud.inbox.intake import Intake
from cloud.inbox.streams import newest_stream
from cloud.pages import LIMIT_MAX, Window
from cloud.security.audit_model import AuditFilter, Deed
from edge.enrolment.keys import BoxKey
from edge.wire.enrolment import Admission, ClaimCode
from edge.wire.topics import Address
from tests.unit.cloud.services import BROKER, SETTINGS, Cloud, authority, document_key

VAN: Final = Address("north", "van-7")


def provisioning_of(cloud: Cloud, *, strangers: bool = False, certificate_days: int = 90) -> ProvisioningService:
    """The service on this cloud's database, by its clock."""
    return ProvisioningService(
        cloud.database,
        cloud.security.audit,
        lambda: cloud.now,
        authority=authority(),
        settings=ProvisioningSettings(BROKER, certificate_days, strangers=strangers),
        newest_stream=newest_stream,
        documents=document_key(),
    )


def with_door(cloud: Cloud, service: ProvisioningService) -> None:
    """Let the inbox of this cloud ask at the door."""
    cloud.intake = Intake(cloud.database, cloud.features, SETTINGS, lambda: cloud.now, service)


@dataclass
class Box:
    """A box in a vehicle, with a key of its own."""

    key: BoxKey = field(default_factory=BoxKey.new)
    admission: Admission | None = None
    code: ClaimCode | None = None

    def enrol(self, service: ProvisioningService, code: ClaimCode) -> Admission:
        """Ask with a code, and believe the answer."""
        self.code = code
        self.admission = service.enrol(self.key.enrolment(code), sender="192.0.2.7")
        self.key.believe(self.admission, pin=code.pin)
        return self.admission

    def renew(self, service: ProvisioningService, key: BoxKey | None = None) -> Admission:
        """Ask for the next certificate, for another key."""
        assert self.admission is not None
        key = key or BoxKey.new()
        wish = key.renewal(self.key, self.admission.certificate)
        self.admission, self.key = service.renew(wish, sender="192.0.2.7"), key
        return self.admission


def enrolled(service: ProvisioningService, address: Address = VAN) -> Box:
    """A box that is let in as this vehicle."""
    box = Box()
    box.enrol(service, service.add(address, by="ada")[0])
    return box


def deeds(cloud: Cloud, action: str | None = None) -> list[Deed]:
    """What stands in the audit, the newest first."""
    page = cloud.security.audit.entries(AuditFilter(action=action), Window(LIMIT_MAX))
    return [entry.deed for entry in page.items]


def later(cloud: Cloud, **span: float) -> datetime:
    """Let time go by."""
    cloud.now += timedelta(**span)
    return cloud.now
