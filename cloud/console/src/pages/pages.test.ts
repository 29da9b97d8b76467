import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { againMs } from "../api/asked";
import { between, wait } from "../i18n/say";
import { sorted } from "../parts/sorted";
import { menuOf } from "../routes";
import type { Me } from "../session/me";
import { told } from "./chat/told";
import { compared } from "./warranty/hashes";
import { linesOf, servicesOf } from "./warranty/services";
import { unzip } from "./warranty/unzip";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const number = (value: number, length: number): number[] => Array.from({ length }, (_, place) => (value >>> (8 * place)) & 255);

/** A zip as Python writes one, deflated; sizes as they are told, which may be a lie. */
function zip(files: Record<string, string>, told = (size: number): number => size): Uint8Array<ArrayBuffer> {
  const local: number[] = [];
  const central: number[] = [];
  for (const [name, text] of Object.entries(files)) {
    const packed = [...deflateRawSync(bytes(text))];
    const offset = local.length;
    const about = [...number(8, 2), ...number(0, 8), ...number(packed.length, 4), ...number(told(text.length), 4), ...number(name.length, 2), ...number(0, 2)];
    local.push(...number(0x04034b50, 4), ...number(20, 2), ...number(0, 2), ...about, ...bytes(name), ...packed);
    central.push(...number(0x02014b50, 4), ...number(20, 2), ...number(20, 2), ...number(0, 2), ...about, ...number(0, 10), ...number(offset, 4), ...bytes(name));
  }
  const count = Object.keys(files).length;
  const end = [...number(0x06054b50, 4), ...number(0, 4), ...number(count, 2), ...number(count, 2), ...number(central.length, 4), ...number(local.length, 4), ...number(0, 2)];
  return new Uint8Array([...local, ...central, ...end]);
}

describe("the evidence", () => {
  const SHA_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, B.1
  it("is unpacked, and each file held against its hash", async () => {
    const manifest = { files: [{ name: "a", sha256: SHA_OF_ABC }, { name: "b", sha256: SHA_OF_ABC }, { name: "gone", sha256: SHA_OF_ABC }] };
    const files = await unzip(zip({ a: "abc", b: "abd", "manifest.json": JSON.stringify(manifest) }));
    expect((await compared(files)).map((one) => [one.name, one.agrees])).toEqual([["a", true], ["b", false], ["gone", false]]);
  });
  it.each([
    ["no zip", bytes("not a zip at all, but long enough")],
    ["cut short", zip({ a: "abc" }).slice(0, -5)],
    ["smaller than it says", zip({ a: "abc" }, (size) => size + 1)],
    ["larger than it says", zip({ a: "abc" }, (size) => size - 1)],
    ["larger than any pack", zip({ a: "abc" }, () => 2 ** 31)],
  ])("that is %s is refused", async (_, broken) => {
    await expect(unzip(broken)).rejects.toMatchObject({ name: "Problem" });
  });
});

describe("services", () => {
  it("are lines with a day and, where known, kilometres", () => {
    const said = servicesOf("2025-12-01 21400\n\n 2024-06-30 ");
    expect(said).toEqual([{ on: "2025-12-01", km: 21400 }, { on: "2024-06-30", km: null }]);
    expect(servicesOf(linesOf(said))).toEqual(said);
    expect(servicesOf(" \n")).toBeNull();
  });
  it("that cannot be read are refused with the line", () => {
    expect(() => servicesOf("2025-12-01 many")).toThrow(/2025-12-01 many/);
  });
});

describe("rows", () => {
  const rows = [{ n: 2, s: "b" }, { n: null, s: "a10" }, { n: 1, s: "a9" }];
  it("are sorted both ways, the unknown last", () => {
    expect(sorted(rows, (row) => row.n, false).map((row) => row.n)).toEqual([1, 2, null]);
    expect(sorted(rows, (row) => row.n, true).map((row) => row.n)).toEqual([2, 1, null]);
  });
  it("with names are sorted as people count", () => {
    expect(sorted(rows, (row) => row.s, false).map((row) => row.s)).toEqual(["a9", "a10", "b"]);
  });
});

describe("figures", () => {
  it.each([[42, "42 s"], [60, "1 min"], [3_599.6, "1 h"], [59.6, "1 min"], [0, "0 s"], [5_400, "1 h 30 min"], [183_600, "2 d 3 h"]])("%d s is %s", (seconds, text) => {
    expect(wait(seconds)).toBe(text);
  });
  it("without an end say so", () => {
    expect(between(1.25, null)).toBe("1.25 or more");
  });
  it("are asked for again later each time", () => {
    expect([1, 2, 3, 9, 2000].map(againMs)).toEqual([2_000, 4_000, 8_000, 30_000, 30_000]);
  });
});

describe("what a tool said", () => {
  it("is a line for each value, unknown as a dash, and never without end", () => {
    expect(told({ count: 1, alerts: [{ summary: "Too hot", since: null }] })).toEqual(["count: 1", 'alerts.0.summary: "Too hot"', "alerts.0.since: –"]);
    expect(told(Array.from({ length: 1000 }, (_, place) => place))).toHaveLength(40);
  });
});

describe("the menu", () => {
  const everywhere = { everywhere: true, fleets: [] };
  const who = (...permissions: string[]): Me => ({ name: "x", kind: "person", grants: [], may: Object.fromEntries(permissions.map((one) => [one, everywhere])) });
  const look = ["see_vehicles", "see_alerts", "see_health", "see_cases", "see_work", "see_claims", "chat"];
  it("of an owner holds what owners need, and nothing behind a button", () => {
    const { day, more } = menuOf(who(...look, "answer_cases", "see_analytics", "see_contacts", "claim"));
    expect(day.map((one) => one.path)).toEqual(["/fleet", "/alerts", "/cases", "/chat", "/warranty"]);
    expect(more).toEqual([]);
  });
  it("of a manager never has more than a phone can show", () => {
    const { day, more } = menuOf(who(...look, "answer_cases", "plan", "work", "see_analytics", "see_contacts"));
    expect(day.map((one) => one.path)).toEqual(["/fleet", "/alerts", "/cases", "/work-orders"]);
    expect(more.map((one) => one.path)).toEqual(["/chat", "/warranty", "/root-cause", "/analytics", "/admin"]);
  });
  it("hides what somebody may not", () => {
    expect(menuOf(who("see_work")).day.map((one) => one.path)).toEqual(["/work-orders", "/analytics"]);
  });
});
