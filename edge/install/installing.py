"""Installing, upgrading, taking away: what was done, line by line; an upgrade that is not well goes back by itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from edge.errors import ConfigError
from edge.install.box import Box
from edge.install.plan import (
    CONFIG,
    DISPLAY,
    EDGE,
    FIRST_BOOT,
    NETWORKD_NOTE,
    SHIPPED_BIN,
    STATE,
    USER,
    Options,
    Wanted,
    every_place,
    is_theirs,
    wanted_files,
)

ROOT_ONLY: Final = "Run it as root: sudo telltale-edge install"
_AFTER: Final[tuple[tuple[str, ...], ...]] = (
    ("systemd-sysusers", "/etc/sysusers.d/telltale-edge.conf"),
    ("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/telltale-edge.conf"),
    ("udevadm", "control", "--reload"),
    ("udevadm", "trigger", "--subsystem-match=tty", "--subsystem-match=net", "--action=add"),
    ("sysctl", "-q", "-p", "/etc/sysctl.d/60-telltale.conf"),
    ("networkctl", "reload"),
    ("systemctl", "daemon-reload"),
)
"""What makes the files count on a machine that runs."""
_CANNOT_HARM: Final = frozenset({"udevadm", "sysctl", "networkctl"})
"""A machine may be without them, or they may have nothing to do with it."""
NETWORKD: Final = "systemd-networkd.service"
"""It brings can0 up. Where another (NetworkManager) has the other links, as on Raspberry Pi OS, it is not enabled."""
_WAIT_ONLINE: Final = "systemd-networkd-wait-online.service"
"""Comes along with it, and would hold up the boot where it has no link with an address."""
DONE, KEPT, FAILED, NOTED, WOULD = "done", "kept", "failed", "noted", "would"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done, or was not."""

    how: str
    """done, kept, failed, noted (it failed, and need not have gone), or would."""
    text: str

    def __str__(self) -> str:
        return f"{self.how:<6} {self.text}"


def install(
    box: Box, shipped: Path, options: Options, *, is_dry: bool, start: bool, is_well: Callable[[], str]
) -> Iterator[Line]:
    """Make a box of a machine, or bring one up to this version; safe to repeat. Lines as they come.

    `shipped`: where units and samples lie; `start`: the daemon at once, if its configuration is usable; `is_well`: why
    the daemon that was started is not well, empty where it is.

    Raises:
        ConfigError: this software was not installed whole.
        EdgeError: a file cannot be written; those before it are, and it may be repeated.
    """
    before = {one.place: box.read(one.place) for one in _wanted(shipped, options)}
    changed = False
    for one in _wanted(shipped, options):
        line = _put(box, one, before[one.place], is_dry=is_dry)
        changed |= line.how == DONE
        yield line
    if is_dry:
        return
    if not box.is_running:
        yield from _without_programs(box, options.programs)
        yield from _ran(box, ("systemd-sysusers", f"--root={box.root}", "telltale-edge.conf"))
        yield from _ran(box, box.systemctl("enable", *options.enabled))
        yield from _with_networkd(box)
        return
    yield from _with_networkd(box)
    for command in _AFTER:
        yield from _ran(box, command, may_fail=command[0] in _CANNOT_HARM)
    yield from _ran(box, ("systemctl", "enable", *options.enabled))
    if not start:
        return
    if options.claim is not None:
        yield from _ran(box, ("systemctl", "start", FIRST_BOOT), may_fail=True)
    units = [unit for unit in options.enabled if unit != FIRST_BOOT]
    yield from _ran(box, ("systemctl", "restart", *units), may_fail=True)
    why = is_well()
    if not why:
        yield Line(DONE, "the daemon is there, and well")
        return
    yield Line(FAILED, f"the daemon is not well: {why}")
    if changed and before[_unit()] is not None:
        yield from _go_back(box, before, units)


def uninstall(box: Box, *, is_dry: bool, purge: bool) -> Iterator[Line]:
    """Take away what `install` put there; `purge`: configuration, state and the user as well.

    Raises:
        EdgeError: a file cannot be taken away.
    """
    if not is_dry:
        yield from _ran(box, box.systemctl("disable", *box.now, FIRST_BOOT, EDGE, DISPLAY), may_fail=True)
    with_networkd = not is_dry and box.remove(NETWORKD_NOTE)
    for place in every_place():
        if is_theirs(place) and not purge:
            if box.read(place) is not None:
                yield Line(KEPT, f"/{place}: yours; --purge takes it away")
            continue
        yield from _taken(box, place, is_dry=is_dry)
    if purge:
        for folder in (CONFIG.parent, STATE, PurePosixPath("run/telltale-edge")):
            yield from _taken(box, folder, is_dry=is_dry)
    if not is_dry:
        yield from _forgotten(box, purge=purge, with_networkd=with_networkd)


