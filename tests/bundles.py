"""Bundles for tests: archives of files that are written as text, and the documents that name them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.assets import ROOT
from edge.updates.journal import Journal
from edge.updates.overlay import FILE
from edge.updates.store import Store
from edge.wire.bundles import PROBATION_S_MIN, Bundle

ID: Final = "0" * 31 + "b"
VERSION: Final = 1_764_000_000


RULE: Final = """
[[rule]]
alert = "rule_{number}"
expr = "Vehicle.Speed >= 0"
component = "load"
severity = "info"
action = "watch"
summary = "{{value}}"
"""
SETS_RULES: Final = '[detect]\nrules = ["rules/more.toml"]\n'


def rules(count: int) -> dict[str, str | bytes]:
    """A bundle with rules that fire at once, each its own alert."""
    return {FILE: SETS_RULES, "rules/more.toml": "".join(RULE.format(number=number) for number in range(count))}


def wrong_model() -> dict[str, str | bytes]:
    """A bundle with a model that does not give the answers that its card names."""
    package = ROOT / "models" / "packages" / "coolant"
    card = json.loads((package / "card.json").read_text())
    card["golden"][0]["answer"] += 30.0
    return {
        FILE: '[detect]\nmodels = ["models/warm"]\n',
        "models/warm/card.json": json.dumps(card),
        "models/warm/model.onnx": (package / "model.onnx").read_bytes(),
    }


def standing_vehicle(file: Path) -> None:
    """A table of a vehicle that stands."""
    rows = "".join(f"{1_700_000_000 + second / 2},0.0,21.5\n" for second in range(600))
    file.write_text("time,Vehicle.Speed,Vehicle.Exterior.AirTemperature\n" + rows)


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """An archive of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def bundle_of(
    archive: bytes,
    *,
    version: int = VERSION,
    id_: str = ID,
    name: str = "autumn",
    probation_s: int = PROBATION_S_MIN,
    alerts_max: int = 10,
) -> Bundle:
    """The document of an archive, as the cloud would sign it."""
    return Bundle(
        fleet="fleet-1",
        vehicle="car-1",
        version=version,
        id=id_,
        name=name,
        size=len(archive),
        sha256=hashlib.sha256(archive).hexdigest(),
        probation_s=probation_s,
        alerts_max=alerts_max,
    )


def none_of(version: int, *, probation_s: int = PROBATION_S_MIN) -> Bundle:
    """The document that says: no bundle."""
    return Bundle(fleet="fleet-1", vehicle="car-1", version=version, id=None, probation_s=probation_s)


def asked_for(state: Path, bundle: Bundle, archive: bytes = b"") -> Store:
    """A state in which this bundle is asked for, with so much of its archive fetched."""
    store = Store(state)
    store.save(store.journal.wants(bundle))
    if archive:
        store.append(bundle, archive)
    return store


def journal_in(state: Path) -> Journal:
    """As it lies there."""
    return Store(state, is_looked_at=True).journal
