"""How an installer draws a geofence: a circle or a polygon, and what is said about it.

Without numpy, since whoever reads a configuration reads these.

[[geofence]]
name = "depot_north"             # the rule of its alerts is geofence_depot_north
title = "Depot North"            # what people read
centre = [52.5206, 13.4098]      # latitude, longitude in degrees
radius_m = 150
# polygon = [[52.51, 13.40], [52.52, 13.41], [52.51, 13.42]]   # instead of the two above
alert = "outside"                # or inside
dwell_s = 300                    # so long without a break before it is told
only = "driving"                 # what the vehicle must be doing; left out: anything
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from edge.wire.messages import Action, Severity, Text

FENCES_MAX: Final = 200
VERTICES_MAX: Final = 200
RADIUS_MIN_M: Final = 10.0
"""What a receiver under open sky can tell (edge/whereabouts.py): whether a smaller circle was entered nobody knows."""
RADIUS_MAX_M: Final = 100_000.0

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Corner = tuple[Latitude, Longitude]


class GeofenceEntry(BaseModel):
    """One fence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,50}$")]
    title: Annotated[str, StringConstraints(max_length=100)] = ""
    """Empty: the name."""
    centre: Corner | None = None
    radius_m: Annotated[float, Field(ge=RADIUS_MIN_M, le=RADIUS_MAX_M)] | None = None
    polygon: Annotated[list[Corner], Field(min_length=3, max_length=VERTICES_MAX + 1)] | None = None
    """Its corners in their order; the first may stand at the end again, as in GeoJSON."""
    alert: Literal["inside", "outside"] = "inside"
    """Where the vehicle is while the alert fires: from enter to exit, or from exit to enter."""
    dwell_s: Annotated[float, Field(ge=0, le=604_800)] = 0.0
    only: Literal["parked", "starting", "idling", "driving", "charging"] | None = None
    severity: Severity = Severity.INFO
    action: Action = Action.WATCH
    advice: Text = ""
    driver: Text = ""
    """What the cab says; empty: nothing."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.centre is None) != (self.radius_m is None):
            raise ValueError("a circle needs centre and radius_m")
        if (self.centre is None) == (self.polygon is None):
            raise ValueError("a fence needs centre and radius_m, or a polygon, and not both")
        return self

    @property
    def rule(self) -> str:
        """What its alerts are called."""
        return f"geofence_{self.name}"
