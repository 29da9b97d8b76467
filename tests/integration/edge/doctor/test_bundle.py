"""The bundle: secrets, identities and places seeded everywhere, and looked for in every spelling in it."""

import base64
import json
import re
import stat
import tarfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.doctor.bundle import write_bundle
from edge.doctor.every import CHECKS
from edge.doctor.examine import examine
from edge.doctor.redact import LINE_MAX, Redactor
from edge.errors import EdgeError
from edge.status import told
from edge.wire.enrolment import PIN_BYTES, SECRET_BYTES, ClaimCode
from tests.certificates import SmallAuthority
from tests.integration.edge.doctor.a_box import VOLTS, Box, asker
from tests.unit.edge.status.a_status import bus

VIN = "WVWZZZ1JZ3W386752"
PASSWORD = "Tr0ub4dor&3/geheim"
USER = "lorry-uplink-77"
IN_URL = "hunter2hunter2"
FLEET, VEHICLE = "muellers-transporte", "B-MW-4711"
SENSOR = "80:EA:CA:10:CA:8F"
"""Of a tyre: whoever has a radio finds the vehicle by it."""
CODE = str(ClaimCode(bytes(range(SECRET_BYTES)), bytes(range(PIN_BYTES))))
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
DISPLAY_PIN = "493027"
LATITUDE, LONGITUDE = "52.520645", "13.409779"
PLACES = [
    "52.520645,13.409779", "52.520645 13.409779", "lat=52.520645 lon=13.409779",
    '{"latitude": 52.52064, "longitude": 13.40978}', "geo:52.520645,13.409779",
    "$GPRMC,123519,A,5231.2387,N,01324.5867,E,022.4,084.4,230394,003.1,W*6A", "52,520645; 13,409779",
    "52°31'14.3\"N 13°24'35.2\"E", "https://maps.example/?q=52.520645%2C13.409779", "N 52.520645", "lat 52.5 lon 13.4",
]  # fmt: skip
TRACES = [
    "52.52", "52,52", "13.40", "13,40", "5231.2", "01324.5", "31'14", "24'35", "lat 52", "lon 13", "=52.5", "=13.4",
    "52.5 ", "13.4\n",
]  # fmt: skip


def spellings(secret: str) -> list[str]:
    """In which programs write it."""
    raw = secret.encode()
    return [
        secret, secret.lower(), secret.upper(), quote(secret, safe=""), raw.hex(), raw.hex().upper(), raw.hex(" "),
        raw.hex(":"), json.dumps(secret), repr(secret),
        *(base64.b64encode(before + raw + b"...").decode() for before in (b"", b"a", b"ab")),
        base64.urlsafe_b64encode(raw).decode(), " ".join(secret), "-".join(re.findall(".{1,4}", secret)),
    ]  # fmt: skip


HARMLESS = ["the coolant pump was replaced at 121 °C", "bus engine: 500000 bit/s", "trouble code P0301 is confirmed"]
SECRETS = [PASSWORD, USER, IN_URL, VIN, FLEET, VEHICLE, SENSOR]


