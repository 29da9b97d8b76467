"""What the child looks at: that a bundle loads, that models answer as they should, and that all of it is in there."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.config import Config, load_config
from edge.errors import ConfigError
from edge.prepare import prepare
from edge.updates.check import be_nice, check
from edge.updates.overlay import FILE, Overlay
from tests.bundles import rules, wrong_model
from tests.signed import new_keys, package_in

OWN = '[[bus]]\nsource = "can:can0"\n[detect]\nrules = ["own.toml"]\n'
NO_RULE = '[[rule]]\nalert = "none"\n'


class Place:
    """An installer's configuration, and a slot beside it."""

    def __init__(self, folder: Path, own: str = OWN) -> None:
        self.folder, self.slot = folder, folder / "slot"
        (folder / "own.toml").write_text(NO_RULE)
        (folder / "edge.toml").write_text(own)

    def unpack(self, files: Mapping[str, str | bytes]) -> "Place":
        for name, content in files.items():
            file = self.slot / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def configured(self, overlay: Overlay) -> Config:
        return load_config(self.folder / "edge.toml", overlay.over)

    def check(self) -> None:
        known = prepare(load_config(self.folder / "edge.toml")).unusable
        check(self.slot, self.configured, known)

    def why(self) -> str:
        with pytest.raises(ConfigError) as caught:
            self.check()
        return str(caught.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_loads_and_answers_as_it_should_may_be_tried(place: Place) -> None:
    package_in(place.slot / "models" / "warm")
    place.unpack(
        {**rules(3), FILE: '[detect]\nrules = ["rules/more.toml", "car"]\nmodels = ["models/warm", "coolant"]\n'}
    )
    place.check()


def test_what_could_not_be_used_before_is_no_fault_of_the_bundle(place: Place) -> None:
    place.unpack({FILE: "[memory]\nsummary_s = 20\n"}).check()
    assert "rule none" in place.unpack({FILE: '[detect]\nrules = ["rules/x.toml"]\n', "rules/x.toml": NO_RULE}).why()


def test_a_model_that_does_not_give_its_golden_answers_is_named(place: Place) -> None:
    assert "detector coolant" in place.unpack(wrong_model()).why()


def test_a_model_must_be_signed_where_the_installer_names_keys(tmp_path: Path) -> None:
    ours, others = new_keys(tmp_path, "ours"), new_keys(tmp_path, "others")
    place = Place(tmp_path, OWN + 'model_keys = ["ours.pub.pem"]\n')
    package_in(place.slot / "models" / "signed", ours)
    package_in(place.slot / "models" / "foreign", others)
    place.unpack({FILE: '[detect]\nmodels = ["models/signed"]\n'}).check()
    assert "detector foreign" in place.unpack({FILE: '[detect]\nmodels = ["models/foreign"]\n'}).why()


def test_what_a_profile_names_is_in_the_bundle_or_shipped(place: Place) -> None:
    (place.folder / "outside.toml").write_text("rule = []\n")
    profile = '[[bus]]\nname = "x"\n'
    named = {FILE: 'profile = "profiles/van/van.profile.toml"\n', "rules/in.toml": "rule = []\n"}
    for said, problem in (
        ("../../rules/in.toml", ""),
        ("car", ""),
        (f"{place.folder}/outside.toml", "is not in the bundle"),
    ):
        place.unpack({**named, "profiles/van/van.profile.toml": f'rules = ["{said}"]\n{profile}'})
        if problem:
            assert problem in place.why()
        else:
            place.check()


def test_a_profile_for_other_buses_is_refused(place: Place) -> None:
    profile = "".join(f'[[bus]]\nname = "{name}"\n' for name in ("a", "b"))
    place.unpack({FILE: 'profile = "profiles/p.profile.toml"\n', "profiles/p.profile.toml": profile})
    assert "the profile has the buses 'a', 'b'" in place.why()


def test_being_nice_is_not_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: int) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "nice", forbidden)
    be_nice()
