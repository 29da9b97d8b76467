"""What the installer writes of the box itself: its supply, its power, and what tells where it is."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

BUS: Final = "bus"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class SupplySettings(_Part):
    """What measures the supply of the vehicle, which is what the box runs on."""

    source: str = ""
    """iio: or hwmon:, an ADC of the box; empty: what buses tell of it, if anything (SPN 168, PID 42, AT RV)."""

    @field_validator("source")
    @classmethod
    def _is_adc(cls, source: str) -> str:
        return _of_kinds(source, ("iio:", "hwmon:"), "iio:/sys/bus/iio/devices/iio:device0/in_voltage0?divider=5.7")


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
