"""Bundles from the cloud's API to an enrolled box that runs them: kept, refused, rolled back, and back to none."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from edge.updates.overlay import FILE
from tests.bundles import journal_in, packed, rules, standing_vehicle, wrong_model
from tests.integration.cloud.service import DEADLINE_S, TOKEN
from tests.integration.door.towns import Town
from tests.programs import program

pytestmark = pytest.mark.xdist_group("door")
NAME: Final = "car-41"
UPDATES: Final = f"/api/v1/vehicles/north/{NAME}/updates"
OTHER_BUS: Final = {FILE: '[[bus]]\nname = "trailer"\nmapping = "dbc/trailer.toml"\n', "dbc/trailer.toml": ""}
"""Which only the vehicle can know that it does not have."""
CONFIG: Final = """
[[bus]]
source = "table:drive.csv?loop=on"
[state]
directory = "{state}"
[cab]
voice = "none"
[status]
enabled = false
[link]
drain_s = 0
"""


@contextmanager
def standing_box(here: Town) -> Iterator[Path]:
    """The daemon of an enrolled vehicle that stands; its state."""
    state = here.enrol("north", NAME)
    standing_vehicle(here.folder / "drive.csv")
    config = here.folder / f"{NAME}.toml"
    config.write_text(CONFIG.format(state=state))
    child = here._start([program("telltale-edge"), "--log", "info", "run", "--config", str(config)], f"{NAME}.out")
    try:
        yield state
    finally:
        here.end(child)


def rolled_out(here: Town, name: str, files: Mapping[str, str | bytes] | None) -> list[str]:
    """A bundle is given to the vehicle; the steps that it has told once that is settled."""
    bundle = None
    if files is not None:
        url, headers = f"{here.service.api}/api/v1/bundles/north", {"Authorization": f"Bearer {TOKEN}"}
        added = httpx.post(url, params={"name": name}, content=packed(files), headers=headers, timeout=DEADLINE_S)
        assert added.status_code == 201, added.text
        bundle = added.json()["id"]
    before = wanted_version(here)
    here.service.post("/api/v1/rollouts/north", bundle=bundle, vehicles=[NAME], probation_s=10, alerts_max=5)
    here.wait_until(lambda: wanted_version(here) > before, f"{name} in the vehicle's document")
    version = wanted_version(here)

    def told() -> list[str]:
        return [step["step"] for step in timeline(here) if step["version"] == version]

    here.wait_until(lambda: (told() or [""])[-1] in ("kept", "refused", "rolled_back"), f"the end of {name}")
    return told()


def wanted_version(here: Town) -> int:
    wanted = here.service.get(UPDATES)["wanted"]
    return int(wanted["version"]) if wanted else 0


def timeline(here: Town) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = here.service.get(UPDATES)["items"]
    return steps[::-1]


@pytest.mark.timeout(240)
def test_good_ones_are_kept_and_bad_ones_go_by_themselves(here: Town) -> None:
    with standing_box(here) as state:
        here.wait_until(lambda: here.service.get(f"/api/v1/vehicles/north/{NAME}").get("presence") == "online", NAME)
        assert rolled_out(here, "two rules", rules(2)) == ["fetching", "trying", "kept"]
        assert rolled_out(here, "flood", rules(30)) == ["fetching", "trying", "rolled_back"]
        assert rolled_out(here, "wrong model", wrong_model()) == ["fetching", "refused"]
        assert rolled_out(here, "another's bus", OTHER_BUS) == ["fetching", "refused"]
        assert here.service.get(UPDATES)["runs"]["name"] == "two rules"
        assert rolled_out(here, "none", None) == ["trying", "kept"]
        assert here.service.get(UPDATES)["runs"]["bundle"] is None
        assert journal_in(state).kept.slot is None
    for step in timeline(here):
        print(f"{step['observed_at']}  {step['name'] or 'none':<12} {step['step']:<12} {step['reason']}")
    assert "30 alerts began" in here.wait_for_line("update_rolled_back", subject=NAME)["note"]
    assert "off the golden answers" in " ".join(line["note"] for line in here.audit("update_refused"))
