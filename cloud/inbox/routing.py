"""Which feature reads which kind of message."""

from dataclasses import dataclass

from cloud.alerts.service import AlertService
from cloud.bundles.updates import UpdateService
from cloud.campaigns.service import CampaignService
from cloud.captures.service import CaptureService
from cloud.commands.service import CommandService
from cloud.database import Connection
from cloud.fleet.refused import VehicleRefusals
from cloud.fleet.service import FleetService
from cloud.health.service import HealthService
from cloud.heard import Heard
from cloud.inbox import aside_store
from cloud.inbox.kept import Shelved
from cloud.logs import correlated
from edge.wire.codec import Uplink
from edge.wire.messages import (
    Alert,
    Body,
    Capture,
    Fetch,
    Gap,
    Health,
    Position,
    Reported,
    Result,
    Summary,
    Telemetry,
    Trip,
    TroubleCode,
)


@dataclass(frozen=True, slots=True)
class Features:
    """Everybody who is told of messages."""

    fleet: FleetService
    alerts: AlertService
    health: HealthService
    captures: CaptureService
    commands: CommandService
    campaigns: CampaignService
    refused: VehicleRefusals
    updates: UpdateService

    def tell(self, connection: Connection, heard: Heard, uplink: Uplink, payload: bytes) -> bool:
        """Tell the feature concerned; False where nobody takes it and it was put on the shelf."""
        if self._take(connection, heard, uplink):
            return True
        aside_store.put_shelved(connection, _shelved(heard, uplink, payload))
        return False

    def _take(self, connection: Connection, heard: Heard, uplink: Uplink) -> bool:
        """Whether a feature has taken it."""
        match uplink.body:
            case Capture() as capture:
                return self.captures.record(connection, heard, capture, uplink.block)
            case Telemetry() as telemetry:
                return self.campaigns.windows.record(connection, heard, telemetry, uplink.block)
            case Result() as result:
                return self.commands.record(connection, heard, result)
            case Fetch():
                return True  # answered by the intake, which knows how much it may say
            case _ as body:
                return self._hear(connection, heard, body)

    def _hear(self, connection: Connection, heard: Heard, body: Body) -> bool:
        """Whether a feature takes this kind; those that do take every one of it."""
        match body:
            case Alert() as alert:
                with correlated(alert.id):
                    self.alerts.record(connection, heard, alert)
            case Trip() as trip:
                self.fleet.record_trip(connection, heard, trip)
            case Summary() as summary:
                if self.fleet.record_summary(connection, heard, summary):
                    self.health.record_summary(connection, heard, summary)
            case TroubleCode() as code:
                self.health.record_code(connection, heard, code)
            case Reported() as told:
                self._record_reported(connection, heard, told)
            case Health() | Position() as told:
                self.fleet.record_told(connection, heard, told)
            case Gap() as gap:
                aside_store.put_gap(connection, heard, gap)
            case _:
                return False
        return True

    def _record_reported(self, connection: Connection, heard: Heard, told: Reported) -> None:
        self.fleet.record_told(connection, heard, told)
        self.refused.record(connection, heard, told)
        self.campaigns.record(connection, heard, told)
        self.updates.record(connection, heard, told)


def _shelved(heard: Heard, uplink: Uplink, payload: bytes) -> Shelved:
    return Shelved(
        address=heard.address,
        stream=heard.place[0],
        seq=uplink.seq,
        kind=uplink.kind,
        observed_at=heard.observed_at,
        received_at=heard.received_at,
        payload=payload,
    )