def _forgotten(box: Box, *, purge: bool, with_networkd: bool) -> Iterator[Line]:
    """Have the machine forget what it was told of files that are gone."""
    if with_networkd:
        yield from _ran(box, box.systemctl("disable", *box.now, NETWORKD), may_fail=True)
    if box.is_running:
        yield from _ran(box, ("systemctl", "daemon-reload"))
        yield from _ran(box, ("udevadm", "control", "--reload"), may_fail=True)
    if purge:
        where = [] if box.is_running else ["--prefix", str(box.root)]
        yield from _ran(box, ("userdel", *where, USER), may_fail=True)


def _with_networkd(box: Box) -> Iterator[Line]:
    """Have the network files looked at; noted, so that it is taken back with the rest."""
    if box.run(box.systemctl("is-enabled", "--quiet", NETWORKD)).is_well:
        return
    ran = box.run(box.systemctl("enable", *box.now, NETWORKD))
    if not ran.is_well:
        yield Line(NOTED, f"{NETWORKD}: {ran.said}. CAN interfaces have to be brought up by something else")
        return
    yield Line(DONE, f"systemctl enable {NETWORKD}: it brings can0 up")
    box.write(
        NETWORKD_NOTE, b"telltale-edge install has enabled systemd-networkd, and --uninstall disables it\n", 0o644
    )
    yield from _ran(box, box.systemctl("disable", *box.now, _WAIT_ONLINE), may_fail=True)


def _without_programs(box: Box, programs: str) -> Iterator[Line]:
    """Whether the units of an image would start nothing."""
    if not (box.root / programs.lstrip("/") / "telltale-edge").exists():
        remedy = f"Install telltale[edge] in it, into {PurePosixPath(SHIPPED_BIN).parent}, and say this again"
        yield Line(NOTED, f"{programs}/telltale-edge: not in the image, so its units start nothing. {remedy}")


def _wanted(shipped: Path, options: Options) -> list[Wanted]:
    try:
        return wanted_files(shipped, options)
    except OSError as error:
        remedy = "Install telltale[edge] from its wheel"
        raise ConfigError(f"a shipped file is missing ({error})", file=shipped, remedy=remedy) from error


def _unit() -> PurePosixPath:
    return PurePosixPath("etc/systemd/system") / EDGE


def _put(box: Box, one: Wanted, before: bytes | None, *, is_dry: bool) -> Line:
    if before == one.content:
        return Line(KEPT, f"/{one.place}")
    if before is not None and not one.is_ours:
        return Line(KEPT, f"/{one.place}: yours")
    verb = "written" if before is None else "brought up to this version"
    if is_dry:
        return Line(WOULD, f"/{one.place}: {verb}")
    box.write(one.place, one.content, one.mode)
    return Line(DONE, f"/{one.place}: {verb}")


def _taken(box: Box, place: PurePosixPath, *, is_dry: bool) -> Iterator[Line]:
    if is_dry:
        yield Line(WOULD, f"/{place}: taken away, if it is there")
    elif box.remove(place):
        yield Line(DONE, f"/{place}: taken away")


def _ran(box: Box, command: Sequence[str], *, may_fail: bool = False) -> Iterator[Line]:
    ran = box.run(command)
    text = " ".join(command)
    if ran.is_well:
        yield Line(DONE, text)
    else:
        yield Line(NOTED if may_fail else FAILED, f"{text}: {ran.said}")


def _go_back(box: Box, before: "dict[PurePosixPath, bytes | None]", units: Sequence[str]) -> Iterator[Line]:
    """As it was before the upgrade: its units start the version of before, which is still in its own environment."""
    for place, content in before.items():
        if content is not None and not is_theirs(place) and box.read(place) != content:
            box.write(place, content, 0o644)
            yield Line(DONE, f"/{place}: as it was before")
    yield from _ran(box, ("systemctl", "daemon-reload"))
    yield from _ran(box, ("systemctl", "restart", *units), may_fail=True)
