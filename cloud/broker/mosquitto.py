"""The configuration that Telltale writes for a real broker, mosquitto 2.

What matters is how it behaves when the cloud is slow or away: mosquitto drops what exceeds `max_queued_messages`
although the sender got its PUBACK. The vehicle's outbox survives that (it forgets on the cloud's acknowledgement
only), but what need not be sent twice should not be.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.wire.codec import BULK_BYTES_MAX

IN_FLIGHT_MAX: Final = 20
"""Messages that a client may have received and not acknowledged: mosquitto's own default, and a batch of the inbox."""
QUEUED_MAX: Final = 100_000
"""Messages kept for one client that is connected and busy, beyond those in flight."""
PACKET_BYTES_MAX: Final = BULK_BYTES_MAX + 1024
"""The largest bulk message with its topic."""
_SECONDS_BETWEEN_SAVES: Final = 30


@dataclass(frozen=True, slots=True)
class MosquittoSettings:
    """What differs between one installation and the next."""

    folder: Path
    """Where it keeps retained and queued messages, and where the password file is looked for."""
    host: str = "127.0.0.1"
    port: int = 1883
    user: str | None = None
    """Who it runs as when started by root; by default the packager's `mosquitto`."""

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it, so that it may do without passwords."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def password_file(self) -> Path:
        """Made with `mosquitto_passwd -c FILE USER`; needed when the broker can be reached from elsewhere."""
        return self.folder / "passwords"


def lasting_and_bounded(folder: Path) -> list[str]:
    """The lines by which any mosquitto of ours keeps what it has taken, and takes no more than it can."""
    return [
        "persistence true",
        f"persistence_location {folder}/",
        f"autosave_interval {_SECONDS_BETWEEN_SAVES}",
        "persistent_client_expiration 14d",
        f"max_inflight_messages {IN_FLIGHT_MAX}",
        f"max_queued_messages {QUEUED_MAX}",
        "max_queued_bytes 0",
        "# The largest bulk message with its topic; what is larger ends the connection.",
        f"max_packet_size {PACKET_BYTES_MAX}",
        "set_tcp_nodelay true",
        "sys_interval 0",
    ]


def mosquitto_conf(settings: MosquittoSettings) -> str:
    """The text of mosquitto.conf: durable, bounded, closed to strangers unless it is loopback only."""
    lines = [
        "# Written by `telltale-cloud broker-config`.",
        f"listener {settings.port} {settings.host}",
        *_access(settings),
        *lasting_and_bounded(settings.folder),
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    if settings.user is not None:
        lines.append(f"user {settings.user}")
    return "\n".join(lines) + "\n"


def _access(settings: MosquittoSettings) -> list[str]:
    if settings.is_private:
        return ["allow_anonymous true"]
    return ["allow_anonymous false", f"password_file {settings.password_file}"]
