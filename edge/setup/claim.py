"""A claim: the cloud and the code that an image carries for its first boot, in one file that goes when it is used.

cloud = "https://cloud.example"
code = "…"                      # of one box; or, in an image for several boxes, one code for each:

[codes]                         # by the serial number of the machine
"10000000a1b2c3d4" = "…"
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge.errors import ConfigError
from edge.setup.enrolling import code_of
from edge.toml_file import read_toml
from edge.wire.enrolment import ClaimCode

FILE: Final = Path("/etc/telltale/claim.toml")
SEE: Final = "systemd/README.md, several vehicles of one kind"
SERIALS: Final = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_serial")
"""Where boards and PCs have theirs; the second can be read by root alone, and is lent to the first boot."""
LENT: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd.exec(5) lends files to a service: the claim, and the serial number of a PC as `serial`."""
CODES_MAX: Final = 1000
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Claim(BaseModel):
    """What stands in the file."""

    model_config = ConfigDict(extra="forbid")

    cloud: _Text
    code: _Text | None = None
    codes: Annotated[dict[_Text, _Text], Field(max_length=CODES_MAX)] = {}
    ca: Path | None = None
    """PEM of who signed the cloud's certificate, if the system does not know them; a whole path."""


def read_claim(file: Path) -> Claim:
    """The claim of a file.

    Raises:
        ConfigError: it is missing, or says something that cannot be.
    """
    claim = read_toml(Claim, file, what="claim", see=SEE)
    if (claim.code is None) == (not claim.codes):
        raise ConfigError("a claim has either code or [codes]", file=file, remedy=f"See {SEE}")
    if claim.ca is not None and not claim.ca.is_absolute():
        remedy = "Write the whole path: the claim may be read from another place"
        raise ConfigError("is no whole path", file=file, place="ca", remedy=remedy)
    for place, code in _every(claim).items():
        code_of(code, f"{file}: {place}")
    return claim


def own_code(claim: Claim, file: Path, machine: Path = Path("/")) -> ClaimCode:
    """The code that is this box's: the only one, or that of its serial number.

    Raises:
        ConfigError: there is none for it.
    """
    if claim.code is not None:
        return code_of(claim.code, f"{file}: code")
    serial = serial_of(machine)
    if serial is None:
        remedy = "Give each image one code of its own: code = …"
        raise ConfigError("this machine tells no serial number", file=file, place="codes", remedy=remedy)
    if serial not in claim.codes:
        remedy = f"Make a code for it (telltale-cloud vehicle add), and add {serial!r} to [codes]"
        raise ConfigError(f"has no code for the machine {serial}", file=file, place="codes", remedy=remedy)
    return code_of(claim.codes[serial], f"{file}: codes.{serial}")


def serial_of(machine: Path = Path("/")) -> str | None:
    """The serial number of this machine; None: it tells none."""
    lent = os.environ.get(LENT)
    for file in (*(machine / place for place in SERIALS), *([Path(lent) / "serial"] if lent else [])):
        try:
            text = file.read_bytes().decode("ascii", "replace").strip("\0 \n\t")
        except OSError:
            continue
        if text and text.isprintable():
            return text
    return None


def _every(claim: Claim) -> Mapping[str, str]:
    return claim.codes if claim.code is None else {"code": claim.code}
