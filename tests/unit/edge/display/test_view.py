"""What the page shows of each state, and in which words."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.display.view import STANDING, view_of
from edge.display.wording import FOLDER, languages, words_of
from edge.driver.notice import CabState, Telltale
from edge.wire.messages import Action
from tests.displays import shown, state_of, three_alerts

EN = words_of("en")


def test_without_a_box_nothing_is_known_and_nothing_can_be_asked_for() -> None:
    view = view_of(None, EN)
    assert (view["telltale"], view["sentence"]) == ("unknown", "No connection to the box.")
    assert not view["standing"]


def test_a_vehicle_that_is_not_heard_is_unknown() -> None:
    view = view_of(CabState(), EN)
    assert (view["telltale"], view["title"]) == ("unknown", "Unknown")
    assert view["sentence"] == "Nothing is heard of the vehicle."


def test_while_driving_the_gravest_alone_is_told_and_the_others_are_counted() -> None:
    view = view_of(state_of(Telltale.RED, *three_alerts(), more=4), EN)
    assert view["sentence"] == "The engine is overheating. Stop and switch it off."
    assert view["action"] == {"name": "stop_now", "word": "Stop now"}
    assert view["more"] == "6 more"
    assert view["alerts"] == []
    assert view_of(state_of(Telltale.AMBER, *three_alerts()[:2]), EN)["more"] == "1 more"
    assert view_of(state_of(Telltale.AMBER, three_alerts()[1]), EN)["more"] == ""


@pytest.mark.parametrize("doing", [*STANDING, "driving", None])
def test_what_is_to_be_read_or_touched_is_there_only_where_the_vehicle_is_known_to_stand(doing: str | None) -> None:
    view = view_of(state_of(Telltale.RED, *three_alerts(), doing=doing), EN)
    stands = doing in STANDING
    assert view["standing"] is stands
    assert len(view["alerts"]) == (3 if stands else 0)


def test_a_standing_vehicle_lists_its_alerts_with_what_to_do_and_what_was_seen() -> None:
    alerts = three_alerts(acknowledged=True)
    rows = view_of(state_of(Telltale.RED, *alerts, doing="parked", more=2), EN)["alerts"]
    assert [row["id"] for row in rows] == [alert.id for alert in alerts]
    assert [row["severity_word"] for row in rows] == ["Danger", "Caution", "Note"]
    assert [row["acknowledged"] for row in rows] == [True, False, False]
    assert rows[1]["label"] == "Seen: Tyre pressure front left is falling."


def test_modes_are_named_while_they_are_on() -> None:
    both = view_of(state_of(Telltale.GREEN, private=True, workshop=True), EN)
    assert [mode["name"] for mode in both["modes"]] == ["workshop", "private"]
    assert both["until_ms"] == 1_784_007_200_000
    assert view_of(state_of(Telltale.GREEN), EN)["modes"] == []


def test_an_action_or_severity_that_a_newer_box_has_is_no_mistake() -> None:
    odd = shown(1, "apocalyptic", "fly", "Odd.")
    view = view_of(state_of(Telltale.AMBER, odd, doing="parked"), EN)
    assert view["action"]["name"] == "watch"
    assert view["alerts"][0]["severity_word"] == "Caution"


@given(st.text(max_size=12), st.integers(0, 30), st.sampled_from(languages()))
def test_every_language_words_every_state(odd: str, more: int, language: str) -> None:
    text = f"{odd} {{text}} {{0}} {{"
    state = state_of(Telltale.RED, shown(1, "critical", "stop_now", text), more=more, doing="parked")
    view = view_of(state, words_of(language))
    assert view["sentence"] == text
    assert text in view["alerts"][0]["label"]
    assert (str(more) in view["more"]) is bool(more)


@pytest.mark.parametrize("language", languages())
def test_every_catalogue_has_every_word_with_its_gaps(language: str) -> None:
    english, own = (tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")) for name in ("en", language))
    assert own.keys() == english.keys()
    for section in ("telltale", "action", "severity", "say"):
        assert own[section].keys() == english[section].keys()
        for key, text in own[section].items():
            assert text.strip()
            assert [gap in text for gap in ("{n}", "{text}", "{time}")] == [
                gap in english[section][key] for gap in ("{n}", "{text}", "{time}")
            ]


def test_the_words_cover_every_telltale_and_every_action_of_a_rule() -> None:
    assert EN.telltale.keys() == set(Telltale)
    assert EN.action.keys() == set(Action)


@pytest.mark.parametrize(
    ("asked", "found"), [("de", "de"), ("de-AT", "de"), ("hi-IN", "hi"), ("pt", "en"), ("", "en"), ("../en", "en")]
)
def test_a_region_has_the_words_of_its_language_and_the_rest_english(asked: str, found: str) -> None:
    assert words_of(asked).language == found
