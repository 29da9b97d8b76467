import type { Forms } from "../../api/types";

export type Place = [latitude: number, longitude: number];

const LATITUDE = "Vehicle.CurrentLocation.Latitude";
const LONGITUDE = "Vehicle.CurrentLocation.Longitude";

/** Where a vehicle was by its latest summary (degrees, WGS 84); null: it does not say. */
export function placeOf(latest: Pick<Forms["SummaryForm"], "signals"> | null): Place | null {
  const latitude = latest?.signals[LATITUDE]?.last;
  const longitude = latest?.signals[LONGITUDE]?.last;
  if (latitude === undefined || longitude === undefined) return null;
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isOnEarth ? [latitude, longitude] : null;
}
