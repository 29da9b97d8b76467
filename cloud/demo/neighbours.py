"""Other cars of the fleet in the background: most of those with the bad batch fail as the car of the story does.

So the search for causes has something to compare, and says why it failed.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cloud.children import Child
from cloud.demo.car import BAD_BATCH, FLEET, GOOD_BATCH, VEHICLE, profile
from cloud.demo.people import People
from cloud.demo.read import DemoSettings, Read
from cloud.demo.story import Story

FAILING: Final = 8
"""With the bad batch, and its fault."""
SOUND: Final = 10
"""One of them has the bad batch too."""
SOUND_FROM: Final = 101
"""The number of the first sound one."""
LIVED_S: Final = 1200
"""How long each drives, in its own time."""
_ONSET_S: Final = 120
_PACE: Final = 2
"""How much faster than in life the fault develops, so that it shows within the drive."""
_READY_S: Final = 60.0


class Neighbours:
    """The other cars, and what is learned from them."""

    def __init__(self, failing: Child, sound: Child, people: People, story: Story, read: Read) -> None:
        self._children = (failing, sound)
        self._manager = people.manager
        self._story = story
        self._read = read

    def arrive(self) -> None:
        """Wait until they have told what they had to tell.

        Raises:
            ChildFailed: one of the programs failed.
        """
        for child in self._children:
            child.must_end(_READY_S)

    def explain(self, component: str) -> None:
        """Say what the cars are, look for a cause over the fleet, and open an action against it."""
        self._describe(component)
        scan = self._manager.post("/insights", {"fleet": FLEET})
        text = f"{scan['vehicles']} vehicles, {scan['incidents']} incidents, {scan['tried']} cohorts tried"
        self._story.say("the whole fleet", text)
        claimed = [one for one in scan["insights"] if one["component"] == component]
        if not claimed:
            self._story.say("why it failed", "nothing that these vehicles have in common can be held against it")
            return
        insight = self._manager.get(f"/insights/{claimed[0]['number']}")
        self._read.insight = insight
        self._story.say("why it failed", insight["text"])
        self._act_on(insight)

    def _act_on(self, insight: dict[str, Any]) -> None:
        due = datetime.now(UTC).date() + timedelta(days=30)
        wish = {"fleet": FLEET, "title": f"Replace {insight['component']} parts of batch {insight['value']}"}
        opened = self._manager.post(
            "/capa", {**wish, "owner": "manager", "due_on": f"{due}", "insight": insight["number"]}
        )
        self._read.capa = self._manager.get(f"/capa/{opened['number']}")
        self._story.say(
            f"action {opened['number']}",
            f"{self._read.capa['title']}, by {self._read.capa['due_on']}; helped so far: "
            f"{self._read.capa['check']['effect'].replace('_', ' ')}",
        )

    def _describe(self, component: str) -> None:
        today = datetime.now(UTC).date()
        others = sorted(one["vehicle"] for one in self._manager.items("/vehicles", {"fleet": FLEET, "limit": "100"}))
        others.remove(VEHICLE)
        for number, vehicle in enumerate(others):
            batch = BAD_BATCH if number <= FAILING else GOOD_BATCH
            self._manager.put(f"/vehicles/{FLEET}/{vehicle}/profile", profile(today, component, batch, number))


@contextmanager
def driving(folder: Path, broker: str, settings: DemoSettings) -> Iterator[tuple[Child, Child]]:
    """Those that fail and those that do not, each as a program of its own, as fast as the cloud takes it."""
    common = ["simulate-fleet", "--fleet", FLEET, "--kind", "car", "--speed", "max", "--start", "1"]
    common += ["--duration", str(LIVED_S), "--seed", str(settings.seed + 1), "--broker", broker]
    fault = ["--vehicles", str(FAILING), "--fault", f"{settings.fault}@{_ONSET_S}x{_PACE}"]
    sound = ["--vehicles", str(SOUND), "--first", str(SOUND_FROM)]
    environment = {"TMPDIR": str(folder)}
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                Child("telltale-edge", [*common, *own], log=folder / f"{name}.log", environment=environment)
            )
            for name, own in (("failing", fault), ("sound", sound))
        )
        yield first, second
