"""Logs in every format: told by their content, the same frames from each, packed or not."""

import gzip
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bus.log import Log
from edge.bus.logs import open_log
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE, Frame
from tests.unit.bus.written import KINDS, MS, US, S, busmaster_head, kept, resolution, write

BEGAN = 1_600_000_000 * S
FD_LENGTHS = (0, 1, 7, 8, 12, 16, 20, 24, 32, 48, 64)
FROM_ZERO = {"microchip": 0, "gvret": 0, "carbus": 0, "crtd": 0, "list": 0, "busmaster": 0}
"""Formats whose writer here takes the start of 1970 for its zero."""
FROM_ONE = ("asc", "blf", "trc")
"""Formats in which python-can writes its channel 1 as 2."""
NAMELESS = ("list", "microchip", "csv", "db")
"""Formats that do not say which bus it was."""


def opened(file: Path, *, offline: bool = False) -> Log:
    return open_log(SourceSpec.parse(f"log:{file}"), offline=offline)


def read_all(log: Log) -> list[Frame]:
    heard: list[Frame] = []
    with closing(log):
        while (batch := log.read(0.0)) is not None:
            heard.extend(batch.frames())
    assert log.counters["frames"] == len(heard)
    return heard


@st.composite
def drives(draw: st.DrawFn, kind: str) -> list[Frame]:
    """Frames that the format can hold, with stamps that it can tell apart."""
    held, step, began = kept(kind), resolution(kind), FROM_ZERO.get(kind, BEGAN)
    usual = [flags for flags in (0, REMOTE, ERROR, FD, FD | BIT_RATE_SWITCH, FD | ERROR_STATE) if not flags & ~held]
    frames = []
    for number in range(draw(st.integers(1, 8))):
        flags = draw(st.sampled_from(usual))
        is_extended = flags != ERROR and draw(st.booleans())
        identifier = draw(st.integers(0x800, 0x1FFF_FFFF) if is_extended else st.integers(0, 0x7FF))
        length = draw(st.sampled_from(FD_LENGTHS) if flags & FD else st.integers(0, 8))
        content = draw(st.binary(min_size=length, max_size=length))
        if flags == ERROR:  # most formats tell of an error without saying which
            identifier, content = 0, b""
        elif flags & REMOTE:
            content = bytes(length)
        time = began + (number * 1_000_000 + draw(st.integers(0, 999))) * step
        frames.append(Frame(time, identifier, content, "1", flags | (EXTENDED if is_extended else 0)))
    return frames


def same(kind: str, heard: Sequence[Frame], wanted: Sequence[Frame]) -> None:
    """The same frames, with stamps since the first one as exact as the format and its writer."""
    assert [replace(frame, time=0, bus="") for frame in heard] == [replace(frame, time=0, bus="") for frame in wanted]
    for frame, other in zip(heard, wanted, strict=True):
        assert abs((frame.time - heard[0].time) - (other.time - wanted[0].time)) <= (
            US if kind in ("asc", "blf", "csv", "trc") else 0
        )
    assert {frame.bus for frame in heard} == {"can0" if kind in NAMELESS else "2" if kind in FROM_ONE else "1"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "db"])
