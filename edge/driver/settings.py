"""What the installer writes about the outputs of the cab: each is off until it is asked for."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

PinNumber = Annotated[int, Field(ge=0, le=27)]
"""GPIO number as the processor counts (BCM), not the place on the header; 0 to 27 are led out on a Raspberry Pi."""
VoiceName = Annotated[str, StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9_+-]{0,40})?$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class SpeechSettings(_Part):
    """Sentences through a loudspeaker: espeak-ng makes the sound, a player lets it out."""

    enabled: bool = False
    player: Annotated[list[str], Field(min_length=1, max_length=32)] = ["aplay", "-q"]
    """Program and arguments; it gets a WAV file on its standard input and ends when it has sounded."""
    words_a_minute: Annotated[int, Field(ge=80, le=400)] = 160
    volume: Annotated[int, Field(ge=1, le=200)] = 100
    """Of voice and chimes, in percent."""
    voice: VoiceName = ""
    """A voice of espeak-ng (`espeak-ng --voices`); empty: that of the cab's language."""


class PinSettings(_Part):
    """Lamps, a buzzer and buttons at the pins of the box; each is there if it has a number."""

    enabled: bool = False
    red: PinNumber | None = None
    amber: PinNumber | None = None
    """Without one, amber is red and green together where there is a green lamp, and red where there is none."""
    green: PinNumber | None = None
    buzzer: PinNumber | None = None
    active_high: bool = True
    """Lamps and buzzer are on while their pin is high."""
    acknowledge: PinNumber | None = None
    capture: PinNumber | None = None
    """Something just happened: raw frames before and after it are kept."""
    private: PinNumber | None = None
    """Held for 3 s it turns private mode on or off."""
    workshop: PinNumber | None = None
    """Held for 5 s it turns workshop mode on or off."""
    pull_up: bool = True
    """Buttons connect their pin to ground; false: to 3.3 V."""

    @model_validator(mode="after")
    def _pins_make_sense(self) -> Self:
        used = self.used
        if len(used) > len(set(used)):
            raise ValueError("two things share a pin")
        if self.enabled and not used:
            raise ValueError("enabled, but nothing has a pin")
        if self.red is None and (self.amber is not None or self.green is not None):
            raise ValueError("lamps need a red one")
        return self

    @property
    def used(self) -> list[int]:
        """Every number that is given."""
        buttons = (self.acknowledge, self.capture, self.private, self.workshop)
        pins = (self.red, self.amber, self.green, self.buzzer, *buttons)
        return [pin for pin in pins if pin is not None]


class DesktopSettings(_Part):
    """Notifications on the desktop of whoever runs the daemon."""

    enabled: bool = False
    bus: Annotated[str, StringConstraints(max_length=500)] = ""
    """Address of the session's bus, such as unix:path=/run/user/1000/bus; empty: $DBUS_SESSION_BUS_ADDRESS."""


class DisplaySettings(_Part):
    """The channel to `telltale-edge display`, or to a program of your own (CHANNEL.md)."""

    enabled: bool = False
    socket: Path | None = None
    """A Unix socket; absent: cab.sock in the folder of the state."""


class OutputSettings(_Part):
    """All outputs of the cab that the daemon itself drives."""

    voice: Literal["text", "none"] = "text"
    speech: SpeechSettings = SpeechSettings()
    pins: PinSettings = PinSettings()
    desktop: DesktopSettings = DesktopSettings()
    display: DisplaySettings = DisplaySettings()
