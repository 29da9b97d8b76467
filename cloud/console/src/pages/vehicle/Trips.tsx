import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import { amount, moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { List } from "../../parts/List";
import { courseOf, mannerOf, movedOff, usedOn, wayOf, type Trip } from "./trip";

/** The drives of a vehicle, the latest first; of private ones how far they were and no more. */
export function Trips({ fleet, vehicle }: { fleet: string; vehicle: string }) {
  const asked = usePaged(`trips ${fleet} ${vehicle}`, (after, signal) => get("/api/v1/trips", { query: { fleet, vehicle, limit: 10, after: after ?? null }, signal }));
  return <List asked={asked} empty={t.vehicle.noTrips} row={(trip) => (trip.private ? <Private key={trip.id} trip={trip} /> : <Drive key={trip.id} trip={trip} />)} />;
}

const Private = ({ trip }: { trip: Trip }) => (
  <div class="row">
    <span class="row-main"><strong>{moment(trip.started_at)}</strong><span class="quiet small">{t.trip.privateHint}</span></span>
    <span class="row-side"><Chip tone="quiet">{t.trip.private}</Chip><Distance of={trip} /></span>
  </div>
);

function Drive({ trip }: { trip: Trip }) {
  const manner = mannerOf(trip.style);
  const way = wayOf(trip);
  const off = movedOff(trip);
  return (
    <div class="row">
      <span class="row-main">
        <strong>{moment(trip.started_at)}</strong>
        <span class="quiet">{courseOf(trip)}</span>
        {manner !== null && <span class="small">{manner}</span>}
        {off !== null && <Chip tone="warning">{off}</Chip>}
        {way !== null && <span class="quiet small">{way}</span>}
      </span>
      <span class="row-side">
        <Distance of={trip} />
        <span class="quiet small">{usedOn(trip)}</span>
      </span>
    </div>
  );
}

const Distance = ({ of }: { of: Trip }) => <span>{amount(of.distance_m === null ? null : of.distance_m / 1000, "km")}</span>;
