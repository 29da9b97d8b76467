import { useState } from "preact/hooks";
import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import { t } from "../../i18n/t";
import { Choices, When } from "../../parts/Bits";
import { FleetPick, useFleets } from "../../parts/FleetPick";
import { Empty, Shown } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { bytesOf, campaignPath, whatOf, whenOf, type Campaign } from "./campaign";
import { NewCampaignDialog } from "./NewCampaignDialog";
import { Standings } from "./Standings";

const LOOK_EVERY_MS = 30_000;
const filters = ["open", "over", "all"] as const;

const columns: readonly Column<Campaign>[] = [
  { name: t.campaigns.campaign, cell: (one) => <a href={campaignPath(one)}>{one.name}</a>, by: (one) => one.name },
  { name: t.campaigns.collects, cell: whatOf, by: whatOf },
  { name: t.campaigns.when, cell: whenOf, by: whenOf },
  { name: t.campaigns.stands, cell: (one) => <Standings of={one} /> },
  { name: t.campaigns.began, cell: (one) => one.windows, by: (one) => one.windows, isNumber: true },
  { name: t.campaigns.bytes, cell: (one) => bytesOf(one.bytes), by: (one) => one.bytes, isNumber: true },
  { name: t.campaigns.until, cell: (one) => <When at={one.ended_at ?? one.expires_at} />, by: (one) => one.ended_at ?? one.expires_at, isShort: true },
];

/** What the vehicles of a fleet are asked to collect. */
export default function Campaigns({ query }: PageProps) {
  const fleets = useFleets("see_drives");
  return (
    <Shown asked={fleets}>
      {(all) => {
        const [first] = all;
        const fleet = all.find((one) => one === query.get("fleet")) ?? first;
        return fleet === undefined ? <Empty text={t.fleet.empty} hint={t.fleet.emptyHint} /> : <OfFleet all={all} fleet={fleet} query={query} />;
      }}
    </Shown>
  );
}

function OfFleet({ all, fleet, query }: { all: readonly string[]; fleet: string; query: URLSearchParams }) {
  const me = useMe();
  const [isMaking, setMaking] = useState(false);
  const wanted = filters.find((one) => one === query.get("show")) ?? "open";
  const show = (changes: Record<string, string>): void => go(`/campaigns?${new URLSearchParams({ fleet, show: wanted, ...changes }).toString()}`, "replace");
  const asked = usePaged(
    `campaigns ${fleet} ${wanted}`,
    (after, signal) => get("/api/v1/fleets/{fleet}/campaigns", { path: { fleet }, query: { open: wanted === "all" ? null : wanted === "open", limit: 30, after: after ?? null }, signal }),
    LOOK_EVERY_MS,
  );
  return (
    <>
      <div class="title">
        <h1>{t.campaigns.title}</h1>
        <div class="actions">
          <FleetPick all={all} taken={fleet} take={(one) => show({ fleet: one })} />
          <Choices label={t.campaigns.shown} all={filters.map((one) => [one, t.campaigns[one]] as const)} taken={wanted} take={(one) => show({ show: one })} />
          {may(me, "collect", fleet) && <button type="button" class="main" onClick={() => setMaking(true)}>{t.campaigns.make}</button>}
        </div>
      </div>
      <section class="card" aria-label={t.campaigns.title}>
        <PagedTable
          asked={asked} label={t.campaigns.title} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.name} ${whenOf(one)}`}
          empty={t.campaigns.empty} hint={t.campaigns.emptyHint}
        />
      </section>
      {isMaking && <NewCampaignDialog fleet={fleet} close={() => setMaking(false)} done={(one) => go(campaignPath(one))} />}
    </>
  );
}
