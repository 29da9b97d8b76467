"""What the page shows of each state, and in which words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.display.view import view_of
from edge.display.wording import Wording, said_by_page
from edge.driver.notice import CabState, Telltale
from edge.driver.words import load_words
from edge.wire.messages import Action
from tests.displays import shown, state_of, three_alerts

EN = load_words("en")
LANGUAGES = ["en", "de", "es", "hi"]


def test_without_a_box_nothing_is_known_and_nothing_can_be_asked_for() -> None:
    view = view_of(None, EN)
    assert (view["telltale"], view["sentence"]) == ("unknown", "No connection to the box")
    assert not view["standing"]


def test_a_vehicle_that_is_not_heard_is_unknown() -> None:
    view = view_of(CabState(), EN)
    assert (view["telltale"], view["title"]) == ("unknown", "Unknown")
    assert view["sentence"] == "Nothing is heard of the vehicle"


def test_while_driving_the_gravest_alone_is_told_and_the_others_are_counted() -> None:
    view = view_of(state_of(Telltale.RED, *three_alerts(), more=4), EN)
    assert view["sentence"] == "The engine is overheating. Stop and switch it off."
    assert view["action"] == {"name": "stop_now", "word": "Stop now"}
    assert view["more"] == "6 more"
    assert view["alerts"] == []
    assert view_of(state_of(Telltale.AMBER, *three_alerts()[:2]), EN)["more"] == "1 more"
    assert view_of(state_of(Telltale.AMBER, three_alerts()[1]), EN)["more"] == ""


@pytest.mark.parametrize("doing", ["parked", "starting", "idling", "charging", "driving", None])
@pytest.mark.parametrize("stands", [True, False])
def test_what_is_to_be_read_or_touched_is_there_only_where_the_cab_says_that_it_stands(
    doing: str | None, *, stands: bool
) -> None:
    view = view_of(state_of(Telltale.RED, *three_alerts(), doing=doing, stands=stands), EN)
    assert view["standing"] is stands
    assert len(view["alerts"]) == (3 if stands else 0)


def test_a_standing_vehicle_lists_its_alerts_with_what_to_do_and_what_was_seen() -> None:
    alerts = three_alerts(acknowledged=True)
    rows = view_of(state_of(Telltale.RED, *alerts, doing="parked", more=2), EN)["alerts"]
    assert [row["id"] for row in rows] == [alert.id for alert in alerts]
    assert [row["severity_word"] for row in rows] == ["Danger", "Warning", "Information"]
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
    assert view["alerts"][0]["severity_word"] == "Warning"


@given(st.text(max_size=12), st.integers(0, 30), st.sampled_from(LANGUAGES))
def test_every_language_words_every_state(odd: str, more: int, language: str) -> None:
    text = f"{odd} {{text}} {{0}} {{"
    state = state_of(Telltale.RED, shown(1, "critical", "stop_now", text), more=more, doing="parked")
    view = view_of(state, load_words(language))
    assert view["sentence"] == text
    assert text in view["alerts"][0]["label"]
    assert (str(more) in view["more"]) is bool(more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_page_says_by_itself_fits_its_places_in_every_language(language: str) -> None:
    words = load_words(language)
    said = said_by_page(words)
    assert "{time}" in said["until"]
    assert all(len(said[name]) <= 12 for name in ("acknowledge", "on", "off", "private", "workshop"))
    for action in Action:
        assert len(words.phrase(f"action_{action}_short")) <= 20


@pytest.mark.parametrize(("asked", "found"), [("de", "de"), ("de-AT", "de"), ("hi-IN", "hi"), ("pt", "en"), ("", "en")])
def test_a_region_has_the_words_of_its_language_and_the_rest_english(asked: str, found: str) -> None:
    assert Wording().of(asked).language == found


def test_a_language_of_the_installers_is_shown(tmp_path: Path) -> None:
    (tmp_path / "fr.toml").write_text(
        'language = "fr"\nname = "Français"\nvoice = "fr"\n[phrases]\nstate_green = "Tout va bien"\n'
    )
    view = view_of(state_of(Telltale.GREEN), Wording([tmp_path]).of("fr"))
    assert (view["language"], view["title"]) == ("fr", "Tout va bien")


def test_a_box_that_names_ever_new_languages_fills_no_memory() -> None:
    wording = Wording()
    assert {wording.of(f"x{number}").language for number in range(100)} == {"en"}
