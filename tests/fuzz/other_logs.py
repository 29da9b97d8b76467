"""Logs of other programs: whatever is in them, each is read or refused, in order, and every loss is counted."""

import gzip
import sqlite3
import struct
import zlib
from functools import lru_cache
from typing import Final

from edge.bus.log import Log
from edge.bus.logs import open_log
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import FrameBatch
from tests.fuzz.dice import Dice
from tests.fuzz.logs import check_batch
from tests.fuzz.scratch import check_refusal, scratch

FRAMES_MAX: Final = 4_000
"""From one input: a file of some hundred bytes never has more, unless its reader turns in one place."""
ENDINGS: Final = (".log", ".asc", ".trc", ".csv", ".blf", ".db", ".mf4", ".txt")
TEXTS: Final = (
    (b"Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n",
     b"166064000,0000021A,false,0,8,FE,36,12,FE,69,05,07,AD,\n", b"1,18FEF100,true,Rx,1,2,01,02\n"),
    (b"0.5 CXX made\n", b"166.064000 R11 0000021A FE 36\n", b"1.5 2T29 18FEF100 00\n", b"1.5 CEV event\n"),
    (b"ID,Data Bytes\n", b"0000021A,FE 36 12 FE 69 05 07 AD \n", b"18FEF100,\n"),
    (b"CAN BUS Analyzer\nLogging Started: 23/9/2015 22:17:43\n",
     b"166064;RX;0x0000021A;2;0xFE;0x36;\n", b"5;TX;0x1;0;\n"),
    (b"@ TEXT @ 2 @\r", b"46,016\t1\t0004\t45A\t2\t5A 04\t00000000\tZ\t\r", b"47,016\t1\t0004\t18FEF100\t0\t\t\r"),
    (b"TimestampEpoch;BusChannel;ID;IDE;DLC;DataLength;Dir;EDL;BRS;DataBytes\n",
     b"1581670628.161550;1;123;0;2;2;0;0;0;1234\n", b"1.5;2;18FEF100;1;9;12;0;1;1;123456781234567812345678\n"),
    (b"***BUSMASTER Ver 2.4.0***\n***START DATE AND TIME 23:9:2015 22:17:28:928***\n***HEX***\n",
     b"22:20:14:992 Rx 0 0000021A s 2 FE 36 \n", b"00:00:01:5 Tx 1 0x1A xr 8 \n",
     b"***RELATIVE MODE***\n", b"***DEC***\n"),
    (b"date Sat Sep 30 15:06:13.191 2017\nbase hex  timestamps absolute\n",
     b"   2.501000 1 C8 Rx d 2 09 08\n", b" 3.0 CANFD 2 Rx 300 1 0 9 12 11 c2 03 04 05 06 07 08 09 0a 0b 0c 1 2 3 4\n",
     b" 3.1 1 ErrorFrame\n", b" 3.2 2 18FEF100x Tx r 8\n", b"base dec\n", b" 1.0 1 Statistic: D 0\n"),
    (b";$FILEVERSION=2.1\n;$STARTTIME=43008.92\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n",
     b"1 2501.000 DT 2 00C8 Tx - 2 09 08\n", b"2 2502.000 RR 2 18FEF100 Rx - 1\n",
     b"3 2503.0 FB 1 0123 Rx - 9 " + b"00 " * 12 + b"\n",
     b";$FILEVERSION=1.1\n", b" 1) 17535.4 Tx 00000100 2 00 00\n"),
    (b"timestamp,arbitration_id,extended,remote,error,dlc,data\n",
     b"1600000000.5,0x123,0,0,0,2,AAE=\n", b"1.0,0x18fef100,1,1,0,4,\n"),
    (b"", b"(1.0) can0 123#00\n", b"LOGG", b"MDF     4.10", b"\n"),
)  # fmt: skip
"""The head of each text format, then lines of it."""


