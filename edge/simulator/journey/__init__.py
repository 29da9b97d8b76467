"""Where a vehicle goes: drives without end, of one cycle, each with the while it stands afterwards."""

from edge.simulator.journey.drive import Drive, Key, Style
from edge.simulator.journey.plan import CYCLES, Journey

__all__ = ["CYCLES", "Drive", "Journey", "Key", "Style"]
