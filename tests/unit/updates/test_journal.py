"""What becomes of what is asked for: any order of what may happen, and no step is told twice or out of order."""

from collections.abc import Callable, Mapping
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from edge.updates.journal import CUTS_MAX, STARTS_MAX, Before, Journal, Runs
from edge.wire.bundles import Bundle
from edge.wire.messages import UpdateStep
from tests.bundles import VERSION, bundle_of, none_of

AT: Final = "2026-11-30T00:00:00Z"
BUNDLE = bundle_of(b"x")


def steps(journal: Journal) -> list[str]:
    return [step.step for step in journal.steps]


def tried(bundle: Bundle = BUNDLE, journal: Journal | None = None) -> Journal:
    return (journal or Journal()).wants(bundle).fetching(AT).tries(Before()).begins(AT)


def test_what_is_tried_and_runs_well_is_kept_in_the_slot_where_it_lies() -> None:
    journal = tried().keeps(AT)
    assert steps(journal) == ["fetching", "trying", "kept"]
    assert journal.kept == Runs(slot="a", id=BUNDLE.id, name="autumn", sha256=BUNDLE.sha256, version=VERSION)
    second = tried(bundle_of(b"y", version=VERSION + 1), journal)
    assert second.trial is not None
    assert second.trial.runs.slot == "b"
    assert second.rolled_back("floods", AT).kept == journal.kept


def test_a_version_is_looked_at_once() -> None:
    journal = tried().rolled_back("floods", AT)
    assert journal.wants(BUNDLE) == journal
    assert journal.wants(bundle_of(b"x", version=VERSION - 1)) == journal
    assert journal.wants(bundle_of(b"x", version=VERSION + 1)).wanted is not None


def test_three_starts_may_end_badly_and_the_fourth_is_not_begun() -> None:
    journal = Journal().wants(BUNDLE).tries(Before())
    for number in range(1, STARTS_MAX + 1):
        journal = journal.begins(AT)
        assert journal.trial is not None
        assert journal.trial.starts == number
    journal = journal.begins(AT)
    assert journal.trial is None
    assert steps(journal) == ["trying", "rolled_back"]
    assert journal.steps[-1].reason == "it was started 3 times, and none of them ended well"


def test_a_start_that_was_cut_off_with_the_machine_is_none_of_them_but_not_for_ever() -> None:
    journal = Journal().wants(BUNDLE).tries(Before()).begins(AT, "boot 0")
    for number in range(1, CUTS_MAX):
        journal = journal.begins(AT, f"boot {number}")
        assert journal.trial is not None
        assert (journal.trial.starts, journal.trial.cuts) == (1, number)
    crashed = journal.begins(AT, f"boot {number}").begins(AT, f"boot {number}").begins(AT, f"boot {number}")
    assert crashed.steps[-1].reason == "it was started 3 times, and none of them ended well"
    journal = journal.begins(AT, "another")
    assert journal.steps[-1].reason == "the machine went down 10 times while it was tried"
    assert steps(journal) == ["trying", "rolled_back"]


def test_a_machine_that_was_switched_off_in_order_was_not_cut_off() -> None:
    journal = Journal().wants(BUNDLE).tries(Before()).begins(AT, "boot 0").ends_well(5.0, 1).begins(AT, "boot 1")
    assert journal.trial is not None
    assert (journal.trial.starts, journal.trial.cuts) == (1, 0)
    again = journal.begins(AT, "")
    assert again.trial is not None
    assert (again.trial.starts, again.trial.cuts) == (2, 0), "nobody knows"


def test_a_start_that_ends_well_is_none_of_them_and_its_time_counts() -> None:
    journal = tried()
    for _ in range(10):
        journal = journal.ends_well(5.0, 1).begins(AT)
    assert journal.trial is not None
    assert (journal.trial.starts, journal.trial.ran_s, journal.trial.alerts) == (1, 50.0, 10)


def test_what_runs_already_is_kept_for_the_new_version_without_a_trial() -> None:
    journal = tried().keeps(AT).wants(bundle_of(b"x", version=VERSION + 1, name="again")).adopted(AT)
    assert (journal.kept.version, journal.kept.name, journal.wanted) == (VERSION + 1, "again", None)
    assert steps(journal)[-1] == "kept"
    nothing = Journal().wants(none_of(1)).adopted(AT)
    assert steps(nothing) == ["kept"]
    assert nothing.kept == Runs(version=1)


def test_back_to_what_the_installer_set_up_is_tried_as_well() -> None:
    journal = tried(none_of(VERSION + 1), tried().keeps(AT))
    assert journal.trial is not None
    assert journal.trial.runs == Runs(version=VERSION + 1)
    assert journal.rolled_back("no", AT).kept.slot == "a"


def test_an_archive_that_is_damaged_twice_is_refused() -> None:
    journal = Journal().wants(BUNDLE).was_damaged("differs", AT)
    assert journal.wanted == BUNDLE
    journal = journal.was_damaged("differs", AT)
    assert journal.wanted is None
    assert [(step.step, step.reason) for step in journal.steps] == [("refused", "differs")]


HAPPENINGS: Final[Mapping[str, Callable[[Journal, int], Journal]]] = {
    "wants": lambda journal, n: journal.wants(bundle_of(bytes([n % 3]), version=n)),
    "wants none": lambda journal, n: journal.wants(none_of(n)),
    "adopted": lambda journal, _: journal.adopted(AT),
    "fetching": lambda journal, _: journal.fetching(AT),
    "damaged": lambda journal, _: journal.was_damaged("differs", AT),
    "refused": lambda journal, _: journal.refused("no", AT),
    "tries": lambda journal, _: journal.tries(Before()),
    "begins": lambda journal, _: journal.begins(AT),
    "ends well": lambda journal, n: journal.ends_well(float(n), n),
    "keeps": lambda journal, _: journal.keeps(AT),
    "rolled back": lambda journal, _: journal.rolled_back("no", AT),
    "given up": lambda journal, _: journal.given_up("no", AT),
    "told": lambda journal, _: journal.told(journal.untold[0]) if journal.untold else journal,
}
ORDER: Final = [UpdateStep.FETCHING, UpdateStep.REFUSED, UpdateStep.TRYING, UpdateStep.KEPT, UpdateStep.ROLLED_BACK]
"""In which the steps of one document come; a kept one may be given up later."""


@given(st.lists(st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.integers(1, 30)), max_size=40))
def test_whatever_happens_each_step_is_said_once_and_in_order(happenings: list[tuple[str, int]]) -> None:
    journal = Journal()
    for name, number in happenings:
        before, journal = journal, HAPPENINGS[name](journal, number)
        if journal.trial is not None and journal.trial.runs.slot is not None:
            assert journal.trial.runs.slot != journal.kept.slot, "a trial never lies where what is kept does"
        assert journal.newest >= before.newest
        assert Journal.model_validate_json(journal.model_dump_json(by_alias=True)) == journal
    keys = [step.key for step in journal.steps]
    assert len(set(keys)) == len(keys)
    for version in {step.version for step in journal.steps}:
        said = [ORDER.index(step.step) for step in journal.steps if step.version == version]
        assert said == sorted(said)