def read_any_other_log(content: bytes) -> None:
    """The first bytes say which format it is to look like and how it is packed, the rest damages it."""
    dice = Dice(content)
    kind, ending, packing = dice.number(len(TEXTS) + 2), dice.pick(ENDINGS), dice.number(3)
    text = _made(kind, dice)
    if packing == 3:
        text = gzip.compress(text, 1)[: -1 - dice.number(9)]
    elif packing == 2:
        text = gzip.compress(text, 1)
    file = scratch() / f"any{ending}"
    file.write_bytes(text)
    try:
        log = open_log(SourceSpec(text=f"log:{file}", kind="log", rest=str(file)))
    except ConfigError as error:
        check_refusal(error, file)
        return
    read = _all_of(log)
    assert log.counters["frames"] == sum(map(len, read)) > 0
    assert all(count >= 0 for count in log.counters.values()), f"fewer than none: {log.counters}"
    last = 0
    for batch in read:
        last = check_batch(batch, last)


def _all_of(log: Log) -> list[FrameBatch]:
    read: list[FrameBatch] = []
    while (batch := log.read(0.0)) is not None:
        read.append(batch)
        assert sum(map(len, read)) <= FRAMES_MAX, "frames without an end"
    log.close()
    return read


def _made(kind: int, dice: Dice) -> bytes:
    if kind < len(TEXTS):
        head, *lines = TEXTS[kind]
        return _damaged(head + b"".join(dice.pick(lines) for _ in range(1 + dice.number(6))), dice)
    if kind == len(TEXTS):
        return _damaged(_database(), dice)
    return _blf(_damaged(_objects(), dice), dice)


def _damaged(sound: bytes, dice: Dice) -> bytes:
    """With some bytes changed, put in or left out, and perhaps cut."""
    text = bytearray(sound)
    for _ in range(dice.number(4)):
        at = dice.number(max(1, len(text)))
        some = dice.take(dice.number(5))
        text[at : at + dice.pick((len(some), 0, 1, 4))] = some
    return bytes(text[: dice.number(max(1, len(text)))] if dice.chance(4) else text)


@lru_cache(maxsize=1)
def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size=512")
    connection.execute(
        "CREATE TABLE messages (ts REAL, arbitration_id INTEGER, extended INTEGER, remote INTEGER, error INTEGER, "
        "dlc INTEGER, data BLOB)"
    )
    rows = [(1.6e9 + row, 0x100 + row, 0, 0, 0, 2, bytes([row, 1])) for row in range(5)]
    connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    content = connection.serialize()
    connection.close()
    return content


@lru_cache(maxsize=1)
def _objects() -> bytes:
    """One object of each kind that has frames, and one of none."""
    bodies = {
        1: struct.pack("<HBBL8s", 1, 0, 2, 0x123, bytes(8)),
        86: struct.pack("<HBBL8sLBBH", 1, 0x80, 8, 0x98FEF100, bytes(8), 0, 0, 0, 0),
        73: struct.pack("<HHLBBBxLLH2x8s", 1, 0, 0, 0, 0, 2, 0, 0x20, 0, bytes(8)),
        100: struct.pack("<HBBLLBBB5x64s", 1, 0, 9, 0x123, 0, 0, 3, 12, bytes(range(64))),
        101: struct.pack("<BBBBLLLLLLLHBBL", 1, 9, 12, 0, 0x123, 0, 0x3000, 0, 0, 0, 0, 0, 0, 0, 0) + bytes(12),
        65: bytes(9),
    }
    return b"".join(
        _object(kind, struct.pack("<LHHQ", 2, 0, 0, kind * 1000) + body, 32) for kind, body in bodies.items()
    )


def _object(kind: int, rest: bytes, head: int) -> bytes:
    size = 16 + len(rest)
    return struct.pack("<4sHHLL", b"LOBJ", head, 1, size, kind) + rest + bytes(size % 4)


def _blf(content: bytes, dice: Dice) -> bytes:
    """A file of one or two containers, damaged outside as well."""
    at = dice.number(len(content)) if dice.chance(3) else len(content)
    is_packed = dice.chance(2)
    date = struct.pack("<8H", 2020, 1, 3, 1, 0, 0, 0, 0)
    head = struct.pack("<4sLBBBBBBBBQQLL", b"LOGG", 144, 5, 0, 0, 0, 2, 6, 8, 1, 0, 0, 0, 0) + date * 2
    parts = [part for part in (content[:at], content[at:]) if part]
    containers = [
        _object(
            10,
            struct.pack("<H6xL4x", 2 if is_packed else 0, len(part)) + (zlib.compress(part, 1) if is_packed else part),
            16,
        )
        for part in parts
    ]
    return _damaged(head.ljust(144, b"\0") + b"".join(containers), dice)
