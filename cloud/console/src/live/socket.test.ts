import { describe, expect, it } from "vitest";
import type { Told } from "../api/types";
import { Live, SILENCE_MS, understood, type World } from "./socket";

/** A line that a test holds both ends of. */
class Wire {
  onmessage: ((message: MessageEvent<unknown>) => void) | null = null;
  onclose: ((closed: CloseEvent) => void) | null = null;
  isClosed = false;
  constructor(readonly url: URL, readonly protocols: string[]) {}
  close(): void {
    this.isClosed = true;
  }
  tell(told: unknown): void {
    this.onmessage?.({ data: JSON.stringify(told) } as MessageEvent<unknown>);
  }
  cut(code: number): void {
    this.onclose?.({ code } as CloseEvent);
  }
}

interface Timer {
  delayMs: number;
  act: () => void;
}

class Stage implements World {
  wires: Wire[] = [];
  timers = new Set<Timer>();
  tokens: (string | null)[] = ["one"];
  ended = 0;
  open(url: string, protocols: string[]): WebSocket {
    const wire = new Wire(new URL(url), protocols);
    this.wires.push(wire);
    return wire as unknown as WebSocket;
  }
  token = (): string | null => this.tokens[0] ?? null;
  renew = (): Promise<boolean> => {
    this.tokens.shift();
    return Promise.resolve(this.tokens.length > 0);
  };
  end = (): void => {
    this.ended += 1;
  };
  after = (delayMs: number, act: () => void): (() => void) => {
    const timer = { delayMs, act };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };
  random = (): number => 1;
  /** Let the one timer of this length run out. */
  runOut(delayMs: number): void {
    const due = [...this.timers].filter((timer) => timer.delayMs === delayMs);
    expect(due).toHaveLength(1);
    for (const timer of due) {
      this.timers.delete(timer);
      timer.act();
    }
  }
  get last(): Wire {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error("nothing was opened");
    return wire;
  }
}

const alive = (cursor: string): unknown => ({ kind: "alive", cursor });

describe("the one WebSocket", () => {
  it("shows its token as a subprotocol, and asks for what is wanted", () => {
    const stage = new Stage();
    const live = new Live(stage);
    live.want({ fleet: "north", vehicle: "van-7", signals: ["A", "B"] });
    live.listen(() => undefined);
    expect(stage.last.protocols).toEqual(["telltale.v1", "bearer.one"]);
    expect(Object.fromEntries(stage.last.url.searchParams)).toEqual({ fleet: "north", vehicle: "van-7", signals: "A,B" });
  });
  it("tells all listeners, and hangs up with the last of them", () => {
    const stage = new Stage();
    const live = new Live(stage);
    const heard: Told[][] = [[], []];
    const stops = heard.map((mine) => live.listen((told) => mine.push(told)));
    expect(stage.wires).toHaveLength(1);
    stage.last.tell(alive("c1"));
    expect(live.line).toBe("on");
    expect(heard.map((mine) => mine.length)).toEqual([1, 1]);
    stops[0]?.();
    expect(stage.last.isClosed).toBe(false);
    stops[1]?.();
    expect(stage.last.isClosed).toBe(true);
    expect(live.line).toBe("off");
  });
  it("comes back after a cut with its cursor, later each time, soon again once it heard something", () => {
    const stage = new Stage();
    const live = new Live(stage);
    live.listen(() => undefined);
    stage.last.tell(alive("c1"));
    stage.last.cut(1006);
    expect(live.line).toBe("off");
    stage.runOut(500);
    expect(stage.last.url.searchParams.get("after")).toBe("c1");
    stage.last.cut(1006);
    stage.runOut(1000);
    stage.last.tell(alive("c2"));
    stage.last.cut(1006);
    stage.runOut(500);
    expect(stage.last.url.searchParams.get("after")).toBe("c2");
    expect(stage.wires).toHaveLength(4);
  });
  it("waits at most half a minute", () => {
    const stage = new Stage();
    new Live(stage).listen(() => undefined);
    for (const delayMs of [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
      stage.last.cut(1006);
      stage.runOut(delayMs);
    }
  });
  it("takes a long silence for a cut", () => {
    const stage = new Stage();
    new Live(stage).listen(() => undefined);
    stage.last.tell(alive("c1"));
    stage.runOut(SILENCE_MS);
    expect(stage.wires[0]?.isClosed).toBe(true);
    stage.runOut(500);
    expect(stage.wires).toHaveLength(2);
  });
  it("gets the next token when its own has run out", async () => {
    const stage = new Stage();
    stage.tokens = ["one", "two"];
    new Live(stage).listen(() => undefined);
    stage.last.cut(4401);
    stage.runOut(500);
    await Promise.resolve();
    expect(stage.last.protocols).toContain("bearer.two");
    stage.last.cut(4401);
    stage.runOut(1000);
    await Promise.resolve();
    expect(stage.ended).toBe(1);
    expect(stage.wires).toHaveLength(2);
  });
  it("does not come back where it is not allowed, and forgets a cursor that is refused", () => {
    const stage = new Stage();
    new Live(stage).listen(() => undefined);
    stage.last.tell(alive("bad"));
    stage.last.cut(4422);
    stage.runOut(500);
    expect(stage.last.url.searchParams.has("after")).toBe(false);
    stage.last.cut(4403);
    expect(stage.timers.size).toBe(0);
  });
  it("connects anew when something else is wanted, and hears nothing of the old line", () => {
    const stage = new Stage();
    const live = new Live(stage);
    const heard: Told[] = [];
    live.listen((told) => heard.push(told));
    const old = stage.last;
    live.want({ vehicle: "van-8" });
    expect(old.isClosed).toBe(true);
    old.tell(alive("late"));
    old.cut(1006);
    expect(heard).toEqual([]);
    live.want({ vehicle: "van-8" });
    expect(stage.wires).toHaveLength(2);
  });
  it.each(["", "{", "null", "7", '{"kind":"alert"}', '{"kind":"new","cursor":"c"}', 5])("ignores %j", (text) => {
    expect(understood(text)).toBeNull();
  });
});
