import { useCallback } from "preact/hooks";
import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Told } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { useLive } from "../../live/live";
import { Chip, Facts, Score } from "../../parts/Bits";
import { Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { Commands } from "./Commands";
import { Components } from "./Components";
import { History } from "./History";
import { LiveSignals } from "./LiveSignals";
import { Updates } from "./Updates";

const LOOK_EVERY_MS = 30_000;

/** One vehicle: how it is and why, what it measures now, and what it went through. */
export default function VehiclePage({ names: { fleet = "", vehicle = "" } }: PageProps) {
  const me = useMe();
  const path = { fleet, vehicle };
  const seesDrives = may(me, "see_drives", fleet);
  const one = useAsked(`vehicle ${fleet} ${vehicle}`, (signal) => get("/api/v1/vehicles/{fleet}/{vehicle}", { path, signal }), LOOK_EVERY_MS);
  const health = useAsked(`health ${fleet} ${vehicle}`, (signal) => get("/api/v1/vehicles/{fleet}/{vehicle}/health", { path, signal }), LOOK_EVERY_MS);
  const twin = useAsked(`twin ${fleet} ${vehicle}`, (signal) =>
    seesDrives ? get("/api/v1/vehicles/{fleet}/{vehicle}/twin", { path, signal }) : Promise.resolve(null));
  const reload = health.reload;
  useLive(useCallback((told: Told) => {
    if (told.kind === "alert" && told.alert.vehicle === vehicle && told.alert.fleet === fleet) reload();
  }, [fleet, vehicle, reload]));
  const place = twin.value?.position ?? null;

  return (
    <>
      <Shown asked={one}>
        {(known) => (
          <>
            <div class="title">
              <div>
                <p class="quiet small"><a href="/fleet">{t.fleet.title}</a> · {known.fleet}</p>
                <h1>{known.vehicle}</h1>
              </div>
              <div class="chips">
                {may(me, "chat", fleet) && <a class="button" href={`/chat/${encodeURIComponent(fleet)}/${encodeURIComponent(vehicle)}`}>{t.chat.ask}</a>}
                <Chip tone={known.presence}>{t.say.presence[known.presence]}</Chip>
                {health.value !== null && <Score of={health.value.score} />}
              </div>
            </div>
            <div class="vehicle">
              <section class="card" aria-label={t.vehicle.health}>
                <h2>{t.vehicle.health}</h2>
                <Shown asked={health}>{(told) => <Components health={told} />}</Shown>
              </section>
              <div class="stack">
                <section class="card" aria-label={t.vehicle.live}>
                  <h2>{t.vehicle.live}</h2>
                  {seesDrives ? <Shown asked={twin}>{(told) => <LiveSignals fleet={fleet} vehicle={vehicle} latest={told?.latest ?? null} />}</Shown> : <p class="quiet">{t.vehicle.noLive}</p>}
                  <Facts
                    rows={[
                      [t.vehicle.lastSeen, moment(known.last_seen_at)],
                      [t.vehicle.first, moment(known.first_seen_at)],
                      ...(seesDrives ? [[t.vehicle.place, place === null ? t.vehicle.placeUnknown : `${place.latitude_deg.toFixed(4)}, ${place.longitude_deg.toFixed(4)} (${moment(place.observed_at)})`] as [string, string]] : []),
                    ]}
                  />
                </section>
                {may(me, "command", fleet) && <Commands fleet={fleet} vehicle={vehicle} />}
                <History fleet={fleet} vehicle={vehicle} />
                <Updates fleet={fleet} vehicle={vehicle} />
              </div>
            </div>
          </>
        )}
      </Shown>
    </>
  );
}
