import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms, Told } from "../../api/types";
import { amount, moment, signalName } from "../../i18n/say";
import { t } from "../../i18n/t";
import { useLive, useSignals } from "../../live/live";
import { Chart } from "../../parts/Chart";
import { Empty, Said } from "../../parts/Standing";
import { joined, type Points } from "./points";

const FIRST = "Vehicle.Speed";
const PERIODS = 120;

/** One signal as it was told, and as it goes on. */
export function LiveSignals({ fleet, vehicle, latest }: { fleet: string; vehicle: string; latest: Forms["SummaryForm"] | null }) {
  const paths = useMemo(() => Object.keys(latest?.signals ?? {}).sort(), [latest]);
  const [picked, setPicked] = useState<string | null>(null);
  const path = picked ?? (paths.includes(FIRST) ? FIRST : (paths[0] ?? null));
  if (latest === null || path === null) return <Empty text={t.vehicle.noSignals} />;
  return (
    <>
      <label class="inline">
        {t.vehicle.pick}
        <select value={path} onChange={(changed) => setPicked(changed.currentTarget.value)}>
          {paths.map((one) => <option key={one} value={one}>{signalName(one)}</option>)}
        </select>
      </label>
      <OneSignal key={path} fleet={fleet} vehicle={vehicle} path={path} unit={latest.signals[path]?.unit ?? ""} />
    </>
  );
}

function OneSignal({ fleet, vehicle, path, unit }: { fleet: string; vehicle: string; path: string; unit: string }) {
  const [heard, setHeard] = useState<Points>([]);
  const before = useAsked(`summaries ${fleet} ${vehicle}`, (signal) => get("/api/v1/summaries", { query: { fleet, vehicle, limit: PERIODS }, signal }));
  useSignals({ fleet, vehicle, signals: [path] });
  useLive(useCallback((told: Told) => {
    if (told.kind !== "signals" || told.fleet !== fleet || told.vehicle !== vehicle) return;
    const value = told.values[path];
    if (value !== undefined) setHeard((points) => joined(points, [[told.ended_at, value]], PERIODS));
  }, [fleet, vehicle, path]));
  const told = useMemo(
    () => (before.value?.items ?? []).flatMap((one): Points => {
      const value = one.signals[path]?.last;
      return value === undefined ? [] : [[one.ended_at, value]];
    }),
    [before.value, path],
  );
  const points = useMemo(() => joined(told, heard, PERIODS), [told, heard]);
  const times = useMemo(() => points.map(([at]) => new Date(at).getTime() / 1000), [points]);
  const values = useMemo(() => points.map(([, value]) => value), [points]);
  useEffect(() => setHeard([]), [path]);
  const last = points.at(-1);
  return (
    <>
      {before.problem !== null && <Said problem={before.problem} />}
      {last !== undefined && <p class="reading"><strong>{amount(last[1], unit)}</strong> <span class="quiet small">{moment(last[0])}</span></p>}
      {points.length > 0 && <Chart name={signalName(path)} unit={unit} times={times} values={values} />}
      <p class="quiet small">{t.vehicle.waiting}</p>
    </>
  );
}
