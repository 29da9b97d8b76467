"""What may be written about the outputs of the cab."""

from typing import Any

import pytest
from pydantic import ValidationError

from edge.driver.settings import OutputSettings


def test_every_output_but_the_terminal_is_off_by_default() -> None:
    settings = OutputSettings()
    assert settings.voice == "text"
    assert not any(part.enabled for part in (settings.speech, settings.pins, settings.desktop, settings.display))


@pytest.mark.parametrize(
    ("part", "written", "said"),
    [
        ("pins", {"red": 17, "amber": 17}, "share a pin"),
        ("pins", {"enabled": True}, "nothing has a pin"),
        ("pins", {"green": 5}, "red one"),
        ("pins", {"red": 28}, "less than or equal to 27"),
        ("pins", {"blue": 3}, "Extra inputs"),
        ("speech", {"player": []}, "at least 1 item"),
        ("speech", {"voice": "--help"}, "match pattern"),
        ("speech", {"voice": "../../etc/passwd"}, "match pattern"),
        ("speech", {"words_a_minute": 1000}, "less than or equal to 400"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(part: str, written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OutputSettings.model_validate({part: written})


def test_a_buzzer_alone_will_do() -> None:
    assert OutputSettings.model_validate({"pins": {"enabled": True, "buzzer": 18}}).pins.used == [18]
