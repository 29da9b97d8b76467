import { describe, expect, it } from "vitest";
import { darkPath } from "./qr";

/** The squares that a path of bars covers, as rows of text. */
function painted(path: string, size: number): string[] {
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => "0"));
  for (const [, x = "", y = "", width = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(width); at += 1) {
      const row = rows[Number(y)];
      if (row !== undefined) row[Number(x) + at] = "1";
    }
  }
  return rows.map((row) => row.join(""));
}

describe("a QR code as a path", () => {
  it.each([[["1"]], [["0"]], [["101", "010", "111"]], [["0110", "1001", "1111", "0000"]]])("%# is dark where the rows are", (rows) => {
    expect(painted(darkPath(rows), rows.length)).toEqual(rows);
  });
  it("takes a bar for each run, not a square for each dot", () => {
    expect(darkPath(["1111"])).toBe("M0 0h4v1h-4z");
  });
});