def test_every_format_gives_the_frames_that_were_written(tmp_path: Path, kind: str) -> None:
    @settings(max_examples=25)
    @given(frames=drives(kind), is_packed=st.booleans())
    def holds(frames: list[Frame], *, is_packed: bool) -> None:
        file = tmp_path / f"drive.{kind}"
        write(kind, file, frames)
        if is_packed:
            file.write_bytes(gzip.compress(file.read_bytes(), 1))
        log = opened(file)
        same(kind, read_all(log), frames)
        bad = ("bad_line", "cut_line", "bad_object", "cut_object", "time_backward", "cut_gzip")
        assert not any(log.counters.get(cause) for cause in bad)

    holds()


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_database_gives_the_frames_that_were_written(tmp_path: Path, is_packed: bool) -> None:
    frames = [Frame(BEGAN, 0x123, b"\1\2", "1"), Frame(BEGAN + S, 0x18FEF100, bytes(4), "1", EXTENDED | REMOTE)]
    frames += [Frame(BEGAN + 2 * S + row * MS, 0x7FF, bytes([row]), "1") for row in range(50)]
    file = tmp_path / "drive.db"
    write("db", file, frames)
    if is_packed:
        (tmp_path / "drive.db.gz").write_bytes(gzip.compress(file.read_bytes()))
        file = tmp_path / "drive.db.gz"
    log = opened(file)
    assert read_all(log) == [replace(frame, bus="can0") for frame in frames]
    log.close()


def test_a_cell_of_a_database_may_hold_anything(tmp_path: Path) -> None:
    file = tmp_path / "drive.db"
    sound = (5.0, 0x123, 0, 0, 0, 1, b"\1")
    odd = [(0, None), (1, None), (1, "x"), (1, 1.5), (1, -1), (5, None), (5, "x"), (0, 1e300)]
    rows = [tuple(cell if at == place else usual for at, usual in enumerate(sound)) for place, cell in odd]
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE messages (ts, arbitration_id, extended, remote, error, dlc, data)")
        database.executemany("INSERT INTO messages VALUES (?,?,?,?,?,?,?)", [sound, *rows, sound])
        database.commit()
    log = opened(file)
    heard = read_all(log)
    assert {(frame.time, frame.id, frame.payload) for frame in heard} == {(5 * S, 0x123, b"\1")}
    assert len(heard) + log.counters["bad_row"] == len(rows) + 2


def test_a_database_that_would_never_end_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "drive.db"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i, 0, 0, 0, 0, x'' FROM n"
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"CREATE VIEW messages AS {endless}")
        database.commit()
    with pytest.raises(ConfigError, match="has no table `messages`"):
        opened(file)


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_told_by_its_content_not_its_name(tmp_path: Path, kind: str) -> None:
    write(kind, tmp_path / f"drive.{kind}", [Frame(S, 0x123, b"\1\2\3", "1")])
    file = tmp_path / "drive.log"
    shutil.move(tmp_path / f"drive.{kind}", file)
    [frame] = read_all(opened(file))
    assert (frame.id, frame.payload) == (0x123, b"\1\2\3")


