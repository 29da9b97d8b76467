"""Trips: from where a vehicle is taken into use to where it no longer is, and what it did in between. Pure."""

from edge.trips.log import TripLog
from edge.trips.trip import DistanceBy, Place, Trip, kept_private

__all__ = ["DistanceBy", "Place", "Trip", "TripLog", "kept_private"]
