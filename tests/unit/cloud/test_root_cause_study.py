"""The study of causes over fleets does what it says: one planted cause is found, and its truth is in the interval."""

from cloud.rca.scan import Stands
from tests.study.root_cause import looked_at, report
from tests.study.root_cause_fleets import Plant, Planted, members_of, observed
from tests.unit.cloud.fleets import lay_down
from tests.unit.cloud.services import Cloud


def test_a_planted_batch_is_found() -> None:
    outcome = looked_at(Plant(Planted.PART_BATCH, 6.0, 1003))
    assert (outcome.found, outcome.stands, outcome.holds, outcome.holds_all) == (True, Stands.ALONE, True, True)
    assert "part batch, 6 times" in report([outcome])


def test_the_study_looks_at_what_the_services_gather(cloud: Cloud) -> None:
    members = members_of(Plant(Planted.FIRMWARE, 3.0, 7, range(40, 41)))
    assert any(member.later for member in members), "parts were replaced"
    lay_down(cloud, members)
    known = cloud.causes.look("north").known
    gathered = {one.address: (set(one.traits), round(one.course.total, 6), one.first) for one in known.vehicles}
    theirs = {one.address: (set(one.traits), round(one.course.total, 6), one.first) for one in observed(members)}
    assert gathered == theirs


def test_a_fleet_is_the_same_each_time() -> None:
    plant = Plant(Planted.NOTHING, 1.0, 1)
    assert members_of(plant) == members_of(plant)
    assert members_of(plant) != members_of(Plant(Planted.NOTHING, 1.0, 2))
