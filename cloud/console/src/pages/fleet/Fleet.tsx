import { useCallback, useMemo, useState } from "preact/hooks";
import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import { useEach } from "../../api/each";
import { usePaged } from "../../api/paged";
import type { Told, Vehicle } from "../../api/types";
import { t } from "../../i18n/t";
import { useLive } from "../../live/live";
import { AlertRow, Score, vehiclePath, When } from "../../parts/Bits";
import { List } from "../../parts/List";
import { Map, type Pin } from "../../parts/Map";
import { Empty, Shown } from "../../parts/Standing";
import { may, useMe } from "../../session/me";

const LOOK_EVERY_MS = 30_000;
const keyOf = (vehicle: Pick<Vehicle, "fleet" | "vehicle">): string => JSON.stringify([vehicle.fleet, vehicle.vehicle]);
const named = (key: string): { fleet: string; vehicle: string } => {
  const [fleet = "", vehicle = ""] = JSON.parse(key) as string[];
  return { fleet, vehicle };
};
const askScore = async (key: string, signal: AbortSignal): Promise<number | null> =>
  (await get("/api/v1/vehicles/{fleet}/{vehicle}/health", { path: named(key), signal })).score;
/** More vehicles than anybody tells apart on a map. */
const PINS_MAX = 500;

/** All vehicles at a glance: who is there, how they are, where they are, and what they warn of. */
export default function Fleet() {
  const me = useMe();
  const [find, setFind] = useState("");
  const vehicles = usePaged("vehicles", (after, signal) => get("/api/v1/vehicles", { query: { limit: 50, after: after ?? null }, signal }), LOOK_EVERY_MS);
  const alerts = usePaged("feed", (after, signal) =>
    get("/api/v1/alerts", { query: { limit: 10, after: after ?? null, state: "firing", workshop: false }, signal }), LOOK_EVERY_MS);
  const items = vehicles.value?.items;
  const keys = useMemo(() => (items ?? []).map(keyOf), [items]);
  const seesPlaces = may(me, "see_drives");
  const { found: scores, again } = useEach(keys, may(me, "see_health") ? askScore : null);
  const positions = useAsked("positions", async (signal) =>
    seesPlaces ? (await get("/api/v1/positions", { query: { limit: PINS_MAX }, signal })).items : [], LOOK_EVERY_MS);
  const places = positions.value;
  const reloadAlerts = alerts.reload;
  const reloadVehicles = vehicles.reload;
  useLive(useCallback((told: Told) => {
    if (told.kind !== "alert" && told.kind !== "skipped") return;
    reloadAlerts();
    reloadVehicles();
    if (told.kind === "alert") again(keyOf(told.alert));
  }, [reloadAlerts, reloadVehicles, again]));
  const pins = useMemo(() => {
    const here = new Set((items ?? []).filter((one) => one.presence !== "offline").map(keyOf));
    return (places ?? []).map((one): Pin => (
      { to: vehiclePath(one), name: one.vehicle, tone: here.has(keyOf(one)) ? "good" : "quiet", place: [one.latitude_deg, one.longitude_deg] }
    ));
  }, [items, places]);
  const matches = (one: Vehicle): boolean => `${one.fleet} ${one.vehicle}`.toLowerCase().includes(find.trim().toLowerCase());

  return (
    <>
      <div class="title">
        <h1>{t.fleet.title}</h1>
        {vehicles.value !== null && (
          <p class="quiet">
            {t.fleet.summary(
              `${vehicles.value.items.length}${vehicles.value.after === null ? "" : "+"}`,
              vehicles.value.items.filter((one) => one.presence === "online").length,
              `${alerts.value?.items.length ?? 0}${alerts.value?.after == null ? "" : "+"}`,
            )}
          </p>
        )}
      </div>
      <div class="fleet">
        <section class="card" aria-label={t.fleet.vehicles}>
          <div class="title">
            <h2>{t.fleet.vehicles}</h2>
            <input type="search" aria-label={t.fleet.filter} placeholder={t.fleet.filter} value={find} onInput={(typed) => setFind(typed.currentTarget.value)} />
          </div>
          <Shown asked={vehicles}>
            {(listing) => {
              const found = listing.items.filter(matches);
              if (listing.items.length === 0) return <Empty text={t.fleet.empty} hint={t.fleet.emptyHint} />;
              if (found.length === 0) return <Empty text={t.fleet.nothingFound} />;
              return <div class="rows">{found.map((one) => <VehicleRow key={keyOf(one)} vehicle={one} score={scores.get(keyOf(one))} />)}</div>;
            }}
          </Shown>
          {vehicles.more !== undefined && <button type="button" onClick={vehicles.more}>{t.app.more}</button>}
        </section>
        <div class="stack">
          <section class="card" aria-label={t.fleet.map}>
            <div class="title">
              <h2>{t.fleet.map}</h2>
              <span class="quiet small">{!seesPlaces ? t.fleet.hidden : pins.length === 0 ? t.fleet.place.none : t.fleet.place.known(pins.length)}</span>
            </div>
            <Map pins={pins} />
          </section>
          <section class="card" aria-label={t.fleet.feed}>
            <div class="title"><h2>{t.fleet.feed}</h2><a href="/alerts">{t.fleet.all}</a></div>
            <List asked={alerts} empty={t.alerts.empty} hint={t.alerts.emptyHint} row={(alert) => <AlertRow key={alert.id} alert={alert} />} />
          </section>
        </div>
      </div>
    </>
  );
}

const VehicleRow = ({ vehicle, score }: { vehicle: Vehicle; score: number | null | undefined }) => (
  <a class="row" href={vehiclePath(vehicle)}>
    <span class={`dot ${vehicle.presence}`} title={t.say.presence[vehicle.presence]} />
    <span class="row-main">
      <strong>{vehicle.vehicle}</strong>
      <span class="quiet">{vehicle.fleet} · {t.say.presence[vehicle.presence]} · {t.fleet.seen} <When at={vehicle.last_seen_at} /></span>
    </span>
    {score !== undefined && <span class="row-side" aria-label={t.fleet.score}><Score of={score} /></span>}
  </a>
);
