"""Sentences of receivers: what they say, what is damaged, and that no damage becomes a place."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.receivers.nmea import BAD_CHECKSUM, BAD_LINE, CAUSES, LATELY, OTHER_LINE, NmeaReader
from edge.receivers.report import Report


def sentence(text: str) -> bytes:
    """With its checksum, reckoned here for itself."""
    return f"${text}*{reduce(lambda value, one: value ^ ord(one), text, 0):02X}\r\n".encode()


RMC = "GNRMC,101112.00,A,5231.2340,N,01324.5678,E,19.438,084.4,301126,,,A"
GGA = "GNGGA,101112.00,5231.2340,N,01324.5678,E,1,12,0.8,34.5,M,43.1,M,,"
GSA = "GNGSA,A,3,01,02,03,04,,,,,,,,,1.5,0.8,1.2"


def read(*texts: str) -> list[Report]:
    reader = NmeaReader()
    return [report for text in texts if (report := reader.take(sentence(text))) is not None]


def test_known_sentences_of_the_standard_have_the_checksums_that_everybody_prints() -> None:
    reader = NmeaReader()
    report = reader.take(b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A")
    assert report is not None
    assert report.latitude_deg == pytest.approx(48.1173)
    assert report.longitude_deg == pytest.approx(11.516667)
    assert reader.take(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47") is None
    assert reader.counters == dict.fromkeys(CAUSES, 0)


def test_an_rmc_is_a_report_with_what_the_others_said_lately() -> None:
    [report] = read(GGA, GSA, RMC)
    assert (report.mode, report.time_s, report.altitude_m, report.heading_deg) == (3, 1_796_033_472.0, 34.5, 84.4)
    assert report.latitude_deg == pytest.approx(52.52056667)
    assert report.longitude_deg == pytest.approx(13.40946333)
    assert report.accuracy_m == pytest.approx(4.0)
    assert report.speed_mps == pytest.approx(10.0, abs=0.01)


def test_without_rmc_each_gga_is_one() -> None:
    reports = read(*[GSA] * LATELY, GGA, GGA.replace("101112", "101113"))
    assert [(report.time_s, report.mode) for report in reports] == [(36_672.0, 3), (36_673.0, 3)]
    assert read(*[GSA] * (LATELY - 1), GGA) == [], "an RMC may come yet, and only that knows the day"


def test_with_rmc_a_gga_is_none() -> None:
    assert len(read(RMC, GGA, RMC.replace("101112", "101113"), GGA)) == 2


def test_what_was_said_long_ago_is_forgotten() -> None:
    [first, last] = read(GGA, RMC, *["GNVTG,,T,,M,0,N,0,K,A"] * LATELY, RMC)
    assert first.accuracy_m == pytest.approx(4.0)
    assert first.altitude_m == 34.5
    assert (last.accuracy_m, last.altitude_m) == (None, None)


@pytest.mark.parametrize(
    "texts",
    [
        [RMC.replace(",A,5231", ",V,5231")],
        [RMC[:-1] + "N"],
        [RMC[:-1] + "E"],
        [GSA.replace("A,3", "A,1"), RMC],
        [GGA.replace("E,1,12", "E,0,00"), RMC],
        [GGA.replace("E,1,12", "E,6,00"), RMC],
        ["GNRMC,,V,,,,,,,,,,N"],
        [*[GSA] * LATELY, "GNGGA,,,,,,0,00,99.99,,,,,,"],
    ],
)
def test_a_receiver_without_a_fix_says_so(texts: list[str]) -> None:
    report = read(*texts)[-1]
    assert report.mode < 2


def test_south_and_west_are_below_zero() -> None:
    [report] = read(RMC.replace(",N,", ",S,").replace(",E,", ",W,"))
    assert report.latitude_deg is not None
    assert report.longitude_deg is not None
    assert report.latitude_deg < 0 > report.longitude_deg


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (sentence(RMC).replace(b"5231", b"5331"), BAD_CHECKSUM),
        (sentence(RMC)[:40], BAD_LINE),
        (sentence(RMC)[9:], BAD_LINE),
        (sentence(RMC).replace(b"*", b""), BAD_LINE),
        (b"\xff\xfe\x00", BAD_LINE),
        (sentence(RMC.replace("5231.2340", "5261.2340")), BAD_LINE),  # there are 60 minutes in a degree
        (sentence(RMC.replace("301126", "310226")), BAD_LINE),
        (sentence(RMC.replace("101112", "251112")), BAD_LINE),
        (sentence(RMC.replace(",N,", ",E,", 1)), BAD_LINE),
        (sentence("GNRMC,101112.00"), BAD_LINE),
        (sentence("GNGSA,A,7"), BAD_LINE),
        (sentence(GGA.replace("0.8", "inf")), BAD_LINE),
        (sentence("GPGSV,3,1,11,03,03,111,00"), OTHER_LINE),
        (sentence("PUBX,00,1"), BAD_LINE),
    ],
)
def test_what_is_damaged_is_no_report_and_counted(line: bytes, cause: str) -> None:
    reader = NmeaReader()
    assert reader.take(line) is None
    assert reader.counters == dict.fromkeys(CAUSES, 0) | {cause: 1}


@given(st.binary(max_size=120))
def test_any_bytes_are_no_report_or_counted(line: bytes) -> None:
    reader = NmeaReader()
    report = reader.take(line)
    assert report is None or line.strip().startswith(b"$")
    assert sum(reader.counters.values()) == bool(line.strip()) - (report is not None)


@given(st.sampled_from([RMC, GGA, GSA]), st.data())
def test_one_character_that_flipped_is_never_another_place(text: str, data: Any) -> None:
    whole = sentence(text).strip()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
    reader, sound = NmeaReader(), NmeaReader()
    report, meant = reader.take(damaged), sound.take(whole)
    if report is not None:
        assert report == meant, "a checksum in small letters is the same"


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99), st.integers(0, 86_399), st.floats(0.5, 50.0))
def test_what_a_receiver_writes_is_read_as_it_was_meant(
    latitude: float, longitude: float, second: int, hdop: float
) -> None:
    def angle(degrees: float, width: int) -> str:
        ten_thousandths = round(abs(degrees) * 600_000)
        return f"{ten_thousandths // 600_000:0{width}d}{ten_thousandths % 600_000 / 10_000:07.4f}"

    when = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
    text = (
        f"GPGGA,{when},{angle(latitude, 2)},{'N' if latitude >= 0 else 'S'},"
        f"{angle(longitude, 3)},{'E' if longitude >= 0 else 'W'},1,08,{hdop:.2f},12.0,M,,,,"
    )
    [report] = read(*[GSA] * LATELY, text)
    assert report.time_s == second
    assert report.latitude_deg == pytest.approx(latitude, abs=1e-6)
    assert report.longitude_deg == pytest.approx(longitude, abs=1e-6)
    assert report.accuracy_m == pytest.approx(hdop * 5.0, abs=0.03)
