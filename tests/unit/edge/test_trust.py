"""Which packages a box believes: every way to spoil one is refused with its own reason, and nothing else suffers."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.detect.card import CARD
from edge.detect.ed25519 import read_private_key
from edge.detect.onnx import OnnxDetector
from edge.detect.signature import PREFIX, SIGNATURE, PublicKey, read_public_key, read_signature, signed_text
from edge.driver.words import load_words
from edge.errors import ConfigError, ModelError
from edge.packages import Packages, load_packages
from edge.trust import Trust
from edge.verifying import PROGRAM, Verifier
from models.recipe import PACKAGES
from models.signing import sign
from tests.signed import Keys, new_keys, package_in

MODEL: Final = "model.onnx"
PEM: Final = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n"
WORDS: Final = load_words("en", [])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return new_keys(tmp_path_factory.mktemp("keys"), "fleet")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return new_keys(tmp_path_factory.mktemp("others"), "another")


@pytest.fixture
def package(tmp_path: Path, keys: Keys) -> Path:
    """A signed package of one's own, to spoil."""
    return package_in(tmp_path / "package", keys)


def loaded(keys: Sequence[Keys], *packages: Path) -> Packages:
    return load_packages([str(package) for package in packages], [one.public for one in keys], WORDS)


def edit_card(package: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((package / CARD).read_text("utf-8"))
    change(card)
    (package / CARD).write_text(json.dumps(card), "utf-8")


def edit_signature(package: Path, **changes: object) -> None:
    said = json.loads((package / SIGNATURE).read_bytes())
    (package / SIGNATURE).write_text(f"{json.dumps(said | changes, indent=1)}\n")


def other_end(digits: str) -> str:
    return digits[:-1] + ("0" if digits[-1] != "0" else "1")


def test_a_package_as_its_maker_signed_it_runs(package: Path, keys: Keys, others: Keys) -> None:
    found = loaded([others, keys], package)
    assert found.refused == {}
    assert found.notes == []
    [detector] = found.detectors
    assert isinstance(detector, OnnxDetector)
    assert detector._proven() is not None


def model_changed(package: Path) -> None:
    content = bytearray((package / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (package / MODEL).write_bytes(content)


def model_and_hash_changed(package: Path) -> None:
    model_changed(package)
    digest = hashlib.sha256((package / MODEL).read_bytes()).hexdigest()
    edit_card(package, lambda card: card.update(model_sha256=digest))


def golden_row_changed(package: Path) -> None:
    edit_card(package, lambda card: card["golden"][0].update(answer=card["golden"][0]["answer"] + 5.0))


def card_and_its_hash_changed(package: Path) -> None:
    edit_card(package, lambda card: card.update(threshold=40.0))
    edit_signature(package, card_sha256=hashlib.sha256((package / CARD).read_bytes()).hexdigest())


def linked(name: str) -> Callable[[Path], None]:
    def link(package: Path) -> None:
        elsewhere = package.parent / f"elsewhere-{name}"
        (package / name).rename(elsewhere)
        (package / name).symlink_to(elsewhere)

    return link


def piped(name: str) -> Callable[[Path], None]:
    """A file that never ends to be read, for whoever waits."""

    def pipe(package: Path) -> None:
        (package / name).unlink()
        os.mkfifo(package / name)

    return pipe


def signature_is(content: bytes) -> Callable[[Path], object]:
    return lambda package: (package / SIGNATURE).write_bytes(content)


def without(name: str) -> Callable[[Path], object]:
    return lambda package: (package / name).unlink()


SPOILT: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "card changed": (
        lambda package: edit_card(package, lambda card: card.update(threshold=40.0)),
        CARD,
        "is not the card",
    ),
    "card reformatted": (lambda package: edit_card(package, lambda _: None), CARD, "is not the card"),
    "golden row changed": (golden_row_changed, CARD, "is not the card"),
    "model and its hash changed": (model_and_hash_changed, CARD, "is not the card"),
    "card changed and its hash with it": (card_and_its_hash_changed, SIGNATURE, "is no signature of card.json by key"),
    "model changed": (model_changed, MODEL, "is not the model that card.json describes"),
    "model absent": (without(MODEL), MODEL, "no such file"),
    "model is a link": (linked(MODEL), MODEL, "is a link"),
    "model is a pipe": (piped(MODEL), MODEL, "is not a file"),
    "card absent": (without(CARD), CARD, "no such file"),
    "card is a link": (linked(CARD), CARD, "is a link"),
    "signature absent": (without(SIGNATURE), SIGNATURE, "no such file"),
    "signature is a link": (linked(SIGNATURE), SIGNATURE, "is a link"),
    "signature is a pipe": (piped(SIGNATURE), SIGNATURE, "is not a file"),
    "signature is no JSON": (signature_is(b"-----BEGIN SIGNATURE-----"), SIGNATURE, "is not JSON"),
    "signature is binary": (signature_is(b"\xff\xfe\x00"), SIGNATURE, "is not JSON"),
    "signature is a list": (signature_is(b"[]"), SIGNATURE, "valid dictionary"),
    "signature is nested without end": (signature_is(b"[" * 999), SIGNATURE, "is not JSON"),
    "signature is huge": (signature_is(b" " * 1001), SIGNATURE, "larger than 1000 bytes"),
    "signature is empty": (signature_is(b""), SIGNATURE, "is not JSON"),
    "another version": (lambda package: edit_signature(package, schema=2), SIGNATURE, "schema: "),
    "another algorithm": (lambda package: edit_signature(package, algorithm="none"), SIGNATURE, "algorithm: "),
    "a field too many": (lambda package: edit_signature(package, trusted=True), SIGNATURE, "trusted: "),
    "signature too short": (lambda package: edit_signature(package, signature="ab" * 63), SIGNATURE, "signature: "),
    "signature in capitals": (lambda package: edit_signature(package, signature="AB" * 64), SIGNATURE, "signature: "),
    "all zeros": (lambda package: edit_signature(package, signature="0" * 128), SIGNATURE, "is no signature of"),
    "key that nobody trusts": (lambda package: edit_signature(package, key="0" * 16), SIGNATURE, "is by key 0000000"),
    "a line more": (
        lambda package: (package / SIGNATURE).write_bytes((package / SIGNATURE).read_bytes() + b"\n"),
        SIGNATURE,
        "is not written as",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_package_is_refused_with_its_file_its_reason_and_a_remedy(
    package: Path, tmp_path: Path, keys: Keys, name: str
) -> None:
    damage, file, problem = SPOILT[name]
    damage(package)
    found = loaded([keys], package, package_in(tmp_path / "sound", keys))
    assert [detector.name for detector in found.detectors] == ["coolant"], "the sound one goes on"
    [(refused, why)] = found.refused.items()
    assert refused == "package"
    assert why.startswith(str(package / file))
    assert problem in why
    assert why.split(". ")[-1].startswith("Install the "), why
    assert "\n" not in why


def test_one_changed_byte_of_the_signature_itself_is_told_from_a_changed_card(package: Path, keys: Keys) -> None:
    said = read_signature(package)
    edit_signature(package, signature=other_end(said.signature))
    [why] = loaded([keys], package).refused.values()
    assert f"{SIGNATURE}: is no signature of card.json by key {said.key}" in why


def test_a_signature_by_another_key_is_refused_whatever_key_it_names(package: Path, keys: Keys, others: Keys) -> None:
    sign(package, others.private)
    [why] = loaded([keys], package).refused.values()
    theirs, ours = read_public_key(others.public).id, read_public_key(keys.public).id
    assert f"is by key {theirs}, and trusted are only {ours}" in why
    edit_signature(package, key=ours)
    [why] = loaded([keys], package).refused.values()
    assert f"is no signature of card.json by key {ours}" in why
    [why] = loaded([keys, others], package).refused.values()
    assert f"is no signature of card.json by key {ours}" in why, "although the other key is trusted too"


def test_a_signature_of_the_same_card_for_another_purpose_is_none(package: Path, keys: Keys) -> None:
    card = (package / CARD).read_bytes()
    for text in (card, PREFIX.replace(b"package", b"parcel") + card):
        edit_signature(package, signature=keys.sign_bytes(text).hex())
        [why] = loaded([keys], package).refused.values()
        assert "is no signature of card.json" in why
    edit_signature(package, signature=keys.sign_bytes(signed_text(card)).hex())
    assert loaded([keys], package).refused == {}


def test_another_packages_card_with_its_own_signature_does_not_carry_this_model(
    package: Path, tmp_path: Path, keys: Keys
) -> None:
    other = package_in(tmp_path / "other")
    model_and_hash_changed(other)
    sign(other, keys.private)
    for name in (CARD, SIGNATURE):
        (package / name).write_bytes((other / name).read_bytes())
    [why] = loaded([keys], package).refused.values()
    assert f"{package / MODEL}: is not the model that card.json describes" in why


@settings(max_examples=200)
@given(at=st.integers(0), change=st.integers(1, 255), name=st.sampled_from([CARD, SIGNATURE]))
def test_any_changed_byte_of_card_or_signature_is_refused(
    tmp_path_factory: pytest.TempPathFactory, keys: Keys, at: int, change: int, name: str
) -> None:
    package = package_in(tmp_path_factory.mktemp("one") / "package", keys)
    content = bytearray((package / name).read_bytes())
    content[at % len(content)] ^= change
    (package / name).write_bytes(content)
    with pytest.raises(ModelError):
        Trust([read_public_key(keys.public)]).card_of(package)


@settings(max_examples=25)
@given(st.binary(min_size=1, max_size=300))
def test_no_card_but_the_signed_one_is_believed_with_its_hash_set_right(
    tmp_path_factory: pytest.TempPathFactory, keys: Keys, card: bytes
) -> None:
    package = package_in(tmp_path_factory.mktemp("one") / "package", keys)
    (package / CARD).write_bytes(card)
    edit_signature(package, card_sha256=hashlib.sha256(card).hexdigest())
    with pytest.raises(ModelError, match="is no signature of"):
        Trust([read_public_key(keys.public)]).card_of(package)


@given(
    st.binary(max_size=1100)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda it: json.dumps(it).encode())
)
def test_whatever_lies_there_instead_of_a_signature_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("one")
    (folder / SIGNATURE).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_signature(folder)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200), st.text(max_size=100))
def test_whatever_lies_there_instead_of_a_key_is_a_mistake_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, inside: str
) -> None:
    file = tmp_path_factory.mktemp("one") / "key.pem"
    for text in (content, PEM.format("PUBLIC KEY", inside).encode()):
        file.write_bytes(text)
        with pytest.raises(ConfigError) as caught:
            read_public_key(file)
        assert "\n" not in str(caught.value)


