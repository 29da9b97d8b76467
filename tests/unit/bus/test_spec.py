"""Sources as they are written: their parts, their options, and mistakes told with the place and the remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.spec import KINDS, SourceSpec, plain_value
from edge.errors import ConfigError


def test_only_the_first_colon_and_the_first_question_mark_split() -> None:
    spec = SourceSpec.parse("pythoncan:udp_multicast:ff15::1?port=43113&x=a?b=c")
    assert (spec.kind, spec.rest) == ("pythoncan", "udp_multicast:ff15::1")
    assert spec.options == (("port", "43113"), ("x", "a?b=c"))


def test_nothing_is_unescaped() -> None:
    spec = SourceSpec.parse("sim:car?start=2026-05-01T08:00:00+02:00&fault=coolant_leak@60")
    assert spec.text_option("start", None) == "2026-05-01T08:00:00+02:00"
    assert spec.all_options("fault") == ["coolant_leak@60"]


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        (
            "",
            "no source is of kind ''",
            "ble:, can:, elm327:, gpsd:, hwmon:, iio:, imu:, log:, nmea:, pythoncan:, sim:, table:",
        ),
        ("drive.log", "no source is of kind 'drive.log'", "log:"),
        ("obd:ttyUSB0", "no source is of kind 'obd'", "sim:"),
        ("log:", "nothing stands after log:", "log:drive.log"),
        ("can:?fd=on", "nothing stands after can:", "can:can0"),
        ("log:a.log?chanel=can0", "there is no option 'chanel'", "log: takes channel"),
        ("sim:car?speed=2", "there is no option 'speed'", "duration, fault, seed, skip, start"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SourceSpec.parse(text)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert caught.value.place == text


def test_options_are_read_by_type() -> None:
    spec = SourceSpec.parse("sim:car?seed=7&duration=1.5")
    assert spec.int_option("seed", 1) == 7
    assert spec.float_option("duration", None) == 1.5
    assert SourceSpec.parse("can:can0?fd=on").bool_option("fd", False) is True
    assert SourceSpec.parse("can:can0?fd=off").bool_option("fd", True) is False


def test_what_is_not_given_has_its_default() -> None:
    spec = SourceSpec.parse("sim:car")
    assert spec.text_option("start", "now") == "now"
    assert spec.bool_option("fd", True) is True
    assert spec.int_option("seed", None) is None
    assert spec.float_option("duration", 2.5) == 2.5


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("seed=1&seed=2", "given twice"),
        ("seed=", "has no value"),
        ("seed", "has no value"),
        ("seed=on", "cannot be used"),
        ("seed=1.5", "cannot be used"),
        ("seed=-1", "cannot be used"),
    ],
)
def test_a_whole_number_that_is_none_is_refused(options: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        SourceSpec.parse(f"sim:car?{options}").int_option("seed", 1)


@pytest.mark.parametrize("value", ["0", "-3", "nan", "inf", "soon"])
def test_a_duration_is_above_zero_and_ends(value: str) -> None:
    with pytest.raises(ConfigError, match="above 0"):
        SourceSpec.parse(f"sim:car?duration={value}").float_option("duration", None)


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(ConfigError, match="neither on nor off"):
        SourceSpec.parse("can:can0?fd=maybe").bool_option("fd", False)


@pytest.mark.parametrize(
    ("text", "value"),
    [("43113", 43113), ("-1", -1), ("0x7DF", 0x7DF), ("0.25", 0.25), ("on", True), ("false", False), ("1e3", "1e3")],
)
def test_values_for_an_interface_become_what_they_look_like(text: str, value: object) -> None:
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


def parsed(text: str) -> SourceSpec | ConfigError:
    try:
        return SourceSpec.parse(text)
    except ConfigError as error:
        return error


@given(st.one_of(st.text(), st.builds("{}:{}".format, st.sampled_from(sorted(KINDS)), st.text())))
def test_any_text_is_a_source_or_a_mistake_with_a_remedy(text: str) -> None:
    result = parsed(text)
    if isinstance(result, ConfigError):
        assert (result.place, bool(result.remedy)) == (text, True)
    else:
        assert text.startswith(f"{result.kind}:{result.rest}")