@pytest.mark.parametrize("kind", ["asc", "csv", "trc"])
def test_a_format_is_told_by_its_ending_where_its_head_is_missing(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"drive.{kind}.gz"
    write(kind, tmp_path / "whole", [Frame(S + row, 0x123, b"\1\2\3", "1") for row in range(3)])
    lines = (tmp_path / "whole").read_bytes().splitlines(keepends=True)
    file.write_bytes(gzip.compress(lines[-2] * 2))
    if kind == "trc":  # without its head a line is taken for one of version 1.0
        file.write_bytes(gzip.compress(b"     1)     17535  00000123  3  01 02 03\n"))
    assert read_all(opened(file))[-1].payload == b"\1\2\3"


PCAPNG = b"\x0a\x0d\x0d\x0a\x2c\0\0\0\x4d\x3c\x2b\x1a"


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (PCAPNG, "is a network capture", "candump -L"),
        (b"\xd4\xc3\xb2\xa1\2\0\4\0", "is a network capture", "candump -L"),
        (b"PK\3\4 and more", "is packed in a way that is not read", "gzip"),
        (b"TimestampEpoch;BusChannel;ID;DataLength;Dir;DataBytes\n1.5;1;0;2;0;1234\n", "LIN", "CAN channels"),
        (b"MDF     4.11    asammdf", "MF4 is read by the offline tools alone", "telltale-edge convert"),
        (b"SQLite format 3\0 and no more", "is no database of python-can", "Export it again"),
        (b"LOGG", "is no BLF log", "Export it again"),
        (b"date Sat Sep 30 15:06:13 2017\nbase hex\n", r"holds no frame \(ASC log\)", "another file"),
        (b"date Sat Sep 30 15:06:13.191 2017\nbase hex  timestamps relative\n", "from the line before", "absolute"),
        (b"ID,Data Bytes\nnonsense\n", r"is no list of ids and bytes \(line 2: 'nonsense'\)", "another file"),
        (b"what is this\n", r"is no candump log \(line 1: 'what is this'\)", r"also \.asc"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, problem: str, remedy: str
) -> None:
    for file in (tmp_path / "drive.log", tmp_path / "drive.log.gz"):
        file.write_bytes(content if file.suffix == ".log" else gzip.compress(content))
        with pytest.raises(ConfigError, match=problem) as caught:
            opened(file)
        assert caught.value.file == str(file)
        assert remedy.replace("\\", "") in caught.value.remedy


def test_a_broken_line_costs_one_line_also_of_what_python_can_reads(tmp_path: Path) -> None:
    """python-can itself ends at the first of them."""
    frames = [Frame(BEGAN + row * MS, 0x100 + row, bytes(8), "1") for row in range(9)]
    broken = {"asc": b" 1.0 1 ZZZ Rx d 1 00\n", "csv": b"1.0,0x1\n", "trc": b" 5 1.0 DT 1 ZZZ Rx - 1 00\n"}
    for kind, line in broken.items():
        file = tmp_path / f"drive.{kind}"
        write(kind, file, frames)
        lines = file.read_bytes().splitlines(keepends=True)
        at = len(lines) - 4
        file.write_bytes(b"".join([*lines[:at], line, line, *lines[at:]]))
        log = opened(file)
        assert [frame.id for frame in read_all(log)] == [frame.id for frame in frames], kind
        assert log.counters["bad_line"] == 2, kind
        assert log.first_fault.startswith(f"line {at + 1}: "), kind


def test_a_blf_object_without_a_size_holds_nobody_up(tmp_path: Path) -> None:
    """python-can turns there for ever."""
    file = tmp_path / "drive.blf"
    write("blf", file, [Frame(BEGAN + row * MS, 0x100 + row, bytes(8), "1") for row in range(3)])
    plain = _plain_blf(file.read_bytes())
    second = plain.index(b"LOBJ", plain.index(b"LOBJ", 144 + 4) + 4)
    plain[second + 8 : second + 12] = bytes(4)
    file.write_bytes(plain)
    log = opened(file)
    assert [frame.id for frame in read_all(log)] == [0x100, 0x102]
    assert log.counters["bad_object"] == 1


def _plain_blf(content: bytes) -> bytearray:
    """The same file with its one container unpacked."""
    size = int.from_bytes(content[152:156], "little")
    inside = zlib.decompress(content[144 + 32 : 144 + size])
    head = struct.pack("<4sHHLL", b"LOBJ", 16, 1, 32 + len(inside), 10) + struct.pack("<H6xL4x", 0, len(inside))
    return bytearray(content[:144] + head + inside + bytes(len(inside) % 4))


def test_what_unpacks_without_an_end_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "drive.blf"
    write("blf", file, [Frame(BEGAN, 0x100, bytes(8), "1")])
    bomb = zlib.compress(bytes(40 << 20), 9)
    body = struct.pack("<H6xL4x", 2, 40 << 20) + bomb
    container = struct.pack("<4sHHLL", b"LOBJ", 16, 1, 16 + len(body), 10) + body
    file.write_bytes(file.read_bytes() + container + bytes(len(body) % 4))
    log = opened(file)
    assert len(read_all(log)) == 1
    assert log.counters["bad_object"] >= 1


@pytest.mark.parametrize(
    ("mode", "first", "second"),
    [
        ("SYSTEM", 82_801 * S + 5 * MS, 86_400 * S),
        ("ABSOLUTE", 165_601 * S + 5 * MS, 82_800 * S),
        ("RELATIVE", 165_601 * S + 5 * MS, 165_601 * S + 5 * MS),
    ],
)  # fmt: skip
def test_stamps_of_busmaster_are_what_its_head_says(tmp_path: Path, mode: str, first: int, second: int) -> None:
    """The time of day with midnight in between, since the start, or since the line before."""
    head = busmaster_head((1, 1, 1970, 23, 0, 0, 0), mode, "DEC")
    file = tmp_path / "drive.log"
    file.write_text(head + "23:00:01:5 Rx 1 291 s 2 16 255 \n00:00:00:0 Rx 1 291 x 1 1 \n")
    one, two = read_all(opened(file))
    assert one == Frame(first, 0x123, b"\x10\xff", "1")
    assert two == Frame(max(first, second), 0x123, b"\1", "1", EXTENDED)


@pytest.mark.parametrize(
    ("date", "hour"),
    [("Sam Mär 30 3:06:13.191 pm 2019", 15), ("S Mar 30 12:06:13.191 AM 2019", 0), ("S Mrz 30 15:06:13.191 2019", 15)],
)  # fmt: skip
def test_an_asc_of_any_head_is_dated(tmp_path: Path, date: str, hour: int) -> None:
    file = tmp_path / "drive.asc"
    file.write_text(f"date {date}\nbase dec  timestamps absolute\n   0.500000 1  291  Rx d 1 16\n", encoding="utf-8")
    began = int(datetime(2019, 3, 30, hour, 6, 13, tzinfo=UTC).timestamp()) * S
    assert read_all(opened(file)) == [Frame(began + 691 * MS, 0x123, b"\x10", "1")]


def test_a_byte_that_was_cut_is_no_byte(tmp_path: Path) -> None:
    file = tmp_path / "drive.asc"
    file.write_bytes(b"base hex\n 0.1 1 123 Rx d 2 AB CD\n 0.2 1 123 Rx d 2 AB C")
    log = opened(file)
    assert len(read_all(log)) == 1
    assert log.counters["cut_line"] == 1


def test_a_log_without_stamps_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "drive.csv"
    write("list", file, [Frame(0, 1, b"\1", "1"), Frame(0, 2, b"\2", "1")])
    assert [frame.time for frame in read_all(opened(file))] == [0, 0]
    assert "no_time 2" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
def test_damage_anywhere_is_never_fatal(tmp_path: Path, kind: str) -> None:
    """Cut, and bytes changed: frames, counted losses or a refusal, at once."""
    sound = tmp_path / "sound"
    frames = [Frame(FROM_ZERO.get(kind, BEGAN) + row * 7 * MS, 0x100 + row, bytes([row] * 8), "1") for row in range(12)]
    write(kind, sound, frames)
    content = sound.read_bytes()
    if kind == "blf":
        content = bytes(_plain_blf(content))
    file = tmp_path / f"drive.{kind}"
    refusals: list[ConfigError] = []

    @settings(max_examples=40)
    @given(
        end=st.integers(0, len(content)) | st.just(len(content)),
        changes=st.lists(st.tuples(st.integers(0, len(content) - 1), st.binary(min_size=1, max_size=4)), max_size=4),
        is_packed=st.booleans(),
    )
    def holds(end: int, changes: list[tuple[int, bytes]], *, is_packed: bool) -> None:
        damaged = bytearray(content)
        for at, some in changes:
            damaged[at : at + len(some)] = some
        text = bytes(damaged[:end])
        file.write_bytes(gzip.compress(text, 1)[: -1 - end % 9] if is_packed else text)
        try:
            log = opened(file)
        except ConfigError as error:
            refusals.append(error)
            return
        heard = read_all(log)
        assert all(one.time <= other.time for one, other in pairwise(heard))

    holds()
    assert all(error.file == str(file) and error.remedy for error in refusals)
