import { describe, expect, it } from "vitest";
import { bytesOf, campaignPath, counted, EMPTY, endingOf, frameOf, framesOf, rateOf, rowsOf, spanOf, toneOf, whatOf, whenOf, wishOf, type Campaign, type Draft, type Window } from "./campaign";

const ID = "4c1d5e6f708192a3b4c5d6e7f8091a2b";
const NOW = Date.parse("2026-11-21T08:00:00Z");
const ONE: Campaign = {
  fleet: "north", id: ID, name: "Fast", vehicles: null, signals: ["Vehicle.Speed"], frames: [], trigger: { kind: "condition", when: "Vehicle.Speed > 100 km/h" },
  before_s: 10, after_s: 90, rate_hz: null, starts_at: null, expires_at: "2026-11-28T08:00:00Z", priority: 5, bytes_a_day: 1_000_000, by: "dora", created_at: "2026-11-21T08:00:00Z",
  is_open: true, ended_at: null, ended_by: null, standings: { refused: 1, running: 3 }, windows: 4, missed: 0, bytes: 900,
};
const draft = (changes: Partial<Draft>): Draft => ({ ...EMPTY, name: "Fast", signals: "Vehicle.Speed", when: "Vehicle.Speed > 100 km/h", ...changes });

describe("a campaign", () => {
  it("is told in a few words", () => {
    expect([whatOf(ONE), whenOf(ONE), spanOf(ONE), rateOf(ONE)]).toEqual(["1 signal", "Vehicle.Speed > 100 km/h", "10 s before to 90 s after", "everything"]);
    expect(spanOf({ ...ONE, before_s: 0, after_s: 7200 })).toBe("0 s before to 2 h after");
    const raw: Campaign = { ...ONE, signals: [], frames: [{ id: 1, extended: false, bus: null }, { id: 2, extended: false, bus: null }], trigger: { kind: "time", every_s: 600 }, rate_hz: 5 };
    expect([whatOf(raw), whenOf(raw), rateOf(raw)]).toEqual(["raw frames of 2 ids", "every 10 min", "5 a second of each"]);
  });
  it("counts its vehicles in one order, and what is refused does not look as if it ran", () => {
    expect(counted(ONE)).toEqual([["running", 3], ["refused", 1]]);
    expect(counted({ ...ONE, standings: {} })).toEqual([]);
    expect(toneOf("refused")).not.toBe(toneOf("running"));
  });
  it("has a place of its own, whatever its fleet is called", () => {
    expect(campaignPath({ fleet: "a/b", id: ID })).toBe(`/campaigns/a%2Fb/${ID}`);
  });
  it.each([[0, "0 B"], [999, "999 B"], [1000, "1 kB"], [48_210, "48.2 kB"], [2_000_000, "2 MB"]])("%i bytes are %s", (bytes, text) => {
    expect(bytesOf(bytes)).toBe(text);
  });
});

describe("ids of frames", () => {
  it("are read as candump writes them, and written so", () => {
    expect(framesOf(" 7e8\n\n0x18FEF100\ncan0 00000123 \n can1 800")).toEqual({
      frames: [
        { id: 0x7e8, extended: false, bus: null },
        { id: 0x18fef100, extended: true, bus: null },
        { id: 0x123, extended: true, bus: "can0" },
        { id: 0x800, extended: true, bus: "can1" },
      ],
    });
    const found = framesOf("7E8\n18FEF100\ncan0 00000123\n00F");
    expect("frames" in found && found.frames.map(frameOf)).toEqual(["7E8", "18FEF100", "can0 00000123", "00F"]);
  });
  it.each(["7G8", "20000000", "123456789", "can0 can1 7E8", "-1"])("“%s” is none, and is given back", (line) => {
    expect(framesOf(`7E8\n${line}`)).toEqual({ bad: line });
  });
});

describe("what is sent", () => {
  it("is what was typed in, and nothing that is not meant", () => {
    expect(wishOf(draft({ vehicles: " van-7,van-8 ,", frames: "no id" }), ID, NOW)).toEqual({
      wish: {
        id: ID, name: "Fast", vehicles: ["van-7", "van-8"], signals: ["Vehicle.Speed"], frames: [], trigger: { kind: "condition", when: "Vehicle.Speed > 100 km/h" },
        before_s: 10, after_s: 20, rate_hz: null, starts_at: null, expires_at: "2026-11-28T08:00:00.000Z", priority: 5, bytes_a_day: 1_000_000,
      },
    });
  });
  it("is raw frames on time for the whole fleet, where that is meant", () => {
    const found = wishOf(draft({ what: "frames", frames: "7E8", trigger: "time", everyS: "60", rateHz: "5", days: "0.5", megabytes: "0.25" }), ID, NOW);
    expect(found).toMatchObject({
      wish: { vehicles: null, signals: [], frames: [{ id: 0x7e8 }], trigger: { kind: "time", every_s: 60 }, rate_hz: 5, expires_at: "2026-11-21T20:00:00.000Z", bytes_a_day: 250_000 },
    });
  });
  it("lasts as long where it begins later, and says what goes first", () => {
    expect(wishOf(draft({ startsInH: "12", days: "1", priority: "9" }), ID, NOW)).toMatchObject({
      wish: { starts_at: "2026-11-21T20:00:00.000Z", expires_at: "2026-11-22T20:00:00.000Z", priority: 9 },
    });
  });
  it("is not sent with a line that is no id", () => {
    expect(wishOf(draft({ what: "frames", frames: "7E8\nspeed" }), ID, NOW)).toEqual({ bad: "speed" });
  });
});

describe("a window", () => {
  const window = (format: string): Window => ({
    fleet: "north", vehicle: "van-7", campaign: ID, id: ID, format, started_at: "2026-11-21T08:00:00Z", ended_at: "2026-11-21T08:00:30Z", wanted_from: null, wanted_to: null,
    rows: 1200, size: 2210, parts: 1, last: 1, holes: 0, is_complete: true, clock: "synced", heard_at: "2026-11-21T08:01:00Z",
  });
  it("is saved as its own tools read it", () => {
    expect(["frames/1", "samples/1", "samples/9"].map((format) => endingOf(window(format)))).toEqual(["log", "csv", "csv"]);
    expect(["frames/1", "samples/1", "other/1"].map((format) => rowsOf(window(format)))).toEqual(["1,200 frames", "1,200 samples", "1,200 rows"]);
  });
});