@pytest.fixture
def seeded(tmp_path: Path) -> Box:
    """A box on which every secret lies wherever one can lie."""
    tmp_path.chmod(0o755)
    box = Box(tmp_path)
    (tmp_path / "password.txt").write_text(f"{PASSWORD}\nsecond line\n")
    (box.state / "vehicle-engine.json").write_text(json.dumps({"vin": VIN, "units": []}))
    key = SmallAuthority(tmp_path).issue("a-key")[1].read_text()
    box.config = box.config.replace("mqtts://127.0.0.1:PORT", f"mqtt://{USER}:{IN_URL}@127.0.0.1:1")
    box.config = box.config.replace("LINK", f'username = "{USER}"\npassword_file = "{tmp_path}/password.txt"')
    box.config += (
        f'[vehicle]\nfleet = "{FLEET}"\nid = "{VEHICLE}"\n'
        f'[[geofence]]\nname = "home_of_mrs_miller"\ncentre = [{LATITUDE}, {LONGITUDE}]\nradius_m = 150\n'
        '[[private.hours]]\ndays = "sun"\nbegin = "05:17"\nend = "23:43"\n'
        f'[tyres]\nsource = "ble:hci0"\n[[tyres.sensor]]\nwheel = "front_left"\naddress = "{SENSOR}"\n'
    )
    place = told.SignalStatus(path="Vehicle.CurrentLocation.Latitude", value=52.520645, unit="degrees", age_s=0.1)
    fires = told.AlertStatus(
        rule="geofence_home", component="vehicle", severity="info", action="watch", since_at="2026-11-30T17:00:00Z",
        for_s=1.0, summary=f"left home at {LATITUDE}, {LONGITUDE}",
    )  # fmt: skip
    every = [*SECRETS, CODE, TOKEN, key, *PLACES]
    box.tell(
        daemon__fleet=FLEET, daemon__vehicle=VEHICLE, signals__values=[VOLTS, place],
        notes=[f"a note on {one}" for one in every], alerts=told.Alerts(firing=1, pending=0, left_out=0, fires=[fires]),
        cab={"speech": f"{PASSWORD} and {VIN} at {PLACES[0]}"}, detectors_off={"coolant": f"token={TOKEN}"},
        diagnostics=[asker("engine", trouble=f"{VIN} answers from {PLACES[1]}"), asker("adapter")],
        buses=[bus(why=f"{USER}"), bus(name="body"), bus(name="adapter")],
        link__broker="127.0.0.1:1", link__connected=False,
        link__trouble=f"mqtt://{USER}:{IN_URL}@127.0.0.1 refuses {PASSWORD}",
    )  # fmt: skip
    lines = [f"Nov 30 17:00:00 box telltale-edge[1]: INFO {one}" for secret in SECRETS for one in spellings(secret)]
    lines += [f"display code is {DISPLAY_PIN}, pin: {DISPLAY_PIN}", f"Authorization: Bearer {TOKEN}"]
    lines += [CODE, CODE.lower(), key, *(f"at {place}" for place in PLACES), *HARMLESS]
    (tmp_path / "journal.txt").write_text("\n".join(lines) + "\n")
    box.program("journalctl", f"/bin/cat {tmp_path}/journal.txt")
    return box


def unpacked(file: Path) -> dict[str, str]:
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        return {one.name.partition("/")[2]: archive.extractfile(one).read().decode() for one in members}  # type: ignore[union-attr]  # files alone


def bundled(box: Box, file: Path) -> dict[str, str]:
    with box.looked() as looks:
        write_bundle(file, looks, examine(CHECKS, looks), "2026-11-30T17:00:00Z")
    return unpacked(file)


def test_nothing_of_what_is_nobody_elses_business_is_in_it(seeded: Box, tmp_path: Path) -> None:
    texts = bundled(seeded, tmp_path / "box.tar.gz")
    key = (tmp_path / "a-key.key").read_text().splitlines()[1:-1]
    assert set(texts) == {
        "README.txt", "doctor.json", "config.json", "status.json", "interfaces.json", "versions.json", "journal.txt",
    }  # fmt: skip
    wanted = {one for secret in SECRETS for one in spellings(secret)}
    wanted |= {CODE, CODE.lower(), TOKEN, *TOKEN.split("."), *key, *PLACES, *TRACES, DISPLAY_PIN}
    seeds = (tmp_path / "journal.txt").read_text()
    assert sorted(one for one in wanted if one not in seeds) == [], "it would be found where it is"
    assert hidden_in(seeds) == set(SECRETS), "and where it is wrapped up"
    for name, text in texts.items():
        if name != "versions.json":  # numbers of versions look like anything
            found = sorted(one for one in (*wanted, "home_of_mrs_miller", "05:17", "23:43") if one in text)
            assert not found, (name, found)
            assert hidden_in(text) == set(), name


