"""One small fleet whose vehicles the simulator drives: half have a batch of which most leak, the others are sound."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from cloud.fleet.profile import Part, Profile
from cloud.rca.insight import Insight, Scan
from edge.fleet.outfit import load_outfit
from edge.simulator.faults import FaultSpec
from edge.wire.topics import Address
from tests.study.diagnosis import take_in
from tests.study.told import Told, tell
from tests.unit.cloud.services import open_cloud
from tests.unit.cloud.vehicle import Speaker

CARS: Final = 14
LEAKING: Final = frozenset({1, 3, 5, 7, 9, 11})
"""Of those with odd numbers, which have the bad batch; one of them is sound."""
LENGTH_S: Final = 2400.0
ONSET_S: Final = 900.0


def simulated() -> str:
    """What is said of it, in a sentence."""
    scan, insights = looked_at([_lived(number) for number in range(CARS)])
    said = "; ".join(one.text for one in insights) or "nothing is claimed"
    unit = f"{scan.unit} ({scan.why_unit})"
    return (
        f"Simulated: {CARS} cars drive {LENGTH_S / 60:.0f} minutes each, 7 with a batch of which {len(LEAKING)} leak.\n"
        f"Their own rules made {scan.incidents} incidents, exposure is counted in {unit}, {scan.tried} cohorts tried.\n"
        f"Said: {said}"
    )


def looked_at(lives: Sequence[Told]) -> tuple[Scan, list[Insight]]:
    """Everything that the cars told, taken in by a cloud, and one look at it."""
    with open_cloud(summaries_per_vehicle=10_000) as cloud:
        for number, told in enumerate(lives):
            speaker = Speaker(f"car-{number:02}")
            take_in(cloud, speaker, told)
            cloud.now = told.until
            batch = "B" if number % 2 else "A"
            profile = Profile(
                Address("north", speaker.address.vehicle), model="Car", parts={"cooling": Part("HOSE-1", batch)}
            )
            cloud.profiles.put(profile, by="study")
        cloud.now = max(told.until for told in lives) + timedelta(minutes=1)
        return cloud.causes.scan("north", by="study")


def _lived(number: int) -> Told:
    faults = [FaultSpec("coolant_leak", ONSET_S, 1.0)] if number in LEAKING else []
    outfit = load_outfit("car", cycle="mixed", weather="mild")
    return tell(
        "car", faults, outfit, seed=2000 + number, cycle="mixed", weather="mild", length_s=LENGTH_S, after_s=60.0
    )
