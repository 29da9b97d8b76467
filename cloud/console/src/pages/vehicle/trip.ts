import type { Forms } from "../../api/types";
import { amount, lasted, wait, words } from "../../i18n/say";
import { t } from "../../i18n/t";

export type Trip = Forms["TripForm"];
type Style = Forms["StyleForm"];
type Spot = Forms["SpotForm"];

/** What a receiver and a parking place do not explain: it was towed, carried, or on a ferry. */
const MOVED_OFF_M = 100;

/** How long it took and what it stood for, in words; what was not told is left out. */
export function courseOf(trip: Trip): string {
  const stops = trip.stops === null || trip.stops === 0 ? [] : [t.trip.stops(trip.stops, trip.stopped_s === null ? null : wait(trip.stopped_s))];
  return [lasted(trip.started_at, trip.ended_at), ...stops, words(trip.ended_by)].join(" · ");
}

/** What it burned and drew, each with what of it is worth a word; without either, fuel is unknown. */
export function usedOn(trip: Trip): string {
  const fuel = `${t.vehicle.fuel}: ${amount(trip.fuel_used_l, "l")}${trip.fuel_idle_l === null ? "" : t.trip.standing(amount(trip.fuel_idle_l, "l"))}`;
  const energy = `${t.trip.energy}: ${amount(trip.energy_used_kwh, "kWh")}${trip.energy_recuperated_kwh === null ? "" : t.trip.recuperated(amount(trip.energy_recuperated_kwh, "kWh"))}`;
  const known = [...(trip.fuel_used_l === null ? [] : [fuel]), ...(trip.energy_used_kwh === null ? [] : [energy])];
  return known.length === 0 ? fuel : known.join(" · ");
}

/** How it was driven; null: that is not known, which is not calm. */
export function mannerOf(style: Style | null): string | null {
  if (style === null) return null;
  const counts = (["harsh_braking", "harsh_acceleration", "harsh_cornering"] as const).map((one) => [t.trip[one], style[one]] as const);
  if (style.overspeed === null && counts.every(([, count]) => count === null)) return null;
  const harsh = counts.filter(([, count]) => count !== null && count > 0).map(([name, count]) => `${name} ${count}`);
  const fast = style.overspeed === null || style.overspeed === 0 ? [] : [`${t.trip.overspeed} ${style.overspeed_s === null ? style.overspeed : wait(style.overspeed_s)}`];
  return [...harsh, ...fast].join(" · ") || t.trip.calm;
}

/** How far it was moved while it was off, where that says something; else null. */
export const movedOff = (trip: Trip): string | null =>
  trip.moved_off_m === null || trip.moved_off_m <= MOVED_OFF_M ? null : `${t.trip.movedOff}: ${far(trip.moved_off_m)}`;

/** From where to where, as far as that is known; else null. */
export function wayOf(trip: Trip): string | null {
  return trip.start === null && trip.end === null ? null : `${spot(trip.start)} → ${spot(trip.end)}`;
}

const spot = (at: Spot | null): string => (at === null ? t.app.unknown : `${at.latitude_deg.toFixed(4)}, ${at.longitude_deg.toFixed(4)}`);
const far = (metres: number): string => (metres < 1000 ? amount(metres, "m", 0) : amount(metres / 1000, "km"));
