"""What is typed is taken, what cannot be is asked again, and nobody answers nothing but what is safe."""

import io

import pytest

from edge.errors import ConfigError
from edge.setup.person import Nobody
from tests.unit.edge.setup.people import Scripted

PORTS = ["can:can0", "can:can1"]


def test_one_of_several_is_asked_for_until_it_is_one() -> None:
    person = Scripted(["can1", "3", "0", "2"])
    assert person.choose("Which?", PORTS, flag="--bus") == 1
    assert person.told.count("Which?") == 4
    assert "  1  can:can0\n  2  can:can1\n" in person.told


def test_whoever_goes_away_is_told_the_flag() -> None:
    with pytest.raises(ConfigError, match="--bus"):
        Scripted([]).choose("Which?", PORTS, flag="--bus")


@pytest.mark.parametrize(
    ("typed", "unasked", "agreed"),
    [
        ("y", False, True),
        ("YES", False, True),
        ("n", True, False),
        ("perhaps", True, False),
        ("", True, True),
        ("", False, False),
    ],
)
def test_yes_is_yes_and_nothing_is_what_it_says(typed: str, unasked: bool, agreed: bool) -> None:
    assert Scripted([typed]).agrees("So?", unasked=unasked) is agreed


def test_nobody_answers_what_is_safe_and_refuses_to_choose() -> None:
    nobody = Nobody(io.StringIO())
    assert (nobody.agrees("So?", unasked=False), nobody.says("What?")) == (False, "")
    with pytest.raises(ConfigError) as refused:
        nobody.choose("Which one is at the vehicle?", PORTS, flag="--bus")
    assert str(refused.value) == ("--bus: Which one is at the vehicle? can:can0, can:can1. Say which: --bus …")
