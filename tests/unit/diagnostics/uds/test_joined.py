"""A code that two protocols tell is one code, and stays the same one in a look in which one of them was silent."""

from dataclasses import replace

from edge.diagnostics.changes import CodeChange, code_changes, merged
from edge.diagnostics.findings import Code, Protocol, Status, Survey, Unit
from edge.diagnostics.uds.joined import Joining, identities

BY_OBD = Code(
    "7E8", "P0301", None, Protocol.OBD, frozenset({Status.CONFIRMED, Status.PERMANENT}), freeze_frame={"rpm": 812.0}
)
BY_UDS = Code(
    "7E8", "P0301", "00", Protocol.UDS, frozenset({Status.PENDING, Status.CONFIRMED}), active=True,
    freeze_frame={"did.1001": "00"},
)  # fmt: skip
CHASSIS = replace(BY_UDS, code="C0035", failure_type="11")
OBD_TELLS = {"7E8": frozenset({Status.PENDING, Status.CONFIRMED, Status.PERMANENT})}
UDS_TELLS = {"7E8": frozenset({Status.PENDING, Status.CONFIRMED})}


def by_obd(*codes: Code) -> Survey:
    return Survey(codes={code.key: code for code in codes}, told=OBD_TELLS)


def by_uds(*codes: Code) -> Survey:
    return Survey(codes={code.key: code for code in codes}, told=UDS_TELLS)


def changes(before: Survey | None, after: Survey | None) -> list[CodeChange]:
    assert before is not None
    assert after is not None
    return list(code_changes(before, after))


def test_one_code_told_twice_is_one_with_what_both_know() -> None:
    joined = Joining().codes(by_obd(BY_OBD), by_uds(BY_UDS, CHASSIS))
    assert joined is not None
    assert list(joined.codes) == [BY_UDS.key, CHASSIS.key]
    code = joined.codes[BY_UDS.key]
    assert code.statuses == {Status.PENDING, Status.CONFIRMED, Status.PERMANENT}
    assert (code.protocol, code.active) == (Protocol.OBD, True)
    assert code.freeze_frame == {"rpm": 812.0, "did.1001": "00"}
    assert joined.told == OBD_TELLS


def test_a_look_without_one_of_the_two_changes_nothing() -> None:
    joining = Joining()
    both = joining.codes(by_obd(BY_OBD), by_uds(BY_UDS, CHASSIS))
    assert both is not None
    for obd, uds in ((by_obd(BY_OBD), None), (by_obd(BY_OBD), Survey()), (None, by_uds(BY_UDS, CHASSIS))):
        lonely = joining.codes(obd, uds)
        assert lonely is not None
        assert not [change for change in changes(both, lonely) if change.is_gone or change.code.key not in both.codes]
        assert merged(both, lonely).codes.keys() == both.codes.keys()


def test_failure_types_outlive_a_restart() -> None:
    before = Joining().codes(by_obd(BY_OBD), by_uds(BY_UDS))
    after = Joining(before).codes(by_obd(BY_OBD), None)
    assert not [change for change in changes(before, after) if change.code.key != BY_UDS.key]


def test_of_several_failure_types_only_those_that_are_told_now_are_there() -> None:
    joining = Joining()
    other = replace(BY_UDS, failure_type="13")
    joining.codes(by_obd(BY_OBD), by_uds(BY_UDS, other))
    joined = joining.codes(by_obd(BY_OBD), by_uds(other))
    assert joined is not None
    assert list(joined.codes) == [other.key]


def test_a_code_that_is_gone_by_both_ways_is_gone() -> None:
    joining = Joining()
    before = joining.codes(by_obd(BY_OBD), by_uds(BY_UDS))
    after = joining.codes(by_obd(), by_uds())
    (change,) = changes(before, after)
    assert change.is_gone
    assert joining.codes(None, None) is None


def test_calibrations_of_a_unit_that_speaks_obd_come_from_there_alone() -> None:
    obd = Survey(vin="1HGCM82633A004352", units={"7E8": Unit("7E8", name="ECM", calibrations=("A",))})
    uds = Survey(units={
        "7E8": Unit("7E8", name="ENGINE", serial="S1", software=("2",), calibrations=("B",)),
        "768": Unit("768", calibrations=("C",)),
    })  # fmt: skip
    joined = identities(obd, uds, by_obd=["7E8"])
    assert joined is not None
    assert joined.units["7E8"] == Unit("7E8", name="ECM", serial="S1", software=("2",), calibrations=("A",))
    assert joined.units["768"].calibrations == ("C",)
    lonely = identities(None, uds, by_obd=["7E8"])
    assert lonely is not None
    assert lonely.units["7E8"] == Unit("7E8", serial="S1", software=("2",))
    assert identities(obd, None, by_obd=["7E8"]) == obd
    assert identities(None, None, by_obd=()) is None
