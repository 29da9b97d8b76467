"""The commands about who is let in: what they need, and what they say when it is not there."""

import stat
from pathlib import Path

import pytest

from cloud import cli_door
from cloud.errors import ConfigError
from cloud.fleet.provisioning.authority import Authority, pin_in
from cloud.fleet.provisioning.documents import DocumentKey
from edge.detect.ed25519 import fits
from edge.detect.signature import read_public_key
from edge.wire.bundles import Bundle
from edge.wire.enrolment import read_code
from edge.wire.signed import DocumentKind, signed_text
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_cli import Say
from tests.unit.cloud.test_cli import cloud_says as cloud_says  # noqa: PLC0414 - a fixture, also here
from tests.unit.cloud.vehicle import T0


@pytest.fixture
def authority(tmp_path: Path, cloud_says: Say) -> Path:
    folder = tmp_path / "authority"
    folder.mkdir()
    code, _, err = cloud_says("authority", "--out", folder, "--passphrase-file", tmp_path / "passphrase")
    assert (code, err) == (0, "")
    return folder


def test_the_authority_s_key_is_for_nobody_else_and_locked(tmp_path: Path, authority: Path) -> None:
    for file in (authority / "authority.key", tmp_path / "passphrase"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (authority / "authority.key").read_text()
    passphrase = (tmp_path / "passphrase").read_text().strip()
    assert Authority.load(authority, passphrase).pin == pin_in(authority)


def test_an_authority_is_never_written_over(tmp_path: Path, authority: Path, cloud_says: Say) -> None:
    before = (authority / "authority.key").read_text()
    code, _, err = cloud_says("authority", "--out", authority, "--passphrase-file", tmp_path / "passphrase")
    assert (code, "is there already" in err) == (78, True)
    assert (authority / "authority.key").read_text() == before


def test_the_document_key_is_made_with_the_authority_and_locked_as_it_is(tmp_path: Path, authority: Path) -> None:
    assert stat.S_IMODE((authority / "documents.key").stat().st_mode) == 0o600
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (authority / "documents.key").read_text()
    passphrase = (tmp_path / "passphrase").read_text().strip()
    opened = Authority.load(authority, passphrase)
    key = DocumentKey.load(authority, passphrase, opened)
    assert key is not None
    public = read_public_key(authority / "documents.pub.pem")
    signed = key.sign(DocumentKind.BUNDLE, Bundle(fleet="north", vehicle="van-7", version=1, id=None))
    assert fits(public.content, bytes.fromhex(signed.signature), signed_text(signed.kind, signed.text))
    assert signed.key == public.id
    with pytest.raises(ConfigError, match="does not open"):
        DocumentKey.load(authority, "x" * 24, opened)
    with pytest.raises(ConfigError, match="is not the key"):
        DocumentKey.load(authority, passphrase, Authority.new("Other", T0))


def test_an_authority_of_before_gets_its_document_key_once(tmp_path: Path, authority: Path, cloud_says: Say) -> None:
    passphrase = (tmp_path / "passphrase").read_text().strip()
    for file in authority.glob("documents.*"):
        file.unlink()
    opened = Authority.load(authority, passphrase)
    assert DocumentKey.load(authority, passphrase, opened) is None
    ask = ("authority", "--documents", "--out", authority, "--passphrase-file", tmp_path / "passphrase")
    assert cloud_says(*ask)[0] == 0
    before = (authority / "documents.key").read_bytes()
    assert DocumentKey.load(authority, passphrase, opened) is not None
    code, _, err = cloud_says(*ask)
    assert (code, "is there already" in err) == (78, True)
    assert (authority / "documents.key").read_bytes() == before


def test_without_an_authority_there_is_no_document_key(tmp_path: Path, cloud_says: Say) -> None:
    (tmp_path / "passphrase").write_text("y" * 24 + "\n")
    where = ("--out", tmp_path, "--passphrase-file", tmp_path / "passphrase")
    code, _, err = cloud_says("authority", "--documents", *where)
    assert (code, "Make one with: telltale-cloud authority" in err) == (78, True)
    assert [file.name for file in tmp_path.iterdir()] == ["passphrase"]


@pytest.mark.parametrize(("passphrase", "says"), [("\n", "is empty"), ("wrong" * 9 + "\n", "does not open")])
def test_another_passphrase_opens_nothing(
    tmp_path: Path, authority: Path, cloud_says: Say, passphrase: str, says: str
) -> None:
    file = tmp_path / "passphrase"
    file.write_text(passphrase)
    where = ("--out", tmp_path, "--authority", authority, "--name", "x", "--passphrase-file", file)
    code, _, err = cloud_says("broker-config", "mosquitto", *where)
    assert (code, says in err, err.count("\n")) == (78, True, 1)


def test_a_passphrase_that_can_be_guessed_locks_nothing(tmp_path: Path, cloud_says: Say) -> None:
    file = tmp_path / "passphrase"
    file.write_text("short\n")
    code, _, err = cloud_says("authority", "--out", tmp_path, "--passphrase-file", file)
    assert (code, "can be guessed" in err) == (78, True)
    assert not (tmp_path / "authority.key").exists()


def test_a_missing_passphrase_says_where_it_belongs(tmp_path: Path, authority: Path, cloud_says: Say) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(
        f'[broker]\nembedded = true\nport = 0\n[provisioning]\nauthority = "{authority}"\nbroker = "mqtts://b:8883"\n'
    )
    code, _, err = cloud_says("serve", "--config", config, "--database", f"sqlite:///{tmp_path}/t.db", "--port", "0")
    assert code == 78
    assert "provisioning.passphrase_file: nothing opens the authority's key" in err
    assert "$TELLTALE_AUTHORITY_PASSPHRASE" in err


def test_a_code_is_printed_and_the_vehicle_listed(cloud: Cloud, authority: Path, cloud_says: Say) -> None:
    where = ("--fleet", "north", "--database", cloud.url, "--authority", authority)
    code, out, _ = cloud_says("vehicle", "add", "van-7", *where, "--cloud", "https://cloud.example")
    assert code == 0
    printed = out.split("telltale-edge enrol --cloud https://cloud.example --code ")[1].strip()
    assert read_code(printed).pin == pin_in(authority)
    code, out, _ = cloud_says("vehicle", "list", "--database", cloud.url, "--authority", authority)
    assert out.startswith("north\tvan-7\twaiting\t")
    assert cloud_says("vehicle", "revoke", "van-7", *where)[0] == 0
    assert "\trevoked\t" in cloud_says("vehicle", "list", "--database", cloud.url, "--authority", authority)[1]


def test_what_is_missing_is_said(cloud: Cloud, authority: Path, tmp_path: Path, cloud_says: Say) -> None:
    where = ("--database", cloud.url, "--authority", authority)
    locked = ("--authority", authority, "--passphrase-file", tmp_path / "passphrase")
    helper = ("broker-helper", "--folder", tmp_path, "--cloud", "https://c", "--key-file", tmp_path / "none")
    missing: dict[str, tuple[str | Path, ...]] = {
        "where do boxes reach the cloud?": ("vehicle", "add", "van-7", *where),
        "is no name": ("vehicle", "add", "van/7", *where, "--cloud", "https://c"),
        "no authority for vehicles is named": ("vehicle", "list", "--database", cloud.url),
        "provisioning.authority: cannot be read": ("vehicle", "list", *where[:2], "--authority", tmp_path),
        "for certificates only": ("broker-config", "rmqtt", "--out", tmp_path),
        "needs a name": ("broker-config", "--out", tmp_path, *locked),
        "helper.pem: cannot be used": helper,
    }
    for says, arguments in missing.items():
        code, _, err = cloud_says(*arguments)
        assert (code, says in err, err.count("\n")) == (78, True, 1), err


def test_rmqtt_s_configuration_is_written(tmp_path: Path, authority: Path, cloud_says: Say) -> None:
    out = tmp_path / "rmqtt"
    out.mkdir()
    options = ("--authority", authority, "--passphrase-file", tmp_path / "passphrase", "--name", "broker.example")
    assert cloud_says("broker-config", "rmqtt", "--out", out, *options)[0] == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "authority.pem", "cloud.pem", "helper.pem", "rmqtt-acl.toml", "rmqtt.toml", "server.pem",
    ]  # fmt: skip


def test_a_terminal_gets_a_qr_code(capsys: pytest.CaptureFixture[str]) -> None:
    cli_door._print_qr("telltale-edge enrol --cloud https://cloud.example --code X")
    drawn = capsys.readouterr().out.splitlines()
    assert len(drawn) > 15
    assert all(len(line) == len(drawn[0]) for line in drawn[1:-1] if "\033" not in line)
