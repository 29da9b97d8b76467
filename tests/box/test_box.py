"""The box in a machine of its own: systemd, vcan, our wheel; each trial is one boot."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.box.debian import bare_system, disk_with, wheel
from tests.integration.door.towns import town
from tests.machines import Machine
from tests.programs import run
from tests.shared import ROOT

NETWORK = "-netdev user,id=n0,restrict=off -device e1000,netdev=n0"
"""The cloud on this machine is at 10.0.2.2."""
HERE = ROOT / "tests" / "box"
BOOT_S = 1500
pytestmark = [
    pytest.mark.guest,
    pytest.mark.timeout(BOOT_S + 300),
    pytest.mark.skipif(os.geteuid() != 0, reason="a machine of its own needs root"),
]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel(tmp_path_factory.mktemp("wheel"))


class Live(Protocol):
    """What a trial said, by name; the rest of its console is shown by pytest."""

    def __call__(
        self, name: str, *, boots: int = 1, extra: str = "", prepare: Callable[[Path], object] = ..., **given: object
    ) -> dict[str, Any]: ...


def told_by(machine: Machine) -> dict[str, Any]:
    """What it said in one boot, by name."""
    said: dict[str, Any] = {}
    try:
        for line in machine.lines():
            if line.startswith("@@ "):
                what, told = json.loads(line[3:])
                said[what] = told
                print(what, told)
            elif line:
                print(line)
    finally:
        machine.cut()
    return said


@pytest.fixture
def lived(shared: Path, built: Path, tmp_path: Path) -> Live:
    tool = shared / "tools" / "boot-disk"
    if not tool.exists():
        pytest.skip("no tool that boots a disk")

    def live(
        name: str,
        *,
        boots: int = 1,
        extra: str = "",
        prepare: Callable[[Path], object] = lambda _: None,
        **given: object,
    ) -> dict[str, Any]:
        image = disk_with(bare_system(), built, tmp_path, HERE / "trials" / f"{name}.py", given, prepare=prepare)
        said: dict[str, Any] = {}
        for _ in range(boots):
            said |= told_by(Machine(tool, image, BOOT_S, memory_mb=1024, extra=extra))
            assert said.get("over") == "well", said.get("over", "it ended without a word")
        image.unlink()
        return said

    return live


def test_from_a_wheel_to_an_alert_in_the_cloud_and_back_to_nothing(lived: Live, tmp_path: Path) -> None:
    with town(tmp_path) as here:
        ports = [here.port, int(here.service.api.rpartition(":")[2])]
        code = here.code("north", "van-7")
        said = lived("afternoon", extra=NETWORK, cloud=here.service.api, code=code, ports=ports)
        alerts = here.service.get("/api/v1/alerts")["items"]
    print("the cloud has", [(one["vehicle"], one["rule"], one["severity"]) for one in alerts])
    assert said["installed"] == 0
    assert said["setup"][0] == 0, said["setup"][1]
    assert said["doctor"][0] == 0, said["doctor"][1]
    assert said["spoken"]["is_wav"]
    assert said["daemon"]["NRestarts"] == "0"
    assert said["ports"] == "", "nobody can connect to the box"
    assert {one["vehicle"] for one in alerts} == {"van-7"}
    assert said["left"] == {"new": [], "gone": [], "user": 1, "units": ""}


def test_who_dies_again_and_again_is_started_ever_more_seldom_and_who_is_refused_never(lived: Live) -> None:
    said = lived("deaths")
    gaps = said["crash loop"]["gaps_s"]
    assert gaps == sorted(gaps), "ever more seldom"
    assert gaps[-1] >= gaps[0] + 30, "5, 10 and 20 s more"
    assert said["refused"]["ExecMainStatus"] == "78"
    assert said["refused"]["NRestarts"] == "0"
    assert said["refused"]["said"] == 1
    assert said["full disk"]["restarts"] == 0
    assert said["full disk"]["up"]
    assert "are free on the disk of" in said["full disk"]["told"], "it says so"


MAY = {
    "write /var/lib/telltale", "write /run/telltale-edge", "write /tmp", "read its configuration", "a CAN socket",
    "reach the broker", "reach somebody else",
}  # fmt: skip
"""What the daemon needs; its /tmp is its own."""


def test_whoever_gets_into_the_daemon_gets_no_further(lived: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        said = lived("sandbox", extra=NETWORK, port=broker.getsockname()[1])
    done = {attempt for attempt, came in said["sandbox"].items() if came == "done"}
    assert done == MAY
    listed = {attempt for attempt, came in said["network"].items() if came == "done"}
    assert listed == MAY - {"reach somebody else"}
    assert said["verify"] == [0, ""]


def test_what_hangs_is_ended_and_started_anew(lived: Live) -> None:
    said = lived("watchdog")
    for name in ("stopped", "judges nothing", "judge hangs", "reader hangs"):
        assert said[name]["result"] == "watchdog", name
        assert said[name]["ended_s"] <= 60, name
    assert said["judges nothing"]["why"] == "nothing is judged any more"
    assert said["reader hangs"]["why"] == "pipe is not read any more"


def test_from_power_to_the_first_judged_frame(lived: Live) -> None:
    said = lived("power_on", boots=2)
    moments = said["seconds of the boot"]
    assert 0 < moments["started"] < moments["ready"] <= moments["judged"]
    print(f"ours of {moments['judged']:.1f} s: {1 - moments['started'] / moments['judged']:.0%}")


def test_a_low_battery_switches_the_box_off_where_polkit_lets_it_and_the_alarm_is_set_where_the_sandbox_does(
    lived: Live,
) -> None:
    said = lived("power_off", boots=2)
    refused = said["refused"]
    assert "authentication required" in refused["line"]
    assert "50-telltale.rules" in refused["line"], "and what to do"
    assert refused["gaps_s"] == sorted(refused["gaps_s"]), "ever more seldom"
    assert said["is on still"] == ["active"]
    log = said["the log of before"]
    places = [log.rindex(part) for part in IN_ORDER]
    assert places == sorted(places)
    assert "Got notification message from PID" not in log, "who shuts down does not speak in the daemon's name"
    assert "the box is not woken" in log, "the sandbox keeps the alarm from it"
    assert said["end of boot 1"] == {"by systemd": True, "alarm_ahead_s": None}
    assert {"trip", "summary", "health"} <= set(said["what was kept"]), "all of it was durable before"
    assert said["how it ended"] == "sealed"
    assert said["whose alarm"] == "-rw-rw-r-- root telltale"
    assert said["end of boot 2"]["by systemd"]
    assert 3300 < said["end of boot 2"]["alarm_ahead_s"] <= 3600


IN_ORDER = (
    "was below 12.2 V for 3 s: the box is shut down",
    "; 1 trips,",
    "messages wait in the outbox for the cloud",
    "Stopping telltale-edge.service",
    "Deactivated successfully",
)


SERIAL = "VX-0007"
OF_ALL = """profile = "telltale-car"
[[bus]]
name = "can0"
source = "can:vcan0"
[state]
directory = "/var/lib/telltale"
"""


def test_a_fleet_s_image_becomes_its_vehicle_by_itself_as_soon_as_there_is_a_cloud_and_once(
    lived: Live, tmp_path: Path
) -> None:
    with town(tmp_path) as here:
        ports = [here.port, int(here.service.api.rpartition(":")[2])]
        claim = tmp_path / "claim.toml"
        claim.write_text(
            f'cloud = "{here.service.api}"\n[codes]\n"VX-0006" = "{here.code("north", "van-6")}"\n'
            f'"{SERIAL}" = "{here.code("north", "van-7")}"\n'
        )

        def build(root: Path) -> None:
            config = root / "etc" / "telltale" / "edge.toml"
            config.parent.mkdir()
            config.write_text(OF_ALL)
            done = run("telltale-edge", "install", "--root", root, "--claim", claim)
            assert done.status == 0, done.err
            assert "ExecStart=/opt/telltale/bin/" in (root / "etc/systemd/system/telltale-edge.service").read_text()

        machine = f"{NETWORK} -smbios type=1,serial={SERIAL}"
        said = lived("first_boot", boots=2, extra=machine, prepare=build, ports=ports)
        let_in = here.audit("enrol_vehicle")
    waiting = said["without a cloud"]
    assert [seconds for _, seconds in waiting["again"]] == ["1", "2", "4", "8", "15"]
    assert waiting["claim"] == "-rw------- root root"
    assert not waiting["identity"]
    for boot in ("the first boot", "the second boot"):
        assert (said[boot]["fleet"], said[boot]["vehicle"]) == ("north", "van-7")
        assert said[boot]["files"] == {"/var/lib/telltale/identity.pem": "-rw------- telltale telltale"}
        assert said[boot]["NRestarts"] == "0"
    assert said["the second boot"]["ConditionResult"] == "no"
    assert said["errors"] == ""
    assert [one["subject"] for one in let_in] == ["vehicles/north/van-7"]
