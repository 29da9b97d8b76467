"""A box's identity is one file of its own, whole or not there, and a configuration fits it or says so."""

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from edge.config import Config
from edge.enrolled import with_identity
from edge.enrolment.enrol import enrol, renew
from edge.enrolment.identity import FILE, PENDING_FILE, Identity, write_private
from edge.enrolment.post import ask, check_cloud
from edge.errors import ConfigError, EdgeError, LinkDown
from edge.wire.enrolment import ClaimCode, RenewalRequest

VAN = Identity(
    fleet="north",
    vehicle="van-7",
    broker="mqtts://broker.example:8883",
    cloud="https://cloud.example",
    renew_at="2026-11-21T08:00:00+00:00",
    ends_at="2026-12-21T08:00:00+00:00",
)
CODE = ClaimCode(bytes(10), bytes(10))


def config_in(folder: Path, **tables: object) -> Config:
    return Config.model_validate({"state": {"directory": folder}, **tables})


def test_it_is_read_as_it_was_written_and_for_nobody_else(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    assert Identity.read(tmp_path) == VAN
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert VAN.end == datetime(2026, 12, 21, 8, tzinfo=UTC)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_one_that_was_written_before_there_was_a_document_key_is_read(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    file = tmp_path / FILE
    before = file.read_text().replace(', "document_key": ""', "")
    assert "document_key" not in before
    file.write_text(before)
    identity = Identity.read(tmp_path)
    assert identity == VAN
    assert identity.document_keys == ()


@pytest.mark.parametrize("key", ["ab" * 31, "ab" * 33, "zz" * 32, "a"])
def test_a_document_key_that_is_none_is_a_damaged_identity(tmp_path: Path, key: str) -> None:
    replace(VAN, document_key=key).write(tmp_path, "pem")
    with pytest.raises(ConfigError, match="is no identity"):
        Identity.read(tmp_path)


def test_a_folder_without_one_is_a_box_without_one(tmp_path: Path) -> None:
    assert Identity.read(tmp_path) is None
    config = config_in(tmp_path)
    assert with_identity(config) is config
    (tmp_path / "file").touch()
    assert Identity.read(tmp_path / "file") is None, "what is wrong with the folder others say"


@pytest.mark.parametrize("text", ["", "x\n{}\n", "telltale identity 1: this box's own key, for nobody else\n{}\n", "ü"])
def test_a_damaged_one_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ConfigError, match=r"is no identity|cannot be read"):
        Identity.read(tmp_path)


def test_a_disk_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    VAN.write(tmp_path, "before")
    with patch("os.fsync", side_effect=OSError(28, "No space left on device")), pytest.raises(EdgeError, match="space"):
        VAN.write(tmp_path, "after")
    assert (tmp_path / FILE).read_text().endswith("before")
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_configuration_need_not_say_who_it_is(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    config = with_identity(config_in(tmp_path))
    assert (config.vehicle.fleet, config.vehicle.id) == ("north", "van-7")
    assert config.link.broker == VAN.broker
    assert config.link.certificate == config.link.ca == tmp_path / FILE


def test_what_the_configuration_says_of_the_link_counts(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    link = {"broker": "mqtts://other.example", "certificate": "own.pem", "ca": "ca.pem"}
    config = with_identity(config_in(tmp_path, link=link))
    assert config.link.broker == "mqtts://other.example"
    assert (config.link.certificate, config.link.ca) == (Path("own.pem"), Path("ca.pem"))


def test_in_the_clear_nobody_asks_who_this_is(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    config = with_identity(config_in(tmp_path, link={"broker": "mqtt://127.0.0.1"}))
    assert (config.vehicle.fleet, config.link.certificate) == ("default", None)


def test_another_vehicle_s_configuration_is_refused(tmp_path: Path) -> None:
    VAN.write(tmp_path, "pem")
    with pytest.raises(ConfigError, match="this box is north/van-7"):
        with_identity(config_in(tmp_path, vehicle={"id": "van-8"}))


@pytest.mark.parametrize(
    "url",
    ["http://cloud.example", "cloud.example", "ftp://x", "https://", "https://a:b@c", "https://c?x=1", "https://c:x"],
)
def test_the_cloud_is_spoken_to_over_https_alone(url: str) -> None:
    with pytest.raises(ConfigError):
        check_cloud(url)


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://cloud.example/", "https://cloud.example"),
        ("https://cloud.example:8443/telltale/", "https://cloud.example:8443/telltale"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_on_this_machine_the_clear_will_do(url: str, meant: str) -> None:
    assert check_cloud(url) == meant


def test_a_cloud_that_is_away_leaves_a_key_to_go_on_with(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(LinkDown):
            enrol(tmp_path, "http://127.0.0.1:9", CODE)
        kept = (tmp_path / PENDING_FILE).read_text()
    with pytest.raises(LinkDown):
        enrol(tmp_path, "http://127.0.0.1:9", CODE)
    assert (tmp_path / PENDING_FILE).read_text() == kept


def test_a_pending_key_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    write_private(tmp_path / PENDING_FILE, "-----BEGIN PRIVATE KEY-----\nnoise\n")
    with pytest.raises(LinkDown):
        enrol(tmp_path, "http://127.0.0.1:9", CODE)
    assert "noise" not in (tmp_path / PENDING_FILE).read_text()


def test_who_has_no_certificate_renews_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no vehicle yet"):
        renew(tmp_path)
    VAN.write(tmp_path, "pem")
    with pytest.raises(ConfigError, match="is damaged"):
        renew(tmp_path)


def test_a_file_that_is_no_certificate_is_no_authority() -> None:
    wish = RenewalRequest(certificate="x", request="x", signature="ab" * 8)
    with pytest.raises(ConfigError, match="--ca"):
        ask("https://127.0.0.1:9", "/x", wish, ca="noise")
