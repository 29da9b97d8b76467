/** The dark squares of a QR code as one SVG path: a bar for each run of them in a row. */
export const darkPath = (rows: readonly string[]): string =>
  rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`)).join("");
