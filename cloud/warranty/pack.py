"""The evidence pack: a zip of the story as PDF, the pieces it is told from, their hashes, and a seal. Pure.

The same claim in the same state gives the same bytes.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cloud.errors import Refused
from cloud.warranty.pieces import Piece, canonical, digest_of
from cloud.warranty.seal import Seal

FORMAT: Final = "telltale-warranty-pack/1"
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.hmac-sha256"
EVIDENCE: Final = "evidence/"
"""The folder of the pieces."""
RULING: Final = "evidence/ruling.json"
"""The one piece that is later than the submission."""
FILES_MAX: Final = 100
BYTES_MAX: Final = 64 * 1024 * 1024
"""Of everything in a pack, unpacked: what is larger was not made here."""
_MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The zip's own time, which says nothing: the manifest has it."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What a pack is about."""

    claim: int
    state: str
    as_of: datetime


class Trouble(StrEnum):
    """What is wrong with one file of a pack."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a pack since it was made."""

    claim: int | None
    """None: the manifest cannot be read."""
    files: int
    """That the manifest names."""
    troubles: Mapping[str, Trouble]
    """By file."""
    is_sealed: bool | None
    """The seal is ours and of this manifest; None: nobody looked, for want of the key."""
    evidence: str = ""
    """One digest over what was submitted, as it is now; the audit has it as it was then."""
    problem: str = ""
    """Why it is no pack at all; "": it is one."""

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, as far as was looked."""
        return not self.problem and not self.troubles and self.is_sealed is not False


def make_pack(cover: Cover, files: Sequence[Piece], seal: Seal) -> bytes:
    """The zip of these files with manifest and seal."""
    told = [{"name": one.name, "sha256": one.sha256, "bytes": len(one.content)} for one in files]
    about = {"format": FORMAT, "claim": cover.claim, "state": cover.state, "as_of": cover.as_of.isoformat()}
    manifest = canonical({**about, "files": sorted(told, key=lambda one: str(one["name"]))})
    sealed = [*files, Piece(MANIFEST, manifest), Piece(SEAL, f"{seal.of(manifest)}\n".encode())]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for one in sealed:
            info = zipfile.ZipInfo(one.name, _MADE)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(info, one.content)
    return written.getvalue()


def verify_pack(content: bytes, seal: Seal | None) -> Report:
    """Whether anything was changed, and which file. Never raises, whatever the bytes are."""
    try:
        files = _unpack(content)
        manifest, told = _manifest(files)
    except Refused as error:
        return Report(None, 0, {}, None, problem=str(error))
    troubles: dict[str, Trouble] = {}
    for name, sha256 in told.items():
        found = files.get(name)
        if found is None:
            troubles[name] = Trouble.MISSING
        elif Piece(name, found).sha256 != sha256:
            troubles[name] = Trouble.CHANGED
    troubles |= {name: Trouble.ADDED for name in files if name not in told and name not in {MANIFEST, SEAL}}
    is_sealed = None if seal is None else seal.agrees(files[MANIFEST], files.get(SEAL, b"").decode("latin-1"))
    return Report(int(manifest["claim"]), len(told), dict(sorted(troubles.items())), is_sealed, _digest(files))


def _digest(files: Mapping[str, bytes]) -> str:
    """Over the pieces that were submitted."""
    pieces = [Piece(name, content) for name, content in files.items() if name.startswith(EVIDENCE) and name != RULING]
    return digest_of({one.name: one.sha256 for one in pieces})


def _unpack(content: bytes) -> dict[str, bytes]:
    """Every file by its name, within bounds.

    Raises:
        Refused: it is no zip, is damaged, has a name twice, or is larger than any pack.
    """
    files: dict[str, bytes] = {}
    left = BYTES_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as pack:
            if len(pack.infolist()) > FILES_MAX:
                raise Refused(f"more than {FILES_MAX} files")
            for info in pack.infolist():
                if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    raise Refused(f"{info.filename} is packed in a way that is not used here")
                if info.filename in files:
                    raise Refused(f"{info.filename} is in there twice")
                with pack.open(info) as opened:
                    files[info.filename] = opened.read(left + 1)
                left -= len(files[info.filename])
                if left < 0:
                    raise Refused(f"more than {BYTES_MAX} bytes when unpacked")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise Refused(f"no zip that can be read ({error})") from error
    return files


def _manifest(files: Mapping[str, bytes]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The manifest, and the hash of each file in it.

    Raises:
        Refused: there is none of our form.
    """
    try:
        manifest = json.loads(files[MANIFEST])
        told = {str(one["name"]): str(one["sha256"]) for one in manifest["files"]}
        is_ours = manifest["format"] == FORMAT and isinstance(manifest["claim"], int)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused(f"no {MANIFEST} that can be read") from error
    if not is_ours:
        raise Refused(f"{MANIFEST} is not of the form {FORMAT}")
    return manifest, told
