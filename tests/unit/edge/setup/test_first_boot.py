"""The first boot: a claim is used once and goes, a network is waited for, and each box has its own code."""

import os
import pwd
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import pytest

from edge.enrolment.identity import FILE, Identity
from edge.errors import ConfigError, EdgeError, LinkDown
from edge.setup.claim import LENT, own_code, read_claim, serial_of
from edge.setup.enrolling import become, code_of, make_for_daemon
from edge.setup.first_boot import PAUSES_S, enrol_by_claim
from edge.state import ENROLMENT, locked
from edge.wire.topics import Address
from tests.programs import run
from tests.unit.cloud.doors import VAN
from tests.unit.cloud.services import Cloud, authority, open_cloud
from tests.unit.enrolment.served import answers_of, https

TRUCK = Address("north", "truck-12")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with open_cloud() as opened:
        yield opened


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def machine_with(folder: Path, serial: str) -> Path:
    (folder / "proc" / "device-tree").mkdir(parents=True)
    (folder / "proc" / "device-tree" / "serial-number").write_bytes(serial.encode() + b"\0")
    return folder


def claim_of(folder: Path, url: str, codes: str) -> Path:
    (folder / "ca.pem").write_text(authority().pem)
    claim = folder / "claim.toml"
    claim.write_text(f'cloud = "{url}"\nca = "{folder / "ca.pem"}"\n{codes}\n')
    return claim


def test_a_box_becomes_the_vehicle_of_its_code_and_the_claim_goes(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, answers_of(cloud)) as url:
        claim = claim_of(tmp_path, url, f'code = "{code}"')
        identity = enrol_by_claim(claim, state, tell=print)
    assert identity.address == VAN
    assert Identity.read(state) == identity
    assert not claim.exists()


def test_of_one_image_each_box_takes_the_code_of_its_serial_number(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    added = cloud.provisioning.add_all([VAN, TRUCK], by="ada")
    codes = "\n".join(f'"SN{number}" = "{code}"' for number, (_, code, _) in enumerate(added))
    machine = machine_with(tmp_path / "machine", "SN1")
    with https(tmp_path, answers_of(cloud)) as url:
        claim = claim_of(tmp_path, url, f"[codes]\n{codes}")
        assert enrol_by_claim(claim, state, machine=machine, tell=print).address == TRUCK


def test_a_machine_that_is_not_in_it_is_told_its_number(tmp_path: Path, cloud: Cloud) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    file = claim_of(tmp_path, "https://cloud.example", f'[codes]\n"SN1" = "{code}"')
    with pytest.raises(ConfigError, match="no code for the machine SN7"):
        own_code(read_claim(file), file, machine_with(tmp_path / "machine", "SN7"))
    with pytest.raises(ConfigError, match="tells no serial number"):
        own_code(read_claim(file), file, tmp_path / "nowhere")
    assert serial_of(tmp_path / "nowhere") is None


def test_a_pc_s_number_which_root_alone_may_read_is_lent_by_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LENT, str(tmp_path))
    assert serial_of(tmp_path / "nowhere") is None
    (tmp_path / "serial").write_text(" ")  # as the unit says where there is none
    assert serial_of(tmp_path / "nowhere") is None
    (tmp_path / "serial").write_text("VX-0007\n")
    assert serial_of(tmp_path / "nowhere") == "VX-0007"
    assert serial_of(machine_with(tmp_path / "board", "SN1")) == "SN1", "a board has its own"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('cloud = "https://cloud.example"', "either code or"),
        ('cloud = "https://cloud.example"\ncode = "A"\n[codes]\nb = "B"', "either code or"),
        ('cloud = "https://cloud.example"\ncode = "ABC"', "a code has"),
        ('cloud = "https://cloud.example"\n[codes]\n"SN1" = "ABC"', r"codes\.SN1|SN1"),
        ('code = "ABC"', "cloud"),
        ("cloud = ", "is not TOML"),
        ('cloud = "https://cloud.example"\nname = "van"\ncode = "A"', "name"),
    ],
)
def test_a_claim_that_cannot_be_used_is_refused_with_its_place(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "claim.toml").write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_claim(tmp_path / "claim.toml")
    done = run("telltale-edge", "setup", "--first-boot", "--claim", tmp_path / "claim.toml", "--state", tmp_path)
    assert done.status == 78
    assert (tmp_path / "claim.toml").exists()


