"""`telltale-edge outbox`: what waits is listed, exported and checked, and nothing of it is changed."""

import base64
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.outbox import Limits, Outbox, Waiting
from edge.outbox.file import MIGRATIONS
from edge.outbox_inside import FILE, exported
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import StreamClass
from edge.wire.topics import Kind
from tests.unit.outbox.postings import alert, any_of, memory_folder, open_outbox, summary, telemetry

pytest.importorskip("sqlite_utils", reason="sqlite-utils is not installed")

ALERT, RECORD, BULK = StreamClass


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Three alerts, two summaries, a block of telemetry and a trip; one alert and a block have been evicted."""
    with closing(open_outbox(tmp_path / "outbox.db", limits=Limits(messages=7))) as outbox:
        outbox.put([telemetry(1), telemetry(2, size=300), alert(1), summary(1), summary(2)])
        outbox.put([any_of(Kind.TRIP, 1), alert(2), alert(3)])
    return tmp_path


class Told:
    """What a command said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> None:
        self.status = main([str(one) for one in ("outbox", *arguments)])
        self.out, self.err = capsys.readouterr()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def blow(state: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(state / "outbox.db")) as db, db:
        db.execute(statement, values)


def test_a_list_tells_kinds_streams_and_losses(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(Told(capsys, "list", "--state", state, "--json").out)
    assert {one["kind"]: one["messages"] for one in told["kinds"]} == {
        "alert": 3,
        "trip": 1,
        "summary": 2,
        "telemetry": 1,
    }
    alerts = told["kinds"][0]
    assert (alerts["oldest_at"], alerts["newest_at"]) == ("2026-03-01T08:00:01Z", "2026-03-01T08:00:03Z")
    assert alerts["bytes"] == sum(len(message.payload) for message in waiting(state, ALERT))
    assert [(one["name"].split("-")[0], one["next_seq"], one["waiting"]) for one in told["streams"]] == [
        ("alert", 4, 3),
        ("bulk", 3, 1),
        ("record", 4, 3),
    ]
    assert (told["vehicle"], told["lost"], told["untold_ranges"]) == ("car-1", {"evicted.telemetry": 1}, 1)
    assert told["form"] is None


def test_a_list_is_a_table_for_people(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Told(capsys, "list", "--state", state).out.splitlines()
    assert lines[0] == "vehicle   car-1"
    assert lines[1].split()[:2] == ["alert", "3"]
    assert lines[1].endswith("2026-03-01T08:00:01Z to 2026-03-01T08:00:03Z")
    assert "lost      evicted.telemetry 1" in lines
    assert lines[-1].startswith("untold    1 ranges")


def test_an_export_is_what_the_cloud_would_get(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent = [message for stream_class in StreamClass for message in waiting(state, stream_class)]
    told = Told(capsys, "export", "--state", state)
    assert told.status == 0
    [block] = [base64.b64decode(line["block"]) for line in told.lines if line["kind"] == "telemetry"]
    assert len(block) == 300
    by_place = {(line["stream"], line["seq"]): line for line in told.lines}
    for message in sent:
        line = by_place.pop((message.stream, message.seq))
        assert line.pop("kind") == message.kind
        envelope = message.payload[8:].removesuffix(block) if line.pop("block", "") else message.payload
        assert json.loads(envelope) == line
    assert not by_place


def test_an_export_of_some_kinds_into_a_file(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = state / "alerts.jsonl"
    told = Told(capsys, "export", "--state", state, "--kind", "alert", "--kind", "trip", "--out", out)
    assert (told.status, told.out) == (0, "")
    assert Counter(json.loads(line)["kind"] for line in out.read_text().splitlines()) == {"alert": 3, "trip": 1}


def test_what_is_damaged_is_left_out_of_an_export_and_counted(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blow(state, "UPDATE message SET payload = X'7B7D' WHERE class = 'alert' AND seq = 2")
    told = Told(capsys, "export", "--state", state, "--kind", "alert")
    assert (told.status, [line["seq"] for line in told.lines]) == (1, [1, 3])
    assert "1 messages are damaged and were left out" in told.err


def test_a_whole_outbox_is_called_whole(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "check", "--state", state)
    assert (told.status, told.out) == (0, "whole: 7 messages\n")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE message SET payload = X'00' WHERE class = 'alert' AND seq = 2", "number 2: is not what was written"),
        ("UPDATE message SET crc = crc + 1 WHERE kind = 'trip'", "is not what was written"),
        ("UPDATE message SET kind = 'alarm' WHERE kind = 'trip'", "is not what was written"),
        ("UPDATE stream SET next_seq = 2 WHERE class = 'alert'", "number 2 is next, though 3 waits already"),
        ("UPDATE stream SET next_seq = 'x' WHERE class = 'alert'", "number x is next"),
        ("UPDATE stream SET name = 'alert-xyz' WHERE class = 'alert'", "'alert-xyz' is no name of such a stream"),
        ("UPDATE stream SET class = 'alerf' WHERE class = 'alert'", "its streams are not alert, record and bulk"),
        ("UPDATE held SET bytes = 1 WHERE kind = 'alert'", "alert: the total is not what waits"),
        ("UPDATE stream SET messages = 9 WHERE class = 'bulk'", "bulk: the total is not what waits"),
        ("UPDATE stream SET next_seq = next_seq + 64 WHERE class = 'bulk'", "the stream bulk: is not what was written"),
        ("UPDATE gap SET last = last + 64", "a loss of bulk-"),
        ("DROP TRIGGER message_out", "its tables are not what they were"),
        ("DROP TABLE message", "is damaged (no such table: message)"),
        ("UPDATE identity SET value = 'car-2' WHERE name = 'vehicle'", "cannot be understood: "),
    ],
)
def test_a_check_names_what_is_wrong(
    state: Path, capsys: pytest.CaptureFixture[str], statement: str, problem: str
) -> None:
    blow(state, statement)
    told = Told(capsys, "check", "--state", state)
    assert told.status == 1
    assert problem in told.out
    assert str(state / "outbox.db") in told.out
    assert "A start of the daemon" in told.out


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "outbox.db").write_bytes(b"no database at all" * 100)
    told = Told(capsys, "check", "--state", tmp_path)
    assert (told.status, "is damaged" in told.out) == (1, True)
    told = Told(capsys, "list", "--state", tmp_path)
    assert (told.status, "is damaged" in told.err) == (1, True)


@pytest.mark.parametrize("action", ["list", "export", "check"])
def test_without_an_outbox_the_caller_is_told_where_it_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    told = Told(capsys, action, "--state", tmp_path)
    assert told.status == 78
    assert f"{tmp_path}/outbox.db: there is no outbox" in told.err
    assert "--state" in told.err


def test_an_outbox_of_a_newer_telltale_is_left_to_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blow(state, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    told = Told(capsys, "check", "--state", state)
    assert told.status == 78
    assert "was written by a newer Telltale" in told.err


def test_an_outbox_of_an_earlier_form_can_be_looked_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as db, db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("INSERT INTO identity VALUES ('vehicle', 'car-1')")
        db.executemany("INSERT INTO stream VALUES (?, ?, 1, 0, 0)", [(one, f"{one}-{0:016x}") for one in StreamClass])
        db.execute("PRAGMA user_version = 1")
    assert Told(capsys, "check", "--state", tmp_path).status == 0
    assert "the daemon brings it up to date" in Told(capsys, "list", "--state", tmp_path).out
    assert Told(capsys, "export", "--state", tmp_path).status == 0


def test_nothing_is_changed_and_nothing_left_beside_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (state / "outbox.db").read_bytes()
    for action in ("list", "export", "check"):
        assert Told(capsys, action, "--state", state).status == 0
    assert (state / "outbox.db").read_bytes() == before
    with closing(open_outbox(state / "outbox.db")) as outbox:
        assert outbox.notes == ()
        assert outbox.put([alert(9)]) == 1


def test_a_daemon_that_writes_meanwhile_is_kept_from_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with memory_folder() as folder, closing(open_outbox(folder / "outbox.db")) as outbox:
        for number in range(0, 3000, 100):
            outbox.put([alert(number + one) for one in range(100)])
        told = Told(capsys, "check", "--state", folder)
        assert (told.status, told.out) == (0, "whole: 3,000 messages\n")
        lines = exported(folder / FILE, frozenset(Kind))
        first = next(lines)
        outbox.put([alert(9999)])
        outbox.acknowledge(all_of(outbox))
        rest = [line for line in lines if line]
        assert json.loads(first or "")["seq"] == 1
        assert len(rest) < 3000, "what the cloud had meanwhile is not in it"
        [[busy, _, _]] = outbox._disk.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert not busy, "nobody holds an old state of the file"


def all_of(outbox: Outbox) -> Ack:
    messages = outbox.waiting(ALERT, 0, 10_000)
    return ack_of(messages[0].stream, [(1, messages[-1].seq)])


def waiting(state: Path, stream_class: StreamClass) -> list[Waiting]:
    with closing(open_outbox(state / "outbox.db")) as outbox:
        return outbox.waiting(stream_class, 0, 1000)


def test_without_sqlite_utils_the_command_says_what_to_install(state: Path) -> None:
    code = "import sys; sys.modules['sqlite_utils'] = None; from edge.cli import main; sys.exit(main(sys.argv[1:]))"
    ended = subprocess.run(
        [sys.executable, "-c", code, "outbox", "list", "--state", str(state)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 78
    assert "sqlite-utils, which is not installed. Install telltale[outbox]" in ended.stderr


def test_the_daemon_never_imports_it(tmp_path: Path) -> None:
    code = "import sys; from edge.cli import main; main(sys.argv[1:]); print('sqlite_utils' in sys.modules)"
    arguments = ("run", "--bus", "sim:car?duration=2&seed=1", "--profile", "telltale-car", "--speed", "max")
    more = ("--voice", "none", "--broker", "mqtt://127.0.0.1:9", "--drain", "0", "--state", str(tmp_path))
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments, *more], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stdout.splitlines()[-1] == "False", ended.stderr
    assert (tmp_path / "outbox.db").exists()
