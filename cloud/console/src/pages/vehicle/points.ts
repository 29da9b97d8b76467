/** Moments and values, in order of time. */
export type Points = readonly (readonly [at: string, value: number])[];

/** Both together in order of time, each moment once (the later told wins), at most the newest so many. */
export function joined(told: Points, heard: Points, most: number): Points {
  const byTime = new Map<number, readonly [string, number]>();
  for (const point of [...told, ...heard]) byTime.set(new Date(point[0]).getTime(), point);
  return [...byTime.entries()].sort(([one], [other]) => one - other).slice(-most).map(([, point]) => point);
}
