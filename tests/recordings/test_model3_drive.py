"""A real drive through the real daemon: every frame accounted for, alerts where the log says so, twice the same."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cantools.database
import pytest
from cantools.database import Database

from tests.programs import run

LINE = re.compile(r"\((\d+)\.(\d{6})\) (\S+) ([0-9A-F]{3})#([0-9A-F]*)")
GRID_US = 100_000

RULES = """
[[rule]]
alert = "steering_fast_left"
expr = "dbc.ID129SteeringAngle.SteeringSpeed129 < -20.0"
clear = "dbc.ID129SteeringAngle.SteeringSpeed129 >= -5.0"
component = "steering"
severity = "info"
action = "watch"
summary = "Steering at {value}"

[[rule]]
alert = "compressor_running"
expr = "dbc.ID227CMP_state.CMP_speedRPM > 1000.0"
clear = "dbc.ID227CMP_state.CMP_speedRPM <= 900.0"
for = "1s"
component = "climate"
severity = "info"
action = "watch"
summary = "Compressor at {value}"

[[rule]]
alert = "steering_right"
expr = "dbc.ID129SteeringAngle.SteeringSpeed129 > 10.0"
clear = "dbc.ID129SteeringAngle.SteeringSpeed129 <= 2.0"
component = "steering"
severity = "info"
action = "watch"
summary = "Steering at {value}"

[[rule]]
alert = "heater_hot"
expr = "dbc.ID287PTCcabinHeatSensorStatus.PTC_leftTempIGBT > 57.5"
component = "climate"
severity = "info"
action = "watch"
summary = "Heater at {value}"
"""


@dataclass(frozen=True)
class Limit:
    """A rule once more, written down independently of the rule file."""

    message: str
    signal: str
    threshold: float
    clear: float
    above: bool
    for_us: int = 0


LIMITS = {
    "steering_fast_left": Limit("ID129SteeringAngle", "SteeringSpeed129", -20.0, -5.0, above=False),
    "compressor_running": Limit("ID227CMP_state", "CMP_speedRPM", 1000.0, 900.0, above=True, for_us=1_000_000),
    "steering_right": Limit("ID129SteeringAngle", "SteeringSpeed129", 10.0, 2.0, above=True),
    "heater_hot": Limit("ID287PTCcabinHeatSensorStatus", "PTC_leftTempIGBT", 57.5, 57.5, above=True),
}


@pytest.fixture(scope="module")
def log(shared: Path) -> Path:
    return shared / "data" / "can" / "tesla-model3-drive.log"


@pytest.fixture(scope="module")
def dbc(shared: Path) -> Path:
    return shared / "data" / "dbc" / "tesla-model3.dbc"


@pytest.fixture(scope="module")
def database(dbc: Path) -> Database:
    loaded = cantools.database.load_file(dbc, strict=False)
    assert isinstance(loaded, Database)
    return loaded


def frames(log: Path) -> Iterator[tuple[int, int, bytes]]:
    """(microseconds, id, payload) of every whole line, by a regular expression of this test's own."""
    for line in log.read_text().splitlines():
        if found := LINE.fullmatch(line):
            yield int(found[1]) * 1_000_000 + int(found[2]), int(found[4], 16), bytes.fromhex(found[5])


def expected(log: Path, database: Database, limit: Limit) -> list[tuple[int, int | None]]:
    """(start, end) in microseconds of every alert that the log gives reason for, on the grid of 100 ms."""
    message = database.get_message_by_name(limit.message)
    value: float | None = None
    in_cell: list[float] = []
    tick = holding_since = 0
    alerts: list[tuple[int, int | None]] = []
    firing = False

    def judge(at: int) -> None:
        nonlocal firing, holding_since
        if value is None:
            return
        sign = 1 if limit.above else -1
        deciding = [value] if limit.for_us else in_cell or [value]  # without `for`, a single sample decides
        beyond = any(sign * one > sign * limit.threshold for one in deciding)
        holding_since = (holding_since or at) if beyond else 0
        if not firing and beyond and at - holding_since >= limit.for_us:
            alerts.append((at, None))
            firing = True
        elif firing and not beyond and sign * value <= sign * limit.clear:
            alerts[-1] = (alerts[-1][0], at)
            firing = False

    for at, identifier, payload in frames(log):
        tick = tick or at // GRID_US * GRID_US + GRID_US
        while at >= tick:
            judge(tick)
            in_cell.clear()
            tick += GRID_US
        if identifier == message.frame_id:
            decoded = message.decode(payload, decode_choices=False)
            assert isinstance(decoded, dict)
            value = float(decoded[limit.signal])  # type: ignore[arg-type]  # numbers without decode_choices
            in_cell.append(value)
    judge(tick)
    return alerts


