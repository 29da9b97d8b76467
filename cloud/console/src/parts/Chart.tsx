import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 220;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_S = 86_400;

/** Times as the reader writes them; days where the whole is longer than one. */
function labels(plot: uPlot, splits: number[]): string[] {
  const { x } = plot.scales;
  const length = (x?.max ?? 0) - (x?.min ?? 0);
  return splits.map((at) => (length > DAY_S ? day : clock).format(new Date(at * 1000)));
}
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** One signal over time; points in seconds since 1970, in order. */
export function Chart({ name, unit, times, values }: { name: string; unit: string; times: readonly number[]; values: readonly number[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef<uPlot.AlignedData>([[], []]);
  latest.current = [[...times], [...values]];

  useEffect(() => {
    const here = place.current;
    if (here === null) return undefined;
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--border"), width: 1 }, ticks: { stroke: colour("--border"), width: 1 } };
    const made = new uPlot(
      {
        width: here.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false },
        axes: [{ ...axis, values: labels }, { ...axis, size: 56 }],
        series: [{}, { label: name, stroke: colour("--accent"), width: 2, points: { size: 5 } }],
      },
      latest.current,
      here,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() => made.setSize({ width: here.clientWidth, height: HEIGHT }));
    sizes.observe(here);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [name]);

  useEffect(() => plot.current?.setData([[...times], [...values]]), [times, values]);

  return <figure class="chart"><figcaption>{name}{unit !== "" && <span class="quiet"> in {unit}</span>}</figcaption><div ref={place} /></figure>;
}
