"""Every check, causes before effects."""

from typing import Final

from edge.doctor.check import Check
from edge.doctor.of_daemon import ADAPTERS, CONFIG, DAEMON, PERMISSION, SERVICE
from edge.doctor.of_frames import BUFFER, DROPS, FRAMES, GATEWAY, OVERRUNS, UNDERSTOOD, UNPROVEN
from edge.doctor.of_link import BROKER, CERTIFICATE, CLOUD, OUTBOX
from edge.doctor.of_machine import CARD, CLOCK, DISK, HEAT, MODULES, PYTHON, SLOWED, SUPPLY
from edge.doctor.of_vehicle import CAB, MODELS, OWN, POLLING, READING, RULES, SPEECH, VOLTAGE
from edge.doctor.of_wires import BITRATE, BUS_OFF, ERRORS, INTERFACE, LINK, LISTEN_ONLY, WRONG_RATE

CHECKS: Final[tuple[Check, ...]] = (
    *(PYTHON, SUPPLY, HEAT, SLOWED, CLOCK, CARD),
    *(CONFIG, DISK, MODULES, ADAPTERS, PERMISSION, SERVICE, DAEMON),
    *(INTERFACE, BITRATE, LINK, LISTEN_ONLY, BUS_OFF, WRONG_RATE, ERRORS, UNPROVEN, GATEWAY, FRAMES),
    *(OVERRUNS, BUFFER, DROPS, READING, UNDERSTOOD, VOLTAGE, OWN, POLLING),
    *(RULES, MODELS, SPEECH, CAB),
    *(CERTIFICATE, BROKER, CLOUD, OUTBOX),
)
