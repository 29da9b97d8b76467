"""The simulator's README shows the ranges that are in the code, and names every fault."""

import re

from edge.simulator.faults import FAULTS
from edge.simulator.traits import CarTraits, ChargingLossTraits, CoolantLeakTraits
from tests.shared import ROOT

TEXT = (ROOT / "edge" / "simulator" / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|$", re.MULTILINE)


def test_ranges_are_those_of_the_code() -> None:
    shown = {name: (float(low), float(high)) for name, low, high in ROW.findall(TEXT)}
    assert shown == CarTraits.ranges | CoolantLeakTraits.ranges | ChargingLossTraits.ranges


def test_every_fault_has_its_section() -> None:
    assert set(re.findall(r"^### `(\w+)`", TEXT, re.MULTILINE)) == set(FAULTS)
