import { useState } from "preact/hooks";
import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Vehicle } from "../../api/types";
import { t } from "../../i18n/t";
import { Empty, Shown } from "../../parts/Standing";
import { ChatBox } from "./ChatBox";

const VEHICLES_MAX = 500;
const nameOf = (one: Pick<Vehicle, "fleet" | "vehicle">): string => `${one.fleet} ${one.vehicle}`;

/** Questions about one of somebody's vehicles; at first about the one that is named. */
export function AskCard({ first }: { first?: { fleet: string; vehicle: string } | undefined }) {
  const [picked, setPicked] = useState<string | null>(null);
  const asked = useAsked("vehicles to ask about", async (signal) => (await get("/api/v1/vehicles", { query: { limit: VEHICLES_MAX }, signal })).items);
  return (
    <section class="card" aria-label={t.chat.title}>
      <Shown asked={asked}>
        {(vehicles) => {
          const wanted = picked ?? (first === undefined ? null : nameOf(first));
          const one = vehicles.find((each) => nameOf(each) === wanted) ?? vehicles[0];
          if (one === undefined) return <Empty text={t.fleet.empty} hint={t.fleet.emptyHint} />;
          return (
            <>
              <div class="title">
                <h2>{t.chat.about(one.vehicle)}</h2>
                {vehicles.length > 1 && (
                  <label class="inline">
                    {t.chat.vehicle}
                    <select value={nameOf(one)} onChange={(changed) => setPicked(changed.currentTarget.value)}>
                      {vehicles.map((each) => <option key={nameOf(each)} value={nameOf(each)}>{each.vehicle}</option>)}
                    </select>
                  </label>
                )}
              </div>
              <ChatBox key={nameOf(one)} fleet={one.fleet} vehicle={one.vehicle} />
            </>
          );
        }}
      </Shown>
    </section>
  );
}