def test_what_ships_needs_no_signature_and_a_copy_of_it_does(tmp_path: Path, keys: Keys) -> None:
    (tmp_path / "linked").symlink_to(PACKAGES / "coolant")
    found = loaded([keys], PACKAGES / "coolant", tmp_path / "linked", package_in(tmp_path / "copy"))
    assert len(found.detectors) == 2
    assert found.refused.keys() == {"copy"}


def test_without_keys_no_signature_is_needed_and_one_that_is_there_is_said(tmp_path: Path, package: Path) -> None:
    model = package_in(tmp_path / "unsigned")
    assert loaded([], model).notes == []
    found = loaded([], model, package)
    assert found.refused == {}
    [note] = found.notes
    assert note == f"{package / SIGNATURE} is not looked at: no key is named (detect.model_keys)"


def test_refused_packages_of_one_name_are_told_apart_from_each_other_and_from_what_runs(
    tmp_path: Path, keys: Keys
) -> None:
    folders = [package_in(tmp_path / place / "coolant") for place in ("a", "b")]
    found = loaded([keys], PACKAGES / "coolant", *folders)
    assert list(found.refused) == ["coolant 2", "coolant 3"]


def _child(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


NO_LIBRARY: Final = "import sys, runpy; sys.modules['cryptography'] = None; runpy.run_module('edge.detect.verify')"
CANNOT_TELL: dict[str, tuple[Sequence[str], str]] = {
    "there is no such program": (("/no/such/program",), "No such file"),
    "it never answers": (("sleep", "600"), "no answer within 0.2 s"),
    "it says nothing": (_child("import sys; sys.stdin.read()"), "it ended with 0"),
    "it says nonsense": (_child("print('fits not')"), "it ended with 0"),
    "it says yes and fails": (_child("import sys; print('fits'); sys.exit(3)"), "it ended with 3"),
    "the library is missing": (_child(NO_LIBRARY), "cryptography"),
    "it is killed": (_child("import os; print('fits', flush=True); os.kill(os.getpid(), 9)"), "it ended with -9"),
}


@pytest.mark.parametrize("name", CANNOT_TELL)
def test_where_the_child_cannot_tell_the_package_is_refused(package: Path, keys: Keys, name: str) -> None:
    program, why = CANNOT_TELL[name]
    patience_s = 0.2 if program[0] == "sleep" else 30.0
    trust = Trust([read_public_key(keys.public)], Verifier(program, patience_s))
    with pytest.raises(ModelError, match=r"cannot be held against card\.json") as caught:
        trust.card_of(package)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_child_that_hangs_is_waited_for_once(tmp_path: Path, keys: Keys) -> None:
    asked = tmp_path / "asked"
    program = ("sh", "-c", f"echo asked >> {asked}; exec sleep 600")
    trust = Trust([read_public_key(keys.public)], Verifier(program, 0.5))
    for name, why in (("one", "no answer within"), ("two", "no answer about"), ("three", "no answer about")):
        with pytest.raises(ModelError, match=why):
            trust.card_of(package_in(tmp_path / name, keys))
    assert asked.read_text() == "asked\n"


@pytest.mark.parametrize("question", [b"", b"\0" * 96, b"\0" * 2_000_097])
def test_the_child_does_not_answer_what_is_no_question(question: bytes) -> None:
    ended = subprocess.run(PROGRAM, input=question, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stdout == b""


def test_the_child_knows_the_standards_own_example() -> None:
    """RFC 8032, clause 7.1, test 3."""
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    for text, answer in ((b"\xaf\x82", b"fits\n"), (b"\xaf\x83", b"differs\n")):
        ended = subprocess.run(PROGRAM, input=public + signature + text, capture_output=True, timeout=60, check=False)
        assert (ended.returncode, ended.stdout) == (0, answer)


OTHER_CURVE: Final = "MCowBQYDK2VuAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
BAD_KEYS: dict[str, tuple[str, str]] = {
    "empty": ("", "0 PEM blocks"),
    "a certificate": (PEM.format("CERTIFICATE", "AAAA"), "not one PUBLIC KEY"),
    "not base64": (PEM.format("PUBLIC KEY", "AAA"), "is not base64"),
    "another curve": (PEM.format("PUBLIC KEY", OTHER_CURVE), "is not an Ed25519 key"),
    "cut short": (PEM.format("PUBLIC KEY", "MCowBQYDK2VwAyEA"), "is not an Ed25519 key"),
    "private": (PEM.format("PRIVATE KEY", "AAAA"), "Keep it off vehicles"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_key_that_cannot_be_used_is_the_installers_mistake(tmp_path: Path, name: str) -> None:
    text, problem = BAD_KEYS[name]
    (tmp_path / "key.pem").write_text(text)
    with pytest.raises(ConfigError, match=problem) as caught:
        load_packages([], [tmp_path / "key.pem"], WORDS)
    assert caught.value.file == str(tmp_path / "key.pem")
    assert caught.value.remedy


def test_two_keys_in_one_file_are_refused_rather_than_one_of_them_overlooked(
    tmp_path: Path, keys: Keys, others: Keys
) -> None:
    (tmp_path / "both.pem").write_bytes(keys.public.read_bytes() + others.public.read_bytes())
    with pytest.raises(ConfigError, match="2 PEM blocks"):
        read_public_key(tmp_path / "both.pem")


def test_a_public_key_is_read_as_the_library_wrote_it(keys: Keys) -> None:
    assert read_public_key(keys.public) == PublicKey(read_private_key(keys.private).public)