def hidden_in(text: str) -> set[str]:
    """Secrets in what is base64 or hex in a text, wherever it begins."""
    found = set()
    for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for begin in range(4):
            part = run[begin : begin + (len(run) - begin) // 4 * 4]
            plain = base64.b64decode(part.replace("-", "+").replace("_", "/"))
            found |= {one for one in SECRETS if one.encode() in plain}
    for run in re.findall(r"(?:[0-9A-Fa-f]{2}[ :]?){5,}", text):
        plain = bytes.fromhex(re.sub("[ :]", "", run))
        found |= {one for one in SECRETS if one.encode() in plain}
    return found


def test_what_helps_is_in_it(seeded: Box, tmp_path: Path) -> None:
    texts = bundled(seeded, tmp_path / "box.tar.gz")
    assert all(line in texts["journal.txt"].splitlines() for line in HARMLESS)
    config, status = json.loads(texts["config.json"]), json.loads(texts["status.json"])
    assert config["bus"][0]["bitrate"] == 500_000
    assert (config["geofence"], config["private"]) == ("1 withheld", "1 hours withheld")
    assert re.fullmatch(r"vehicle-[0-9a-f]{8}", config["vehicle"]["id"])
    assert status["daemon"]["vehicle"] == config["vehicle"]["id"], "the same within one bundle"
    assert [one["path"] for one in status["signals"]["values"]] == [VOLTS.path]
    assert "position" not in status
    assert json.loads(texts["interfaces.json"])[0]["bitrate"] == 500_000
    assert json.loads(texts["versions.json"])["kernel"]["release"] == "6.12.34+rpt-rpi-v8"
    assert {one["id"] for one in json.loads(texts["doctor.json"])["checks"]} == {check.id for check in CHECKS}


def test_it_is_for_one_user_and_names_differ_from_one_to_the_next(seeded: Box, tmp_path: Path) -> None:
    first, second = tmp_path / "first.tar.gz", tmp_path / "second.tar.gz"
    names = {json.loads(bundled(seeded, file)["config.json"])["vehicle"]["id"] for file in (first, second)}
    assert len(names) == 2
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*.part"))


def test_without_journal_daemon_and_configuration_there_is_one_all_the_same(seeded: Box, tmp_path: Path) -> None:
    (seeded.programs / "journalctl").unlink()
    seeded.status = None
    seeded.config = seeded.config.replace("bitrate = 125000", "bitrate = 7")
    texts = bundled(seeded, tmp_path / "box.tar.gz")
    assert texts["journal.txt"].startswith("no journal: ")
    assert "bitrate" in json.loads(texts["config.json"])["error"]
    assert json.loads(texts["status.json"]) == {"error": "no daemon tells"}


def test_a_place_where_nothing_can_be_written_is_told(seeded: Box, tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="cannot be written: No such file or directory"):
        bundled(seeded, tmp_path / "nowhere" / "box.tar.gz")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=5, max_size=40), st.text(max_size=40))
def test_whatever_is_known_is_taken_out_wherever_it_stands(secret: str, around: str) -> None:
    redactor = Redactor([secret], {}, key=b"k")
    for spelling in (secret, quote(secret, safe=""), secret.encode().hex(), base64.b64encode(secret.encode()).decode()):
        cleaned = redactor.text(f"{around} {spelling} {around}")
        assert spelling not in cleaned.replace(around, "") or spelling in "[secret] [place] [VIN]"


@pytest.mark.parametrize("place", range(LINE_MAX - 60, LINE_MAX + 10, 7))
def test_of_a_line_that_is_cut_no_half_a_secret_is_left(place: int) -> None:
    key = base64.b64encode(bytes(range(48))).decode()
    words = ("word " * LINE_MAX)[: place - 1]
    cleaned = Redactor([], {}, key=b"k").text(f"{words} {key}\nnext line")
    assert not any(part in cleaned for part in re.findall(".{8}", key))
    assert cleaned.endswith("\nnext line")


def test_nobody_makes_it_take_for_ever() -> None:
    redactor = Redactor([PASSWORD, VIN], {VEHICLE: "vehicle"}, key=b"k")
    began = time.process_time()
    for worst in ("1", "a1", "ABCDE-", "a1 ", "+/", "-----BEGIN ", "12° ", "W.V.W._", "password ", "://"):
        redactor.text(worst * (200_000 // len(worst)))
    assert time.process_time() - began < 20.0


def test_names_are_taken_out_of_fields_too() -> None:
    redactor = Redactor([], {"B-MW-4711": "vehicle"}, key=b"k")
    [name] = redactor.values({"counters of b-mw-4711": [1, 2.5, None, True]})
    assert re.fullmatch(r"counters of vehicle-[0-9a-f]{8}", name)
