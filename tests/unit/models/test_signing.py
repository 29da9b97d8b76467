"""Keys and signatures as whoever makes models uses them, by the command line."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from edge.detect.card import CARD
from edge.detect.signature import SIGNATURE
from edge.errors import EXIT_CONFIG
from models.cli import EXIT_FAILED, main
from models.intents.utterances import FILE
from models.recipe import RECIPES
from tests.signed import Keys, new_keys, package_in
from tests.unit.models.small import write_drive

INTENTS = FILE.parent / "package"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return new_keys(tmp_path_factory.mktemp("keys"), "fleet")


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit status, what was printed and what was complained about."""
    status = main([str(one) for one in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_new_private_key_is_for_its_owner_alone_and_openssl_reads_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = said(capsys, "key", "--out", tmp_path / "fleet.pem")
    assert status == 0
    assert 'model_keys = ["fleet.pub.pem"]' in out
    assert stat.S_IMODE((tmp_path / "fleet.pem").stat().st_mode) == 0o600
    if not shutil.which("openssl"):
        pytest.skip("no openssl, which would read what was written")
    derived = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "fleet.pem", "-pubout"], capture_output=True, timeout=60, check=True
    )
    assert derived.stdout == (tmp_path / "fleet.pub.pem").read_bytes()


@pytest.mark.parametrize("there", ["fleet.pem", "fleet.pub.pem"])
def test_a_key_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str], there: str) -> None:
    (tmp_path / there).write_text("kept")
    status, _, err = said(capsys, "key", "--out", tmp_path / "fleet.pem")
    assert status == EXIT_CONFIG
    assert f"{tmp_path / there}: is there already" in err
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(there, "kept")]


def test_where_no_key_can_be_written_no_half_of_one_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, "key", "--out", tmp_path / "gone" / "fleet.pem")
    assert status == EXIT_CONFIG
    assert "cannot be written: No such file or directory" in err
    assert not list(tmp_path.iterdir())


def test_every_kind_of_package_is_signed_and_holds(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    sensor = package_in(tmp_path / "sensor")
    intents = Path(shutil.copytree(INTENTS, tmp_path / "intents"))
    for package in (sensor, intents):
        assert said(capsys, "sign", package, "--key", keys.private)[0] == 0
        status, out, _ = said(capsys, "verify", package, "--key", keys.public)
        assert status == 0
        assert f"{package} is as key " in out
        content = bytearray((package / "model.onnx").read_bytes())
        content[-1] ^= 1
        (package / "model.onnx").write_bytes(content)
        status, _, err = said(capsys, "verify", package, "--key", keys.public)
        assert status == EXIT_FAILED
        assert "its hash differs" in err


def test_signing_twice_gives_the_same_file(tmp_path: Path, keys: Keys) -> None:
    one, two = (package_in(tmp_path / name, keys) for name in ("one", "two"))
    assert (one / SIGNATURE).read_bytes() == (two / SIGNATURE).read_bytes()


def test_what_the_card_does_not_answer_for_is_not_signed(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    package = package_in(tmp_path / "package")
    (package / "weights.bin").write_bytes(b"of the model, outside of it")
    status, _, err = said(capsys, "sign", package, "--key", keys.private)
    assert status == EXIT_FAILED
    assert f"{package / 'weights.bin'}: card.json says nothing of it" in err
    assert not (package / SIGNATURE).exists()


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "is not named by its hash"),
        ("{}", "is not named by its hash"),
        ('{"model_sha256": "00"}', "its hash differs"),
        ('{"model_sha256": "00", "model_file": "../../secret"}', "no such file"),
        ('{"model_sha256": "00", "model_file": ["model.onnx"]}', "no such file"),
    ],
)
def test_a_card_that_pins_no_model_is_not_signed(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str], card: str, problem: str
) -> None:
    package = package_in(tmp_path / "package")
    (package / CARD).write_text(card)
    status, _, err = said(capsys, "sign", package, "--key", keys.private)
    assert status == EXIT_FAILED
    assert problem in err


def test_a_folder_that_is_none_or_empty_is_told(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    for command, key in (("sign", keys.private), ("verify", keys.public)):
        status, _, err = said(capsys, command, tmp_path / "gone", "--key", key)
        assert status == EXIT_FAILED
        assert "card.json: no such file" in err


def test_a_key_that_cannot_sign_is_told_before_anything_is_trained(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.pem").write_text("no key")
    for file, problem in ((tmp_path / "gone.pem", "no such key file"), (tmp_path / "no.pem", "is no private key"),
                          (keys.public, "is no private key"), (tmp_path, "cannot be read")):  # fmt: skip
        status, _, err = said(
            capsys, "train", "coolant", "--drives", "gone.csv", "--calibration", "gone.csv", "--out", tmp_path / "out",
            "--key", file,
        )  # fmt: skip
        assert status == EXIT_CONFIG
        assert f"{file}: {problem}" in err


@pytest.mark.parametrize("algorithm", ["X25519", "RSA"])
def test_a_key_of_another_kind_cannot_sign(tmp_path: Path, capsys: pytest.CaptureFixture[str], algorithm: str) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make such a key")
    file = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", algorithm, "-out", file], capture_output=True, timeout=60, check=True
    )
    status, _, err = said(capsys, "sign", package_in(tmp_path / "package"), "--key", file)
    assert status == EXIT_CONFIG
    assert f"{file}: is not an Ed25519 key" in err


def test_a_key_with_a_passphrase_is_told(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl to lock a key")
    locked = tmp_path / "locked.pem"
    subprocess.run(
        ["openssl", "pkey", "-in", keys.private, "-aes256", "-passout", "pass:x", "-out", locked],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    status, _, err = said(capsys, "sign", package_in(tmp_path / "package"), "--key", locked)
    assert status == EXIT_CONFIG
    assert f"{locked}: is locked with a passphrase" in err


def test_training_signs_where_a_key_is_given_and_takes_an_old_signature_away_where_none_is(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    drives = [write_drive(tmp_path / f"{seed}.csv", seed=seed) for seed in range(3)]
    recipe = tmp_path / "small.toml"
    small = {"trees": "5", "rows_per_leaf": "10", "sample_s": "1.0", "begins_s": "[0.0, 60.0]"}
    recipe.write_text(
        re.sub(
            r"(?m)^(\w+) = .*$",
            lambda line: f"{line[1]} = {small[line[1]]}" if line[1] in small else line[0],
            (RECIPES / "coolant.toml").read_text("utf-8"),
        )
    )
    train: tuple[str | Path, ...] = (
        "train",
        "coolant",
        "--config",
        recipe,
        "--drives",
        *drives[:2],
        "--calibration",
        drives[2],
        "--out",
        tmp_path / "package",
    )
    status, out, err = said(capsys, *train, "--key", keys.private)
    assert status == 0, err
    assert out.rstrip().splitlines()[-1].startswith(f"{tmp_path / 'package'} is signed by key ")
    assert said(capsys, "verify", tmp_path / "package", "--key", keys.public)[0] == 0
    status, out, _ = said(capsys, *train)
    assert status == 0
    assert "is signed" not in out
    assert sorted(file.name for file in (tmp_path / "package").iterdir()) == ["card.json", "model.onnx"]
    assert json.loads((tmp_path / "package" / CARD).read_text())["name"] == "coolant"