def microseconds(stamp: str | None) -> int | None:
    if stamp is None:
        return None
    return (datetime.fromisoformat(stamp) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.fixture(scope="module")
def drive(log: Path, dbc: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, object]]:
    """The alerts and the account of a run."""
    folder = tmp_path_factory.mktemp("drive")
    return run_drive(log, dbc, folder)


def run_drive(log: Path, dbc: Path, folder: Path) -> tuple[bytes, dict[str, object]]:
    rules, alerts, report = folder / "rules.toml", folder / "alerts.jsonl", folder / "report.json"
    rules.write_text(RULES)
    sources = ("--bus", f"log:{log}", "--dbc", dbc, "--rules", rules, "--speed", "max")
    ended = run("telltale-edge", "run", *sources, "--alerts-out", alerts, "--report", report)
    assert ended.status == 0, ended.err
    return alerts.read_bytes(), json.loads(report.read_text())


def test_every_frame_is_accounted_for(drive: tuple[bytes, dict[str, object]], log: Path, database: Database) -> None:
    _, account = drive
    ids = Counter(identifier for _, identifier, _ in frames(log))
    known = {message.frame_id for message in database.messages} & set(ids)
    assert account["frames"] == ids.total() == 52_597
    assert (account["ids_known"], account["ids_unknown"]) == (len(known), len(set(ids) - known))
    assert account["frames_known"] == sum(ids[identifier] for identifier in known)
    assert account["frames_unknown"] == sum(ids[identifier] for identifier in set(ids) - known)
    rejected = 0
    for _, identifier, payload in frames(log):
        if identifier in known:
            try:
                database.decode_message(identifier, payload)
            except (cantools.database.DecodeError, KeyError):
                rejected += 1
    undecodable = account["undecodable"]
    assert isinstance(undecodable, dict)
    assert rejected == 941, "all of them too short for their message, or with a selector that it does not know"
    assert sum(undecodable.values()) == 444, "the others lack bytes that no signal needs"
    assert set(undecodable) == {"short", "unknown_multiplexer"}
    assert account["sources"] == {f"log:{log}": pytest.approx({**_zeros(account), "frames": 52_597, "cut_line": 1})}


def _zeros(account: dict[str, object]) -> dict[str, int]:
    sources = account["sources"]
    assert isinstance(sources, dict)
    return dict.fromkeys(next(iter(sources.values())), 0)


def test_alerts_are_where_the_log_says(drive: tuple[bytes, dict[str, object]], log: Path, database: Database) -> None:
    lines = [json.loads(line) for line in drive[0].splitlines()]
    told: dict[str, dict[str, tuple[int, int | None]]] = {rule: {} for rule in LIMITS}
    for line in lines:
        start = microseconds(line["started_at"])
        assert start is not None
        told[line["rule"]][line["id"]] = (start, microseconds(line["ended_at"]))
    wanted = {rule: expected(log, database, limit) for rule, limit in LIMITS.items()}
    assert {rule: sorted(alerts.values(), key=lambda alert: alert[0]) for rule, alerts in told.items()} == wanted
    assert sum(len(alerts) for alerts in wanted.values()) >= 3


def test_a_second_run_gives_the_same_bytes(
    drive: tuple[bytes, dict[str, object]], log: Path, dbc: Path, tmp_path: Path
) -> None:
    assert run_drive(log, dbc, tmp_path)[0] == drive[0]


def test_decoded_rows_equal_cantools_wherever_it_decodes(
    log: Path, dbc: Path, database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    ended = run("telltale-edge", "decode", log, "--dbc", dbc, "--out", out)
    assert ended.status == 0, ended.err
    rows: dict[tuple[int, str, str], list[float]] = {}
    with out.open() as lines:
        for line in lines:
            row = json.loads(line, parse_float=lambda text: text)
            whole, _, part = str(row["time"]).partition(".")
            at = int(whole) * 1_000_000 + int(part.ljust(6, "0"))
            rows.setdefault((at, row["message"], row["signal"]), []).append(float(row["value"]))
    compared = 0
    for at, identifier, payload in frames(log):
        try:
            message = database.get_message_by_frame_id(identifier)
            decoded = message.decode(payload, decode_choices=False)
        except (KeyError, cantools.database.DecodeError):
            continue
        assert isinstance(decoded, dict)
        for name, value in decoded.items():
            assert float(value) in rows[at, message.name, f"dbc.{message.name}.{name}"]  # type: ignore[arg-type]  # numbers
            compared += 1
    assert compared > 200_000
