import { describe, expect, it } from "vitest";
import { courseOf, mannerOf, movedOff, usedOn, wayOf, type Trip } from "./trip";

const TRIP: Trip = {
  fleet: "north", vehicle: "van-7", id: "1", started_at: "2026-11-21T08:00:00Z", ended_at: "2026-11-21T08:34:00Z", ended_by: "ignition_off",
  distance_m: 18_400, distance_by: "speed", odometer_start_km: null, odometer_end_km: null, moving_s: null, idle_s: null, engine_on_s: null,
  stops: null, stopped_s: null, speed_max_kmh: null, fuel_used_l: null, fuel_idle_l: null, energy_used_kwh: null, energy_recuperated_kwh: null,
  no_position_s: null, moved_off_m: null, start: null, end: null, style: null, private: false, alerts: [], clock: "synced", received_at: "2026-11-21T08:34:01Z",
};
const STYLE = { harsh_braking: null, harsh_acceleration: null, harsh_cornering: null, overspeed: null, overspeed_s: null, events: [], events_left_out: 0 };

describe("a trip", () => {
  it("says how long it took and how often it stood", () => {
    expect(courseOf(TRIP)).toBe("34 min · ignition off");
    expect(courseOf({ ...TRIP, stops: 1, stopped_s: 240 })).toBe("34 min · 1 stop (4 min) · ignition off");
    expect(courseOf({ ...TRIP, stops: 3, stopped_s: null })).toBe("34 min · 3 stops · ignition off");
    expect(courseOf({ ...TRIP, stops: 0 })).toBe("34 min · ignition off");
  });
  it("says what it used, and that fuel is unknown when it says nothing", () => {
    expect(usedOn(TRIP)).toBe("Fuel: unknown");
    expect(usedOn({ ...TRIP, fuel_used_l: 1.2, fuel_idle_l: 0.2 })).toBe("Fuel: 1.2 l, 0.2 l of it standing");
    expect(usedOn({ ...TRIP, energy_used_kwh: 2.1, energy_recuperated_kwh: 0.4 })).toBe("Energy: 2.1 kWh, 0.4 kWh won back");
    expect(usedOn({ ...TRIP, fuel_used_l: 1, energy_used_kwh: 2 })).toBe("Fuel: 1 l · Energy: 2 kWh");
  });
  it.each([
    [null, null],
    [STYLE, null],
    [{ ...STYLE, harsh_braking: 0 }, "nothing harsh"],
    [{ ...STYLE, harsh_braking: 2, harsh_cornering: 0, overspeed: 1, overspeed_s: 40 }, "harsh braking 2 · overspeed 40 s"],
    [{ ...STYLE, harsh_acceleration: 1, harsh_cornering: 3, overspeed: 2 }, "harsh acceleration 1 · harsh cornering 3 · overspeed 2"],
  ])("driven like %j is described", (style, said) => {
    expect(mannerOf(style)).toBe(said);
  });
  it.each([
    [null, null],
    [100, null],
    [250, "moved while switched off: 250 m"],
    [12_400, "moved while switched off: 12.4 km"],
  ])("that began %j m from the end of the one before is told where that says something", (metres, said) => {
    expect(movedOff({ ...TRIP, moved_off_m: metres })).toBe(said);
  });
  it("says where it led as far as that is known", () => {
    expect(wayOf(TRIP)).toBeNull();
    expect(wayOf({ ...TRIP, start: { latitude_deg: 52.52, longitude_deg: 13.405 } })).toBe("52.5200, 13.4050 → unknown");
  });
});
