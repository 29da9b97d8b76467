import { describe, expect, it } from "vitest";
import { bytes, namesIn, progress, running, titleOf, waits, type Rollout } from "./words";

const rollout = (vehicles: Rollout["vehicles"], state: Rollout["state"] = "first", newcomers = false): Pick<Rollout, "vehicles" | "state" | "newcomers"> => ({ vehicles, state, newcomers });

describe("a rollout", () => {
  it("says how many stand how, those that wait first", () => {
    expect(progress(rollout({ rolled_back: 1, kept: 2, held: 30 }))).toBe("30 wait for the first · 2 kept it · 1 went back");
    expect(progress(rollout({}))).toBe("");
  });
  it.each([
    [rollout({ held: 1 }), true],
    [rollout({ due: 1 }, "all"), true],
    [rollout({ given: 5, kept: 3 }, "all"), false],
    [rollout({ given: 5, kept: 3 }, "all", true), true],
    [rollout({ held: 1 }, "stopped"), false],
  ])("%# can be stopped while somebody waits or may come", (one, can) => {
    expect(waits(one)).toBe(can);
  });
});

describe("a bundle on a vehicle", () => {
  it("is unknown, none, named, or only a number that is not kept any more", () => {
    const at = "2026-11-21T08:00:00Z";
    expect(running(null, "unknown")).toBe("unknown");
    expect(titleOf({ bundle: null, name: null })).toBe("none: as installed");
    expect(titleOf({ bundle: "0".repeat(32), name: "winter" })).toBe("winter");
    expect(titleOf({ bundle: "abcdef01".repeat(4), name: null })).toContain("abcdef01");
    expect(running({ bundle: null, name: null, version: 1, at }, "unknown")).toMatch(/^none: as installed, since .*2026/);
  });
});

it("sizes are read in the unit that fits", () => {
  expect([0, 1023, 1024, 1_572_864].map(bytes)).toEqual(["0 B", "1,023 B", "1 KiB", "1.5 MiB"]);
});

it("names may be divided by anything that no name has in it, and count once", () => {
  expect(namesIn(" van-1, van-2;van-3\nvan-1\t van.4 ")).toEqual(["van-1", "van-2", "van-3", "van.4"]);
  expect(namesIn(" ,;\n")).toEqual([]);
});
