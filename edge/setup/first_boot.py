"""The first boot of an image: the box enrols by itself as soon as there is a network, and forgets the claim."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.enrolment.identity import Identity
from edge.errors import EdgeError, LinkDown
from edge.setup.claim import LENT, own_code, read_claim
from edge.setup.enrolling import become

PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Between tries; then the unit's own pause, so that the daemon is not kept waiting for a network that never comes."""


def enrol_by_claim(
    claim_file: Path,
    state: Path,
    *,
    machine: Path = Path("/"),
    pause: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None],
) -> Identity:
    """Become the vehicle that a claim is for; the claim is taken away then. Interrupted, it goes on the next time.

    Raises:
        ConfigError: the claim cannot be used; trying again changes nothing.
        LinkDown: no network yet; try again.
        EdgeError: the cloud says no, or the disk fails.
    """
    claim = read_claim(claim_file)
    code = own_code(claim, claim_file, machine)
    for wait_s in (*PAUSES_S, None):
        try:
            identity = become(state, claim.cloud, code, ca=claim.ca)
            break
        except LinkDown as error:
            if wait_s is None:
                raise
            tell(f"{error}; again in {wait_s:g} s")
            pause(wait_s)
    forget(claim_file)
    return identity


def forget(claim_file: Path) -> None:
    """Take a claim away; one that systemd lent (LoadCredential=) its unit takes away.

    Raises:
        EdgeError: it cannot be; it opens nothing any more, but says where this box went.
    """
    if str(claim_file.parent) == os.environ.get(LENT):
        return
    try:
        claim_file.unlink(missing_ok=True)
    except OSError as error:
        raise EdgeError(f"{claim_file}: cannot be taken away: {error.strerror}. Take it away as root") from error
