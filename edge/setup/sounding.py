"""Step 5: whether a sentence and a lamp reach whoever sits in the cab."""

from edge.driver.settings import PinSettings, SpeechSettings
from edge.errors import ConfigError
from edge.setup import cab
from edge.setup.setting import Work


def sounded(work: Work) -> tuple[SpeechSettings, PinSettings]:
    """What is to be in the configuration; what does not work is said, and on all the same, so that `status` tells it.

    Raises:
        ConfigError: the number is no pin's.
    """
    work.step(5, "The cab")
    return _speech(work), _lamp(work)


def _speech(work: Work) -> SpeechSettings:
    if not work.wishes.speech and not work.agrees("Is there a loudspeaker?", unasked=False):
        work.tell("no loudspeaker")
        return SpeechSettings()
    settings = SpeechSettings(enabled=True)
    if work.wishes.player:
        settings.player = list(work.wishes.player)
    trouble = cab.speak(settings)
    if trouble:
        work.tell(trouble)
    elif work.agrees(f"It said “{cab.SENTENCE}” Did you hear it?", unasked=True):
        work.tell(f"speech is on: “{cab.SENTENCE}”")
    else:
        work.tell("turn it up (alsamixer), or name the device: --player 'aplay -q -D plughw:1'; speech is on")
    return settings


def _lamp(work: Work) -> PinSettings:
    said = str(work.wishes.red) if work.wishes.red is not None else ""
    said = said or work.person.says("  GPIO number of a red lamp (nothing: there is none):")
    if not said:
        work.tell("no lamp")
        return PinSettings()
    try:
        settings = PinSettings(enabled=True, red=int(said))
    except ValueError as error:
        raise ConfigError(f"{said} is no GPIO number", place="--lamp", remedy="Write 0 to 27, as BCM counts") from error
    trouble = cab.shine(settings)
    work.tell(trouble or f"the lamp at GPIO {said} shone for {cab.SHINES_S:g} s")
    if not trouble and not work.agrees("Did you see it?", unasked=True):
        work.tell("look at its wiring; active_high in [cab.pins] turns it around")
    return settings
