import { describe, expect, it } from "vitest";
import { address } from "./api/client";
import { isUnderWay } from "./pages/cases/tone";
import { joined } from "./pages/vehicle/points";
import { lines } from "./pages/work/lines";
import { inOnePiece } from "./parts/outlines";
import { match } from "./routes";

describe("paths", () => {
  it.each([
    ["/alerts", "/alerts", {}],
    ["/cases/4", "/cases/:number", { number: "4" }],
    ["/alerts/north/van-7/0f1e", "/alerts/:fleet/:vehicle/:alert", { fleet: "north", vehicle: "van-7", alert: "0f1e" }],
    ["/vehicles/n%20o/a%2Fb/", "/vehicles/:fleet/:vehicle", { fleet: "n o", vehicle: "a/b" }],
    ["/cases/%E0", "/cases/:number", { number: "%E0" }],
  ])("%s is %s", (path, route, names) => {
    expect(match(path)).toMatchObject({ route: { path: route }, names });
  });
  it.each(["/", "/nothing", "/cases/4/5", "/alerts/north"])("%s is none", (path) => {
    expect(match(path)).toBeNull();
  });
  it("of the API have every name escaped", () => {
    expect(address("/v/{fleet}/{vehicle}", { fleet: "a/b", vehicle: "?" }, { limit: 5, after: null })).toBe("/v/a%2Fb/%3F?limit=5");
  });
});

describe("small decisions", () => {
  it("points come in order of time, each moment once, the newest kept", () => {
    const told = [["2026-11-21T08:02:00Z", 2], ["2026-11-21T08:01:00Z", 1]] as const;
    const heard = [["2026-11-21T08:02:00+00:00", 20], ["2026-11-21T08:03:00Z", 3]] as const;
    expect(joined(told, heard, 2).map(([, value]) => value)).toEqual([20, 3]);
  });
  it("who has answered is not asked again while an agent is at it", () => {
    const open = { answer: null, chosen: null };
    expect(isUnderWay({ ...open, state: "asked" })).toBe(false);
    expect(isUnderWay({ ...open, state: "asked", answer: "yes" })).toBe(true);
    expect(isUnderWay({ ...open, state: "offered", answer: "yes" })).toBe(false);
    expect(isUnderWay({ ...open, state: "offered", answer: "yes", chosen: 1 })).toBe(true);
    expect(isUnderWay({ ...open, state: "booked", answer: "yes", chosen: 1 })).toBe(false);
  });
  it("an outline across the 180th meridian stays in one piece, both ways", () => {
    const east = [[170, 60], [179, 62], [-175, 64], [-170, 66], [178, 68], [170, 60]];
    expect(inOnePiece(east).map(([longitude]) => longitude)).toEqual([170, 179, 185, 190, 178, 170]);
    const west = [[-179, -16], [179, -17], [-179, -16]];
    expect(inOnePiece(west).map(([longitude]) => longitude)).toEqual([-179, -181, -179]);
    expect(inOnePiece([[10, 50], [11, 51], [10, 50]])).toEqual([[10, 50], [11, 51], [10, 50]]);
  });
  it("findings are lines that say something", () => {
    expect(lines(" a \n\n b\n")).toEqual(["a", "b"]);
  });
});
