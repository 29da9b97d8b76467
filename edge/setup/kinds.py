"""Kinds of vehicle: which shipped profile fits what was heard, and how such a vehicle is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from edge import assets
from edge.profile import MappedDatabase, Profile, placed
from edge.suggest.choose import Chosen
from edge.toml_file import read_toml

Ask = Literal["nothing", "obd", "j1939"]
ENDING: Final = ".profile.toml"
HEAVY: Final = "fms"
"""Of a J1939 bus of which no database knows more."""


def shipped_profiles() -> dict[str, Profile]:
    """Every profile that came with this software, by name; its databases' paths are whole.

    Raises:
        ConfigError: one is damaged.
    """
    found = {}
    for folder in assets.database_folders():
        for file in sorted(folder.glob(f"*{ENDING}")):
            found[file.name.removesuffix(ENDING)] = _whole(file)
    return found


def read_profile(name: str, base: Path) -> Profile:
    """A shipped profile by name, or a file.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    return _whole(assets.profile_file(name, base))


def profile_for(chosen: Sequence[Chosen], profiles: Mapping[str, Profile], *, is_j1939: bool) -> str | None:
    """The profile whose databases explain most of a bus; None: none of them explains anything."""
    shares = {
        name: sum(one.share for one in chosen if one.fit.file.resolve() in _files(profile))
        for name, profile in profiles.items()
    }
    best = max(shares, key=lambda name: shares[name], default=None)
    if best is not None and shares[best] > 0.0:
        return best
    return HEAVY if is_j1939 and HEAVY in profiles else None


def bitrate_of(profile: Profile) -> int | None:
    """What a profile with a single bus says of it."""
    return profile.bus[0].bitrate if len(profile.bus) == 1 else None


def way_of_asking(*, is_heavy: bool) -> Ask:
    """How control units of such a vehicle are asked, where somebody allows it."""
    return "j1939" if is_heavy else "obd"


def _whole(file: Path) -> Profile:
    profile = read_toml(Profile, file, what="profile", see="dbc/README.md, profiles")
    folder = file.resolve().parent
    profile.databases = [placed(one, folder) for one in profile.databases]
    for bus in profile.bus:
        bus.databases = [placed(one, folder) for one in bus.databases]
    return profile


def _files(profile: Profile) -> set[Path]:
    every = (*profile.databases, *(one for bus in profile.bus for one in bus.databases))
    return {(one.file if isinstance(one, MappedDatabase) else one).resolve() for one in every}
