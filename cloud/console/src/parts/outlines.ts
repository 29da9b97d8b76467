import type { Feature, FeatureCollection, Geometry, Position } from "geojson";

/** ISO 3166-1 numeric; its outline goes around the pole, which a flat map cannot close. */
const ANTARCTICA = "010";
const isShown = (country: Feature): boolean => country.id !== ANTARCTICA;

/** A ring that crosses the 180th meridian, in one piece: it goes on beyond 180° instead of jumping to the other side. */
export function inOnePiece(ring: Position[]): Position[] {
  let shift = 0;
  let before: number | undefined;
  return ring.map(([longitude = 0, latitude = 0]) => {
    if (before !== undefined && Math.abs(longitude - before) > 180) shift += longitude < before ? 360 : -360;
    before = longitude;
    return [longitude + shift, latitude];
  });
}

function whole(geometry: Geometry): Geometry {
  if (geometry.type === "Polygon") return { ...geometry, coordinates: geometry.coordinates.map(inOnePiece) };
  if (geometry.type === "MultiPolygon") return { ...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(inOnePiece)) };
  return geometry;
}

/** Countries as a flat map can draw them. */
export const flat = (countries: FeatureCollection): FeatureCollection => ({
  ...countries,
  features: countries.features.filter(isShown).map((country) => ({ ...country, geometry: whole(country.geometry) })),
});
