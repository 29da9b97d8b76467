"""The owner: says how they like it, answers, chooses a time, and asks afterwards."""

import time
from typing import Any, Final

from cloud.demo.car import FLEET, OF_CAR, VEHICLE
from cloud.demo.client import Client
from cloud.demo.read import DemoSettings, Read
from cloud.demo.story import Story

ANSWER_AFTER_S: Final = 3.0
"""How long an owner thinks who is not asked on the terminal."""
_PREFERRED: Final = {
    "base": {"latitude_deg": 52.5, "longitude_deg": 13.37},
    "preferences": {"distance_max_km": 25.0},
}
_QUESTIONS: Final = {"cooling": "Show me the coolant temperature", "charging": "Show me the battery voltage"}
"""What the owner wants to see, by what had failed."""


class Owner:
    """Signed in as the owner of the car."""

    def __init__(self, client: Client, story: Story, read: Read, settings: DemoSettings) -> None:
        self._client = client
        self._story = story
        self._read = read
        self._settings = settings
        self._asked: tuple[int, float] | None = None
        """Which case, and since when the owner thinks about it."""

    def take_phone(self, url: str) -> None:
        """Say where the owner is told."""
        self._client.put(f"/contacts/{FLEET}/owner", {"person": "the owner", "channel": url, "severity_min": "info"})

    def act(self) -> None:
        """What the owner does now, if anything."""
        state = self._read.case.get("state")
        if state == "asked" and self._read.case["answer"] is None:
            self._answer()
        elif state == "offered" and self._read.case["chosen"] is None:
            self._choose()

    def talk(self) -> None:
        """Ask the chat about the repair."""
        held: dict[str, Any] = {}
        for question in ("Is everything all right now?", "May I drive?", _QUESTIONS[self._settings.component]):
            self._story.say("the owner asks", question)
            wish = {**OF_CAR, "text": question}
            held = self._client.post("/chat", wish | ({"conversation": held["conversation"]} if held else {}))
            points = "" if held["chart"] is None else f" (a chart of {len(held['chart']['points'])} points)"
            self._story.say("the chat answers", f"{held['text']}{points}")
            self._read.answers.append(held["intent"])

    def _answer(self) -> None:
        number = self._read.case["number"]
        if self._asked is None or self._asked[0] != number:
            self._asked = number, time.monotonic()
        if self._settings.asks:
            said = "no" if self._story.ask("may it be repaired? [Y/n]").startswith("n") else "yes"
        elif time.monotonic() - self._asked[1] < ANSWER_AFTER_S:
            return
        else:
            said = self._settings.answer
        if said == "yes":
            self._prefer()
        self._client.post(f"/cases/{number}/answer", {"answer": said})
        self._story.say("the owner says", said)

    def _prefer(self) -> None:
        """Where the car stands, and how far is too far: the offers heed it."""
        path = f"/vehicles/{FLEET}/{VEHICLE}/preferences"
        self._client.put(path, _PREFERRED)
        known = self._client.get(path)["preferences"]
        self._story.say("the owner prefers", f"a workshop within {known['distance_max_km']:g} km of the garage")

    def _choose(self) -> None:
        offers = self._read.case["offers"]
        chosen = 0
        if self._settings.asks:
            typed = self._story.ask(f"which of them? [1-{len(offers)}]")
            chosen = int(typed) - 1 if typed.isdigit() and 0 < int(typed) <= len(offers) else 0
        wish = {"offer": chosen, "sequence": self._read.case["sequence"]}
        self._client.post(f"/cases/{self._read.case['number']}/choice", wish)
        self._story.say("the owner chooses", f"number {chosen + 1}")
