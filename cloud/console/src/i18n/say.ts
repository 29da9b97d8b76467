import { t } from "./t";

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const onlyClock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const onlyDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const shares = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** A moment with its date, in the reader's zone. */
export const moment = (at: string | null): string => (at === null ? t.app.unknown : clock.format(new Date(at)));

/** A time that somebody keeps: with the day of the week. */
export const appointment = (at: string): string => dayAndTime.format(new Date(at));

/** How long ago, or in how long. */
export function since(at: string, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return ago.format(Math.trunc(seconds / length), unit);
  }
  return ago.format(0, "second");
}

/** A number as it is read, with its unit; null is unknown, never 0. */
export function amount(value: number | null, unit: string, digits = 1): string {
  if (value === null) return t.app.unknown;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${unit}`.trim();
}

/** Hours and minutes between two moments. */
export function lasted(from: string, to: string): string {
  const minutes = Math.round((new Date(to).getTime() - new Date(from).getTime()) / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A name of the code in words: `water_pump_worn` → `water pump worn`. */
export const words = (name: string): string => name.replaceAll("_", " ");

/** The end of a VSS path that tells it from others: `Vehicle.OBD.EngineLoad` → `OBD EngineLoad`. */
export const signalName = (path: string): string => path.split(".").slice(1).slice(-2).join(" ").replaceAll(/([a-z])([A-Z])/g, "$1 $2");

/** A time of today. */
export const clockTime = (at: number): string => onlyClock.format(at);

/** A day that has no time of day, as the API writes it. */
export const dayOf = (day: string): string => onlyDay.format(new Date(day));

/** 0 to 1, in per cent. */
export const percent = (share: number): string => shares.format(share);

/** A number of any size, to three digits. */
export const figure = (value: number): string => short.format(value);

const waits: [string, number][] = [["d", 86_400], ["h", 3600], ["min", 60]];

/** A wait in seconds, in the two largest units that it fills; above a minute to the minute. */
export function wait(seconds: number): string {
  let left = seconds < 59.5 ? Math.round(seconds) : Math.round(seconds / 60) * 60;
  const first = waits.findIndex(([, length]) => left >= length);
  if (first === -1) return `${left} s`;
  const said = waits.slice(first, first + 2).map(([unit, length]): [number, string] => {
    const whole = Math.floor(left / length);
    left -= whole * length;
    return [whole, unit];
  });
  return said.filter(([whole]) => whole > 0).map(([whole, unit]) => `${whole} ${unit}`).join(" ");
}

/** From one value to another; null above: without end. */
export const between = (low: number, high: number | null): string => t.app.between(figure(low), high === null ? null : figure(high));
