"""What a look at control units becomes in the words of the contract: as much as a message holds, and what it lacks."""

from edge.diagnostics.telling import NOT_TOLD, VALUES_MAX, limited


def test_what_has_no_room_is_counted() -> None:
    values = {f"Vehicle.Telltale.Ecu.{number:03}.Name": f"unit {number}" for number in range(VALUES_MAX + 7)}
    kept = limited(values)
    assert len(kept) == VALUES_MAX
    assert kept[NOT_TOLD] == 8
    whole = dict(list(values.items())[:VALUES_MAX])
    assert limited(whole) == whole
