import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const HEIGHT = 220;
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
        axes: [axis, { ...axis, size: 56 }],
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
