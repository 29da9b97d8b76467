import { describe, expect, it } from "vitest";
import { BUTTONS, lookMs, newId, toldBy, toneOf, whyOf, Wishes, type Command } from "./command";

const ASKED: Command = {
  fleet: "north", vehicle: "van-7", id: "0".repeat(32), name: "self_test", arguments: {}, by: "olga", issued_at: "2026-11-21T08:00:00Z", expires_at: "2026-11-21T08:05:00Z",
  state: "waiting", sent_at: null, times: 0, answered_at: null, reason: "", values: null, capture_trigger: null,
};
const command = (changes: Partial<Command>): Command => ({ ...ASKED, ...changes });

describe("a command", () => {
  it.each([
    [command({}), "It is sent as soon as the broker is there."],
    [command({ state: "sent" }), "The vehicle has not answered yet; it is asked again every half minute."],
    [command({ state: "done" }), ""],
    [command({ state: "expired", reason: "the vehicle has not answered" }), "the vehicle has not answered"],
  ])("%# says what is waited for, or why it ended so", (one, said) => {
    expect(whyOf(one)).toBe(said);
  });
  it("tells what came, unknown as such, and never without end", () => {
    expect(toldBy(ASKED)).toBe("");
    expect(toldBy(command({ values: {} }))).toBe("");
    expect(toldBy(command({ values: { codes_stored: 2, bus: true, code: "P0301", at: null } }))).toBe("codes stored: 2 · bus: true · code: P0301 · at: unknown");
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, place) => [`v${place}`, place]));
    expect(toldBy(command({ values: many }))).toBe("v0: 0 · v1: 1 · v2: 2 · v3: 3 · v4: 4 · v5: 5 · and 3 more");
  });
  it("that is open is looked after more closely", () => {
    expect(lookMs(null)).toBe(lookMs({ items: [command({ state: "done" })] }));
    expect(lookMs({ items: [command({ state: "done" }), command({ state: "sent" })] })).toBeLessThan(lookMs({ items: [] }));
  });
  it("that failed does not look as if it were done", () => {
    expect(new Set((["sent", "done", "refused", "failed"] as const).map((state) => toneOf(command({ state })))).size).toBe(4);
  });
});

describe("a wish", () => {
  it("has a name of its own, as the API takes it", () => {
    const names = Array.from({ length: 100 }, newId);
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/);
  });
  it("of which nobody knows whether it arrived keeps it, each for itself, until there is an answer", () => {
    const wishes = new Wishes();
    const [first, ...others] = BUTTONS.map((name) => wishes.of(name));
    expect(new Set([first, ...others]).size).toBe(BUTTONS.length);
    expect(wishes.of(BUTTONS[0])).toBe(first);
    wishes.answered(BUTTONS[0]);
    expect(wishes.of(BUTTONS[0])).not.toBe(first);
    expect(wishes.of(BUTTONS[1])).toBe(others[0]);
  });
});
