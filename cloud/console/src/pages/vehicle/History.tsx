import { useState } from "preact/hooks";
import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { AlertRow, Chip, Choices } from "../../parts/Bits";
import { List } from "../../parts/List";
import { may, useMe } from "../../session/me";
import { Captures } from "./Captures";
import { Trips } from "./Trips";

interface Of {
  fleet: string;
  vehicle: string;
}
type Kind = "alerts" | "trips" | "captures" | "codes";
const OF_DRIVES: ReadonlySet<Kind> = new Set(["trips", "captures"]);

/** What a vehicle went through: alerts, trips, captures, trouble codes. */
export function History({ fleet, vehicle }: Of) {
  const me = useMe();
  const [kind, setKind] = useState<Kind>("alerts");
  const kinds = (["alerts", "trips", "captures", "codes"] as const).filter((one) => !OF_DRIVES.has(one) || may(me, "see_drives", fleet));
  const Shown = { alerts: Alerts, trips: Trips, captures: Captures, codes: Codes }[kind];
  return (
    <section class="card" aria-label={t.vehicle.history}>
      <div class="title">
        <h2>{t.vehicle.history}</h2>
        <Choices label={t.vehicle.history} all={kinds.map((one) => [one, t.vehicle[one]] as const)} taken={kind} take={setKind} />
      </div>
      <Shown fleet={fleet} vehicle={vehicle} />
    </section>
  );
}

function Alerts({ fleet, vehicle }: Of) {
  const asked = usePaged(`alerts ${fleet} ${vehicle}`, (after, signal) => get("/api/v1/alerts", { query: { fleet, vehicle, limit: 10, after: after ?? null }, signal }));
  return <List asked={asked} empty={t.vehicle.noAlerts} row={(alert) => <AlertRow key={alert.id} alert={alert} />} />;
}

function Codes({ fleet, vehicle }: Of) {
  const asked = usePaged(`codes ${fleet} ${vehicle}`, (after, signal) => get("/api/v1/trouble-codes", { query: { fleet, vehicle, limit: 20, after: after ?? null }, signal }));
  return (
    <List
      asked={asked} empty={t.vehicle.noCodes}
      row={(code) => (
        <div class="row" key={`${code.ecu} ${code.protocol} ${code.code} ${code.failure_type ?? ""}`}>
          <span class="row-main">
            <strong>{code.code}{code.failure_type !== null && `-${code.failure_type}`}</strong>
            <span class="quiet">{t.vehicle.ecu} {code.ecu} · {code.protocol}</span>
          </span>
          <span class="row-side"><Chip tone={code.status}>{t.say.code[code.status]}</Chip><span class="quiet small">{moment(code.seen_at)}</span></span>
        </div>
      )}
    />
  );
}
