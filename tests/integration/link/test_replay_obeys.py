"""A simulated or recorded vehicle answers commands as a real one does."""

from pathlib import Path

from edge.wire.messages import ResultState
from tests.brokers import Mosquitto
from tests.integration.link.acker import Acker
from tests.programs import listening
from tests.vehicle.test_commands import Office, with_time


def test_a_simulated_car_is_captured_and_tests_itself(tmp_path: Path, mosquitto: Mosquitto) -> None:
    options = ("--bus", "sim:car", "--profile", "telltale-car", "--fleet", "f", "--vehicle", "car")
    with (
        Acker(mosquitto.port, answer=with_time) as cloud,
        listening(*options, "--broker", mosquitto.url, "--state", tmp_path / "state"),
    ):
        office = Office(cloud)
        cloud.wait_until(lambda: True in cloud.online)
        assert office.answer("self_test").state is ResultState.DONE
        taken = office.answer("capture")
        assert taken.values == {"capture": taken.command}