def test_a_network_that_is_not_there_is_waited_for_longer_and_longer(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    claim = claim_of(tmp_path, "https://127.0.0.1:1", f'code = "{code}"')
    waited: list[float] = []
    said: list[str] = []
    with pytest.raises(LinkDown, match="cannot be reached"):
        enrol_by_claim(claim, state, pause=waited.append, tell=said.append)
    assert tuple(waited) == PAUSES_S
    assert said[0].endswith("again in 1 s")
    assert claim.exists()
    with https(tmp_path, answers_of(cloud)) as url:
        claim_of(tmp_path, url, f'code = "{code}"')
        assert enrol_by_claim(claim, state, tell=print).address == VAN


def test_a_daemon_that_learns_and_has_no_cloud_yet_is_not_in_the_way(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, answers_of(cloud)) as url, locked(state):
        claim = claim_of(tmp_path, url, f'code = "{code}"')
        with locked(state, ENROLMENT), pytest.raises(ConfigError, match="another telltale-edge"):
            enrol_by_claim(claim, state, tell=print)
        assert enrol_by_claim(claim, state, tell=print).address == VAN


def test_a_code_that_opens_nothing_is_not_tried_again(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    cloud.provisioning.revoke(VAN, by="ada")
    with https(tmp_path, answers_of(cloud)) as url:
        claim = claim_of(tmp_path, url, f'code = "{code}"')
        waited: list[float] = []
        with pytest.raises(EdgeError, match="opens nothing here"):
            enrol_by_claim(claim, state, pause=waited.append, tell=print)
    assert claim.exists()
    assert waited == []


def test_interrupted_after_it_was_let_in_it_goes_on_and_the_claim_goes(
    cloud: Cloud, tmp_path: Path, state: Path
) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, answers_of(cloud)) as url:
        claim = claim_of(tmp_path, url, f'code = "{code}"')
        before = become(state, url, code, ca=tmp_path / "ca.pem")
    assert enrol_by_claim(claim, state, tell=print) == before
    assert not claim.exists()


def test_a_claim_that_systemd_lent_is_left_to_it(
    cloud: Cloud, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LENT, str(tmp_path))
    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, answers_of(cloud)) as url:
        claim = claim_of(tmp_path, url, f'code = "{code}"')
        enrol_by_claim(claim, state, tell=print)
    assert claim.exists()


def test_what_root_enrols_belongs_to_the_daemon(cloud: Cloud, tmp_path: Path, state: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root acts for others")
    os.chown(state, 65_534, 65_534)
    code, _ = cloud.provisioning.add(VAN, by="ada")
    for folder in (tmp_path, *takewhile(lambda above: above != Path(gettempdir()), tmp_path.parents)):
        folder.chmod(0o755)
    (tmp_path / "ca.pem").write_text(authority().pem)
    with https(tmp_path, answers_of(cloud)) as url:
        become(state, url, code_of(str(code), "--code"), ca=tmp_path / "ca.pem")
    assert {(file.stat().st_uid, file.stat().st_gid) for file in state.iterdir()} == {(65_534, 65_534)}
    assert (state / FILE).stat().st_mode & 0o077 == 0
    assert os.geteuid() == 0


def test_a_state_that_is_not_there_yet_is_made_for_the_daemon_s_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root acts for others")
    make_for_daemon(tmp_path / "var" / "state", user="nobody")
    make_for_daemon(tmp_path / "var" / "own", user="no-such-user")
    owners = [(tmp_path / "var" / name).stat().st_uid for name in ("state", "own")]
    assert owners == [pwd.getpwnam("nobody").pw_uid, 0]
    make_for_daemon(tmp_path / "var" / "state", user="root")
    assert (tmp_path / "var" / "state").stat().st_uid == owners[0]
