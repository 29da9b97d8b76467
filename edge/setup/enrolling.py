"""Enrolling on behalf of the daemon: its key belongs to its user, whoever types the code."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.enrolment.enrol import enrol
from edge.enrolment.identity import Identity, read_private
from edge.errors import ConfigError
from edge.install.plan import USER
from edge.state import ENROLMENT, UnusableState, locked
from edge.wire.enrolment import ClaimCode, read_code


def code_of(text: str, place: str) -> ClaimCode:
    """A code as somebody typed it.

    Raises:
        ConfigError: it is mistyped.
    """
    try:
        return read_code(text)
    except ValueError as error:
        raise ConfigError(str(error), place=place, remedy="Type it again as it was printed") from error


def become(state: Path, cloud: str, code: ClaimCode, *, ca: Path | None = None) -> Identity:
    """Become a vehicle, or go on being the one that this box is already.

    Raises:
        ConfigError: somebody else enrols this box just now, or the file of `ca` is not there.
        LinkDown: the cloud cannot be reached; try again.
        TurnedAway, NotBelieved, EdgeError: as `enrol`.
    """
    trusted = "" if ca is None else read_private(ca)
    if trusted is None:
        raise ConfigError("no such file", file=ca, place="--ca", remedy="Check the path")
    make_for_daemon(state)
    with as_owner_of(state):
        known = Identity.read(state)
        if known is not None:
            return known
        with locked(state, ENROLMENT):
            return enrol(state, cloud, code, ca=trusted)


def make_for_daemon(state: Path, user: str = USER) -> None:
    """Have a state folder that belongs to the daemon's user, where root makes it and there is such a user.

    Raises:
        UnusableState: it cannot be made.
    """
    if state.exists():
        return
    try:
        state.mkdir(mode=0o750, parents=True)
        if os.geteuid() == 0:
            with suppress(KeyError):
                account = pwd.getpwnam(user)
                os.chown(state, account.pw_uid, account.pw_gid)
    except OSError as error:
        raise UnusableState(state, error) from error


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """What root makes meanwhile belongs to whom the folder does, where there is one."""
    owner = folder.stat() if folder.is_dir() else None
    if os.geteuid() != 0 or owner is None or owner.st_uid == 0:
        yield
        return
    before = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(before)
