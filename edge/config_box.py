"""What the installer writes of the box itself: its supply, its power, what tells where it is, and its tyres."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from edge.wheels import WHEELS

BUS: Final = "bus"
ADAPTER: Final = "ble:hci0"
WAKING_S: Final = 300
"""Until a box that was woken has started and found its network."""
DAY_S: Final = 86_400
"""As long as the cloud lets a vehicle announce."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class SupplySettings(_Part):
    """What measures the supply of the vehicle, which is what the box runs on."""

    source: str = ""
    """iio: or hwmon:, an ADC of the box; empty: what buses tell of it, if anything (SPN 168, PID 42, AT RV)."""

    @property
    def nominal(self) -> Literal[12, 24] | None:
        """What the source says that the supply is; None: that shows by itself."""
        found = re.search(r"[?&]volts=(12|24)(?:&|$)", self.source)
        return None if found is None else 24 if found[1] == "24" else 12

    @field_validator("source")
    @classmethod
    def _is_adc(cls, source: str) -> str:
        return _of_kinds(source, ("iio:", "hwmon:"), "iio:/sys/bus/iio/devices/iio:device0/in_voltage0?divider=5.7")


class PowerSettings(_Part):
    """When the box lets the vehicle's battery alone."""

    hardware: Literal["switched", "unswitched"] = "unswitched"
    """switched: something takes the supply of the box away, with the ignition or once it is shut down."""
    line: Annotated[str, StringConstraints(pattern=r"^(gpiochip[0-9]{1,3}:[0-9]{1,4})?$")] = ""
    """The ignition by a wire: chip and line; empty: none."""
    line_active: Literal["high", "low"] = "high"
    line_pull: Literal["none", "up", "down"] = "none"
    always_on: bool = False
    """It is not shut down however long the vehicle is parked."""
    stay_s: Annotated[float, Field(ge=20, le=86_400)] = 1800.0
    """How long it stays on after the vehicle was in use."""
    low_volts: Annotated[float, Field(ge=9, le=14)] = 12.2
    """Of a supply of 24 V twice as much."""
    low_s: Annotated[float, Field(ge=1, le=3600)] = 240.0
    shutdown: Annotated[list[Annotated[str, StringConstraints(min_length=1)]], Field(max_length=32)] = []
    """The command; empty: it seals, asks nothing, says so, and stays on."""
    wake_s: Annotated[int, Field(ge=0, le=604_800)] = 0
    """After so long the real-time clock wakes it; 0: it does not."""

    @property
    def quiet_s(self) -> float:
        """For how long a box that is shut down is not to be missed: until it wakes, or for a day."""
        return float(min(self.wake_s + WAKING_S, DAY_S)) if self.wake_s else float(DAY_S)

    @model_validator(mode="after")
    def _lets_the_battery_alone(self) -> Self:
        if self.always_on and self.hardware == "unswitched":
            raise ValueError(
                'always_on would empty the battery: leave it out, or write hardware = "switched" where something else '
                "takes the supply of the box away"
            )
        return self


class MotionSettings(_Part):
    """What tells how the box is shaken and how it lies."""

    source: str = ""
    """imu:, an accelerometer of the box; empty: nothing does."""

    @field_validator("source")
    @classmethod
    def _is_imu(cls, source: str) -> str:
        return _of_kinds(source, ("imu:",), "imu:/sys/bus/iio/devices/iio:device1")


class TyreSensor(_Part):
    """Which sensor sits on which wheel."""

    wheel: str
    address: str
    """Its Bluetooth address, in capitals."""

    @field_validator("wheel")
    @classmethod
    def _is_wheel(cls, wheel: str) -> str:
        if wheel not in WHEELS:
            raise ValueError(f"{wheel} is no wheel: write {', '.join(WHEELS)}")
        return wheel

    @field_validator("address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if re.fullmatch(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", address) is None:
            raise ValueError(f"{address} is no address: write six bytes as 80:EA:CA:10:8A:78")
        return address.upper()


class TyreSettings(_Part):
    """What tells pressure and warmth of the tyres: sensors on their valves, by Bluetooth."""

    source: str = ""
    """ble: and an adapter; empty: what buses tell, if anything."""
    sensor: Annotated[list[TyreSensor], Field(max_length=len(WHEELS))] = []

    @property
    def as_source(self) -> str:
        """In one line, as every source; "" for none."""
        wheels = "&".join(f"{one.wheel}={one.address}" for one in self.sensor)
        return f"{self.source}?{wheels}" if self.source else ""

    @field_validator("source")
    @classmethod
    def _is_adapter(cls, source: str) -> str:
        found = _of_kinds(source, ("ble:",), ADAPTER)
        if found and re.fullmatch(r"ble:hci[0-9]{1,3}", found) is None:
            raise ValueError(
                f'write {ADAPTER}, as bluetoothctl list names it, or "{BUS}"; wheels stand in [[tyres.sensor]]'
            )
        return found

    @model_validator(mode="after")
    def _each_has_its_wheel(self) -> Self:
        for what, said in (
            ("wheel", [one.wheel for one in self.sensor]),
            ("address", [one.address for one in self.sensor]),
        ):
            twice = next((one for one in said if said.count(one) > 1), None)
            if twice is not None:
                raise ValueError(f"{what} {twice} is there twice: leave one [[tyres.sensor]] out")
        if self.source and not self.sensor:
            raise ValueError("no wheel has a sensor: write a [[tyres.sensor]] for each; telltale-edge tyres lists them")
        return self


class TamperSettings(_Part):
    """What is told of what happens to the box or the vehicle without being driven."""

    enabled: bool = True
    moved_m: Annotated[float, Field(ge=50, le=100_000)] = 500.0
    """What is nearer to where it was left was not moved."""
    vin: Annotated[str, StringConstraints(pattern=r"^([A-HJ-NPR-Z0-9]{17})?$")] = ""
    """Of the vehicle that the box belongs to; empty: the one that was read last."""


class PositionSettings(_Part):
    """What tells where the vehicle is, and how often the cloud is told; places are personal, so only if somebody says
    so."""

    source: str = ""
    """gpsd: or nmea:, a receiver of the box; empty: what buses tell, if anything."""
    every_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    """While it drives; 0: no position is told by itself."""

    @field_validator("source")
    @classmethod
    def _is_receiver(cls, source: str) -> str:
        return _of_kinds(source, ("gpsd:", "nmea:"), "gpsd:127.0.0.1:2947 or nmea:/dev/ttyUSB0?baud=9600")


def _of_kinds(source: str, kinds: tuple[str, ...], example: str) -> str:
    """The source; "bus" is the same as nothing."""
    if source in ("", BUS):
        return ""
    if not source.startswith(kinds):
        raise ValueError(f'write {example}, or "{BUS}"')
    return source
