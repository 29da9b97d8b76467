import { useAsked, type Asked } from "../api/asked";
import { get } from "../api/client";
import type { Permission } from "../api/types";
import { t } from "../i18n/t";
import { useMe } from "../session/me";

const VEHICLES_LOOKED_AT = 500;

/** The fleets in which somebody may do this, by name; where that is everywhere, those of the first vehicles. */
export function useFleets(permission: Permission): Asked<string[]> {
  const reach = useMe().may[permission];
  return useAsked(`fleets ${permission}`, async (signal) => {
    if (reach?.everywhere !== true) return [...(reach?.fleets ?? [])].sort();
    const seen = await get("/api/v1/vehicles", { query: { limit: VEHICLES_LOOKED_AT }, signal });
    return [...new Set(seen.items.map((one) => one.fleet))].sort();
  });
}

/** Which fleet; nothing to choose where there is one. */
export function FleetPick({ all, taken, take }: { all: readonly string[]; taken: string; take: (fleet: string) => void }) {
  if (all.length < 2) return <span class="quiet">{t.app.fleet} {taken}</span>;
  return (
    <label class="inline">
      {t.app.fleet}
      <select value={taken} onChange={(changed) => take(changed.currentTarget.value)}>{all.map((one) => <option key={one} value={one}>{one}</option>)}</select>
    </label>
  );
}
