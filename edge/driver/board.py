"""The board: lamps, a buzzer and buttons as they are wired. The only room that knows gpiozero."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from edge.driver.lamps import AMBER, GREEN, RED
from edge.driver.notice import Wish
from edge.driver.settings import PinSettings

BOUNCE_S: Final = 0.03
"""So long a contact chatters."""
BUZZER: Final = "buzzer"

Factory = Callable[[], Any]
"""Gives a pin factory of gpiozero, or raises whatever the libraries below it raise."""
Moved = Callable[[Wish, bool], None]
"""Is told by a thread of gpiozero that a button went down, or came up."""


class Board:
    """What is wired to the pins. Any call may raise whatever gpiozero and the libraries below it raise."""

    def __init__(self, settings: PinSettings, factory: Any, moved: Moved) -> None:
        self._factory = factory
        self._devices: list[Any] = []
        self._is_on: dict[str, bool] = {}
        self._outputs: dict[str, Any] = {}
        try:
            self._open(settings, moved)
        except BaseException:
            self.close()
            raise
        self.lamps = frozenset(self._outputs) - {BUZZER}

    def shine(self, lamps: frozenset[str]) -> None:
        """Light exactly these."""
        for name in self.lamps:
            self._switch(name, on=name in lamps)

    def sound(self, on: bool) -> None:
        """Sound the buzzer, or silence it."""
        if BUZZER in self._outputs:
            self._switch(BUZZER, on=on)

    def close(self) -> None:
        """Give the pins back, which switches everything off."""
        for device in (*self._devices, self._factory):
            with suppress(Exception):  # one that cannot be given back keeps none of the others
                device.close()

    def _switch(self, name: str, *, on: bool) -> None:
        if self._is_on.get(name, False) != on:
            self._outputs[name].value = on
            self._is_on[name] = on

    def _open(self, settings: PinSettings, moved: Moved) -> None:
        import gpiozero  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types; only who has pins has it

        wired = {RED: settings.red, AMBER: settings.amber, GREEN: settings.green, BUZZER: settings.buzzer}
        for name, pin in wired.items():
            if pin is not None:
                device = gpiozero.DigitalOutputDevice(pin, active_high=settings.active_high, pin_factory=self._factory)
                self._outputs[name] = device
                self._devices.append(device)
        wishes = {
            Wish.ACKNOWLEDGE: settings.acknowledge,
            Wish.CAPTURE: settings.capture,
            Wish.PRIVATE_ON: settings.private,
            Wish.WORKSHOP_ON: settings.workshop,
        }
        for wish, pin in wishes.items():
            if pin is not None:
                # Not a Button: each of them has a thread that wakes up ten times a second to see whether it is held.
                button = gpiozero.DigitalInputDevice(
                    pin, pull_up=settings.pull_up, bounce_time=BOUNCE_S, pin_factory=self._factory
                )
                self._devices.append(button)
                button.when_activated = partial(moved, wish, True)  # gpiozero looks at arguments, and not at named ones
                button.when_deactivated = partial(moved, wish, False)


def lgpio() -> Any:
    """The pins of this Raspberry Pi, by lgpio and nothing else: gpiozero would try four libraries and warn of each.

    lgpio makes a pipe in the working folder. $LG_WD names another, but with it lgpio changes the folder of the whole
    program, so we leave that to the installer.
    """
    from gpiozero.pins.lgpio import LGPIOFactory  # type: ignore[import-untyped]  # noqa: PLC0415  as above

    return LGPIOFactory()
