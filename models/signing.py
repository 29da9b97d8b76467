"""Keys, and packages signed with them: a vehicle that names the public half believes nothing else."""

import hashlib
import json
import os
from pathlib import Path
from typing import Final

from edge.detect.card import CARD, MODEL_BYTES, card_bytes, read_bounded
from edge.detect.ed25519 import PrivateKey, fits, read_private_key
from edge.detect.signature import (
    SIGNATURE,
    PublicKey,
    is_false,
    key_for,
    read_public_key,
    read_signature,
    signature_of,
    signed_text,
)
from edge.errors import ConfigError, ModelError
from models.files import write_files

MODEL: Final = "model.onnx"
"""Where a card does not say another."""
_REMEDY: Final = "Train the model again, then sign it"


def make_key(file: Path) -> str:
    """Write a new private key that its owner alone can read, and beside it the public one; what to do with them.

    Raises:
        ConfigError: one of the files is there already, or cannot be written.
    """
    public = file.with_name(f"{file.stem}.pub{file.suffix}")
    for one in (file, public):
        if one.exists() or one.is_symlink():
            raise ConfigError("is there already", file=one, remedy="Name another --out: a key is never written over")
    key = PrivateKey.new()
    _write_new(public, key.public_pem(), 0o644)
    try:
        _write_new(file, key.pem(), 0o600)
    except ConfigError:
        public.unlink()
        raise
    return (
        f"key {PublicKey(key.public).id}\n"
        f"private  {file}: signs packages; keep a copy where nobody else can read it\n"
        f'public   {public}: onto each vehicle, [detect] model_keys = ["{public.name}"]\n'
    )


def sign(package: Path, key_file: Path) -> str:
    """Sign a package as it lies there; what was signed, in one line.

    Raises:
        ModelError: the package holds something that its card does not answer for.
        ConfigError: the key cannot be used, or nothing can be written.
    """
    key = read_private_key(key_file)
    card = _whole_card(package)
    signature = signature_of(card, PublicKey(key.public), key.sign(signed_text(card)))
    write_files(package, {SIGNATURE: signature.written()}, remedy="Sign a copy that may be written to")
    return f"{package} is signed by key {signature.key}\n"


def check_key(key_file: Path | None) -> None:
    """What takes a quarter of an hour is not begun with a key that cannot sign at its end.

    Raises:
        ConfigError: it cannot.
    """
    if key_file is not None:
        read_private_key(key_file)


def seal(package: Path, key_file: Path | None) -> str:
    """Sign a package that was just written; without a key, take away the signature of what was there before.

    Raises:
        ModelError, ConfigError: see sign.
    """
    if key_file is not None:
        return "\n" + sign(package, key_file)
    (package / SIGNATURE).unlink(missing_ok=True)
    return ""


def verify(package: Path, public_file: Path) -> str:
    """Hold a package against a public key as a vehicle does; what was found, in one line.

    Raises:
        ModelError: it is not signed by that key, or is not what was signed.
        ConfigError: the key cannot be used.
    """
    key = read_public_key(public_file)
    card = card_bytes(package)
    signature = read_signature(package)
    key_for(signature, card, [key], package)
    if not fits(key.content, bytes.fromhex(signature.signature), signed_text(card)):
        raise is_false(package, key)
    _whole_card(package)
    return f"{package} is as key {key.id} signed it\n"


def _whole_card(package: Path) -> bytes:
    """The card of a package that holds nothing which it does not answer for."""
    card = card_bytes(package)
    try:
        said = json.loads(card)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{package / CARD}: is not JSON ({error}). {_REMEDY}") from error
    if not isinstance(said, dict) or not isinstance(said.get("model_sha256"), str):
        raise ModelError(f"{package / CARD}, model_sha256: the model is not named by its hash. {_REMEDY}")
    name = said.get("model_file", MODEL)
    if not isinstance(name, str) or name not in _files(package):
        raise ModelError(f"{package / str(name)}: no such file. {_REMEDY}")
    if hashlib.sha256(read_bounded(package / name, MODEL_BYTES)).hexdigest() != said["model_sha256"]:
        raise ModelError(f"{package / name}: is not the model that {CARD} describes (its hash differs). {_REMEDY}")
    if others := sorted(_files(package) - {CARD, name, SIGNATURE}):
        problem = f"{CARD} says nothing of it, so no signature would cover it"
        raise ModelError(f"{package / others[0]}: {problem}. Take it out of the package")
    return card


def _files(package: Path) -> set[str]:
    return {file.name for file in package.iterdir()}


def _write_new(file: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=file, remedy="Name another --out") from error
