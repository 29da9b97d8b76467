"""The allow-list: what is on it passes as it is, and whatever else is asked is refused with place and remedy."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.commands import ARGUMENTS, BadCommand, CommandName, LogLevel, LogLevelArguments, SpeakArguments, check
from edge.wire.downlink import Command, decode_down, encode_down

GOOD: dict[CommandName, dict[str, Any]] = {
    CommandName.LOG_LEVEL: {"level": "debug", "minutes": 30},
    CommandName.SPEAK: {"text": "Bitte die Zentrale anrufen."},
}
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
VALUES = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text()


def over_the_wire(name: str, arguments: dict[str, Any]) -> Command:
    command = Command(id="0" * 32, name=name, arguments=arguments, issued_at=AT, expires_at=AT)
    return decode_down(Command, encode_down(command))


@pytest.mark.parametrize("name", CommandName)
def test_every_command_passes_with_its_arguments_also_over_the_wire(name: CommandName) -> None:
    arguments = GOOD.get(name, {})
    command = over_the_wire(name, arguments)
    assert check(name, arguments) == check(command.name, command.arguments)
    assert check(name, arguments)[1].model_dump() == arguments


def test_numbers_of_the_wire_are_whole_numbers_again() -> None:
    _, arguments = check("log_level", {"level": "info", "minutes": 1440.0})
    assert isinstance(arguments, LogLevelArguments)
    assert (arguments.level, arguments.minutes) == (LogLevel.INFO, 1440)
    assert isinstance(arguments.minutes, int)


@pytest.mark.parametrize(
    ("name", "arguments", "place", "remedy"),
    [
        ("reboot", {}, "name", "What may be asked: capture, read_codes"),
        ("", {}, "name", "What may be asked: "),
        ("Capture", {}, "name", "What may be asked: "),
        ("capture", {"seconds": 5}, "arguments.seconds", "capture takes no arguments"),
        ("log_level", {"level": "debug"}, "arguments.minutes", "log_level takes level and minutes"),
        ("log_level", {"level": "trace", "minutes": 5}, "arguments.level", "log_level takes level and minutes"),
        ("log_level", {"level": "debug", "minutes": 0}, "arguments.minutes", "greater than or equal to 1"),
        ("log_level", {"level": "debug", "minutes": 1441}, "arguments.minutes", "less than or equal to 1440"),
        ("log_level", {"level": "debug", "minutes": 1.5}, "arguments.minutes", "whole number"),
        ("log_level", {"level": "debug", "minutes": True}, "arguments.minutes", "whole number"),
        ("log_level", {"level": "debug", "minutes": "5"}, "arguments.minutes", "whole number"),
        ("log_level", {"level": "debug", "minutes": None}, "arguments.minutes", "whole number"),
        ("log_level", {"level": "debug", "minutes": float("inf")}, "arguments.minutes", "whole number"),
        ("speak", {}, "arguments.text", "speak takes text"),
        ("speak", {"text": ""}, "arguments.text", "speak takes text"),
        ("speak", {"text": "  "}, "arguments.text", "something to say"),
        ("speak", {"text": "x" * 201}, "arguments.text", "200 characters"),
        ("speak", {"text": "a\nb"}, "arguments.text", "control characters"),
        ("speak", {"text": "a\x1b[2J"}, "arguments.text", "control characters"),
        ("speak", {"text": 5.0}, "arguments.text", "string"),
        ("speak", {"text": "ok", "voice": "loud"}, "arguments.voice", "speak takes text"),
    ],
)
def test_whatever_else_is_refused_with_place_and_remedy(
    name: str, arguments: dict[str, Any], place: str, remedy: str
) -> None:
    with pytest.raises(BadCommand) as caught:
        check(name, arguments)
    assert caught.value.place == place
    assert str(caught.value).startswith(f"{place}: ")
    assert remedy in str(caught.value)
    assert caught.value.remedy in str(caught.value)


@given(st.text(), st.dictionaries(st.text(), VALUES, max_size=3))
def test_nothing_but_a_name_of_the_list_gets_through(name: str, arguments: dict[str, Any]) -> None:
    said = ""
    try:
        command, _ = check(name, arguments)
    except BadCommand as error:
        said = str(error)
    else:
        assert command == name
    assert len(said.splitlines()) <= 1
    assert len(said) < 1000


@given(st.sampled_from(CommandName), st.dictionaries(st.sampled_from(["level", "minutes", "text", "x"]), VALUES))
def test_what_passes_says_no_more_than_it_was_asked(name: CommandName, arguments: dict[str, Any]) -> None:
    try:
        _, found = check(name, arguments)
    except BadCommand:
        return
    assert type(found) is ARGUMENTS[name]
    assert set(arguments) == set(ARGUMENTS[name].model_fields)


@given(st.text(max_size=250))
def test_a_text_is_spoken_as_it_was_written_or_not_at_all(text: str) -> None:
    try:
        _, found = check("speak", {"text": text})
    except BadCommand:
        return
    assert isinstance(found, SpeakArguments)
    assert found.text == text
    assert len(text) <= 200
    assert text.splitlines() == [text]
