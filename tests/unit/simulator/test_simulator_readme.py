"""The simulator's README is what the code says, and names what the command line takes."""

from edge.simulator.kinds import KINDS
from tests.study.chapters import README, renewed

TEXT = README.read_text("utf-8")


def test_chapters_made_of_the_code_are_those_of_today() -> None:
    assert renewed(TEXT) == TEXT  # otherwise: python -m tests.study.chapters


def test_every_scenario_of_every_vehicle_has_its_section() -> None:
    for kind in KINDS.values():
        for name in kind.faults:
            assert f"### `{name}` (" in TEXT


def test_every_scenario_tells_its_signals_its_codes_and_who_notices() -> None:
    for kind in KINDS.values():
        for fault in kind.faults.values():
            told = fault.__doc__ or ""
            assert fault.control or "ode" in told, fault.name
            assert fault.control or "Noticed" in told or "technician" in told, fault.name
