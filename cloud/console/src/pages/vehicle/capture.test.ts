import { describe, expect, it } from "vitest";
import { causeOf, lackOf, type Capture } from "./capture";

const WHOLE: Capture = {
  fleet: "north", vehicle: "van-7", id: "1", trigger: "alert:2", started_at: "2026-11-21T08:00:00Z", ended_at: "2026-11-21T08:00:40Z",
  wanted_from: null, wanted_to: null, frames: 9, size: 100, parts: 3, last: 3, holes: 0, is_complete: true, clock: "synced", heard_at: "2026-11-21T08:01:00Z",
};
const part = (changes: Partial<Capture>): Capture => ({ ...WHOLE, is_complete: false, ...changes });

describe("a capture", () => {
  it.each([
    [WHOLE, null],
    [part({ last: null }), "its end has not come"],
    [part({ parts: 2 }), "1 part missing"],
    [part({ parts: 1, holes: 1 }), "2 parts missing · 1 hole"],
    [part({ last: null, holes: 2 }), "its end has not come · 2 holes"],
    [part({ parts: 4 }), "not complete"],
  ])("%# says what it lacks", (capture, said) => {
    expect(lackOf(capture)).toBe(said);
  });
  it.each([["alert:0f", "alert"], ["command:1", "command"], ["button", "button"]])("that %s set off says what did", (trigger, said) => {
    expect(causeOf({ ...WHOLE, trigger })).toBe(said);
  });
});
