"""The command line as an installer meets it: one clear line with place and remedy, exit 78, nothing half-started."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.programs import listening, program, run
from tests.shared import ROOT

CAR = ROOT / "dbc" / "telltale-car.dbc"
SIM = "sim:car?seed=3&duration=30&start=2026-05-01T08:00"


def log_of(folder: Path, *arguments: str) -> Path:
    out = folder / "drive.log"
    ended = run("telltale-edge", "simulate", "--out", out, "--duration", "20", "--seed", "3", *arguments)
    assert ended.status == 0, ended.err
    return out


BROKEN = {
    "no config": (["run", "--config", "gone.toml"], "gone.toml", "Check the path"),
    "config is not TOML": (["run", "--config", "broken.toml"], "broken.toml", "Mend that line"),
    "config is a folder": (["run", "--config", "."], "cannot be read", "Check that it is a file"),
    "unknown field": (
        ["check", "--config", "unknown.toml"],
        "unknown.toml, vehicle.colour",
        "systemd/telltale-edge.toml",
    ),
    "neither": (["run"], "nothing to listen to", "--bus SPEC"),
    "more sources than buses": (
        ["run", "--config", "empty.toml", "--bus", SIM, "--bus", "sim:ev"],
        "2 sources for 1 buses",
        "one --bus for each",
    ),
    "no table": (["run", "--bus", "table:gone.csv"], "gone.csv", "Check the path"),
    "table without signals": (["run", "--bus", "table:empty.csv"], "empty.csv", "first line names its columns"),
    "loop of a simulation": (["run", "--bus", SIM, "--loop"], SIM, "Leave --loop out"),
    "no log": (["run", "--bus", "log:gone.log", "--dbc", str(CAR)], "gone.log", "Check"),
    "log without frames": (["run", "--bus", "log:broken.toml", "--dbc", str(CAR)], "broken.toml", ""),
    "no dbc": (["run", "--bus", SIM, "--dbc", "gone.dbc"], "gone.dbc", "Check the path given as dbc"),
    "broken dbc": (["run", "--bus", SIM, "--dbc", "broken.dbc"], "broken.dbc", "Mend that line"),
    "broken mapping": (["run", "--bus", SIM, "--dbc", "mapped.dbc"], "mapped.vss.toml", "Did you mean"),
    "no rules": (["run", "--bus", SIM, "--rules", "gone.toml"], "gone.toml", "Check the path"),
    "no such pack": (["run", "--bus", SIM, "--rules", "submarine"], "submarine", "car"),
    "broken rules": (["run", "--bus", SIM, "--rules", "rule.toml"], "rule.toml", "Mend that line"),
    "no such profile": (["run", "--bus", SIM, "--profile", "submarine"], "submarine", "telltale-car"),
    "no model": (["run", "--bus", SIM, "--model", "gone/model"], "gone/model", "Check the path"),
    "no key": (["run", "--config", "keyed.toml"], "gone.pem", "Check the path"),
    "broken key": (["run", "--config", "ill-keyed.toml"], "empty.toml", "telltale-models key"),
    "unknown source": (["run", "--bus", "usb:1"], "usb", "log:"),
    "unknown option": (["run", "--bus", "sim:car?colour=red"], "colour", "fault"),
    "unknown vehicle": (["run", "--bus", "sim:boat"], "boat", "car"),
    "unknown fault": (["run", "--bus", "sim:car?fault=rust"], "rust", "coolant_leak"),
    "unknown weather": (["run", "--bus", "sim:car?weather=hell"], "sim:car?weather=hell", "storm"),
    "no such kind": (["outbox", "export", "--state", ".", "--kind", "alarm"], "--kind", "alert, dtc"),
    "bad broker": (["run", "--bus", SIM, "--broker", "http://x"], "link.broker", "mqtt://host:1883"),
    "bad name": (["run", "--bus", SIM, "--vehicle", "a/b"], "vehicle.id", ""),
    "state is a file": (
        ["run", "--bus", SIM, "--broker", "mqtt://127.0.0.1:1", "--state", "empty.toml"],
        "empty.toml",
        "--state",
    ),
    "alerts-out nowhere": (["run", "--bus", SIM, "--alerts-out", "no/folder/a.jsonl"], "a.jsonl", "folder"),
    "decode ending": (["decode", "log.log", "--dbc", str(CAR), "--out", "rows.xls"], "rows.xls", ".jsonl"),
    "simulate without end": (["simulate", "--out", "x.log"], "--out", "--duration"),
    "simulate to nowhere": (["simulate", "--bus", "usb:0", "--duration", "1"], "usb:0", "can:can0"),
    "simulate rust": (["simulate", "--out", "x.csv", "--duration", "1", "--fault", "rust"], "rust", "coolant_leak"),
    "simulate into what is no bus": (["simulate", "--bus", "x.log", "--duration", "1"], "x.log", "can:can0"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_is_one_line_with_place_and_remedy_and_exit_78(case: str, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[[bus]\n")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "unknown.toml").write_text('[vehicle]\ncolour = "red"\n')
    (tmp_path / "broken.dbc").write_text('VERSION ""\nBO_ x\n')
    (tmp_path / "mapped.dbc").write_text(CAR.read_text())
    (tmp_path / "mapped.vss.toml").write_text('[signals]\n"EngineData.EngineSped" = { path = "Vehicle.Speed" }\n')
    (tmp_path / "rule.toml").write_text("[[rule]\n")
    (tmp_path / "keyed.toml").write_text('[detect]\nmodel_keys = ["gone.pem"]\n')
    (tmp_path / "ill-keyed.toml").write_text('[detect]\nmodel_keys = ["empty.toml"]\n')
    (tmp_path / "log.log").write_text("(1.000000) can0 123#00\n")
    arguments, place, remedy = BROKEN[case]
    before = sorted(path.name for path in tmp_path.iterdir())
    done = subprocess.run(
        [program("telltale-edge"), *arguments], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 78, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert place in line
    assert remedy in line
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".coverage") == before, (
        "nothing half-started"
    )


def test_a_broken_model_is_refused_with_place_and_remedy_and_the_rest_runs(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{}")
    for command in (["run", "--speed", "max"], ["check"]):
        ended = run("telltale-edge", *command, "--bus", SIM, "--model", tmp_path)
        assert ended.status == 0
        [line] = [line for line in ended.err.splitlines() if "is switched off" in line]
        assert f"{tmp_path / 'card.json'}, " in line
        assert line.endswith("Install the model package again")


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan", "inf", "10001"])
def test_a_speed_that_cannot_be_is_refused_with_the_usage(speed: str) -> None:
    for command in (["run", "--bus", SIM], ["simulate", "--bus", "can:can0"]):
        ended = run("telltale-edge", *command, f"--speed={speed}")
        assert ended.status == 2
        assert "argument --speed" in ended.err
        assert "Traceback" not in ended.err


def test_check_prints_what_a_config_comes_down_to(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text('profile = "telltale-car"\n[[bus]]\nsource = "sim:car"\n[detect]\nrules = ["more.toml"]\n')
    (tmp_path / "more.toml").write_text(
        '[[rule]]\nalert = "x"\nexpr = "Vehicle.OBD.CommandedEGR > 1"\ncomponent = "c"\n'
        'severity = "info"\naction = "watch"\nsummary = "s"\n[[rule]]\nalert = "y"\nexpr = "Vehicle.Sped > 1"\n'
        'component = "c"\nseverity = "info"\naction = "watch"\nsummary = "s"\n'
    )
    ended = run("telltale-edge", "check", "--config", config)
    assert ended.status == 0
    assert "telltale-car.dbc" in ended.out
    assert "grid_ms = 100" in ended.out
    assert 'rule x waits for a tester (or ask = "obd"): no database gives Vehicle.OBD.CommandedEGR' in ended.err
    assert (
        "more.toml:10: rule y: expr, column 1: there is no signal Vehicle.Sped. Did you mean Vehicle.Speed" in ended.err
    )


def test_a_log_cut_off_in_mid_line_is_read_to_the_end_and_said(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    whole = log.read_bytes()
    log.write_bytes(whole[: len(whole) - 20])
    report = tmp_path / "report.json"
    ended = run("telltale-edge", "run", "--bus", f"log:{log}", "--dbc", CAR, "--speed", "max", "--report", report)
    assert ended.status == 0
    [counters] = json.loads(report.read_text())["sources"].values()
    assert counters["frames"] == whole.count(b"\n") - 1
    assert counters["cut_line"] == 1
    assert "cut_line 1" in ended.out


def test_the_same_seed_writes_the_same_log_and_truth(tmp_path: Path) -> None:
    drives = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        truth = tmp_path / name / "truth.jsonl"
        log = log_of(tmp_path / name, "--fault", "coolant_leak@5", "--truth", str(truth))
        drives.append((log.read_bytes(), truth.read_bytes()))
    assert drives[0] == drives[1]
    assert '"fault": "coolant_leak"' in drives[0][1].decode()


def test_speed_and_batches_change_nothing(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nalert = "turning"\nexpr = "Vehicle.Powertrain.CombustionEngine.Speed > 900"\n'
        'clear = "Vehicle.Powertrain.CombustionEngine.Speed <= 850"\n'
        'component = "engine"\nseverity = "info"\naction = "watch"\nsummary = "{value}"\n'
    )
    outs = []
    for speed in ("max", "50", "20"):
        out = tmp_path / f"{speed}.jsonl"
        options = ("--dbc", CAR, "--rules", rules, "--speed", speed, "--alerts-out", out)
        ended = run("telltale-edge", "run", "--bus", f"log:{log}", *options)
        assert ended.status == 0, ended.err
        outs.append(out.read_bytes())
    assert outs[0]
    assert outs == outs[:1] * 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_with_its_account(number: signal.Signals) -> None:
    with listening("--bus", "sim:car?seed=1", "--profile", "telltale-car", "--speed", "200") as daemon:
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.wait(2)  # it runs until it is told to end
        daemon.send_signal(number)
        out, err = daemon.communicate(timeout=20)
    assert daemon.returncode == 0, err
    assert re.search(r"frames +[1-9]", out)


def test_the_wait_for_the_last_acknowledgement_ends_when_told_to(tmp_path: Path) -> None:
    source = ("--bus", f"log:{log_of(tmp_path)}", "--profile", "telltale-car", "--speed", "max")
    nowhere = ("--broker", "mqtt://127.0.0.1:1", "--state", tmp_path / "state", "--drain", "600")
    with listening(*source, *nowhere) as daemon:
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.wait(4)  # the log is long over; it waits for a broker that is not there
        daemon.terminate()
        out, err = daemon.communicate(timeout=20)
    assert daemon.returncode == 0, err
    assert "wait in the outbox for the cloud" in out
