import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import { save } from "../../api/save";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts, vehiclePath, When } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { List } from "../../parts/List";
import { Said, Shown } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { lackOf } from "../vehicle/capture";
import { bytesOf, endingOf, frameOf, rateOf, rowsOf, spanOf, toneOf, whenOf, type Campaign, type Doing, type Window } from "./campaign";
import { Standings } from "./Standings";

const LOOK_EVERY_MS = 15_000;

/** One campaign: what it asks for, how it stands on each vehicle, and what was collected. */
export default function OneCampaign({ names: { fleet = "", campaign = "" } }: PageProps) {
  const asked = useAsked(`campaign ${fleet} ${campaign}`, (signal) => get("/api/v1/fleets/{fleet}/campaigns/{campaign}", { path: { fleet, campaign }, signal }), LOOK_EVERY_MS);
  return <Shown asked={asked}>{(one) => <Sheet of={one} put={asked.put} />}</Shown>;
}

function Sheet({ of, put }: { of: Campaign; put: (campaign: Campaign) => void }) {
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href={`/campaigns?fleet=${encodeURIComponent(of.fleet)}`}>{t.campaigns.title}</a> · {t.app.fleet} {of.fleet}</p>
          <h1>{of.name}</h1>
        </div>
        <Chip tone={of.is_open ? "good" : "quiet"}>{of.is_open ? t.campaigns.open : t.campaigns.over}</Chip>
      </div>
      <div class="sheet">
        <section class="card" aria-label={t.campaigns.campaign}>
          <End of={of} put={put} />
          <Facts rows={factsOf(of)} />
        </section>
        <Windows of={of} />
      </div>
      <Vehicles of={of} />
    </>
  );
}

function factsOf(of: Campaign): Parameters<typeof Facts>[0]["rows"] {
  const what = of.frames.length > 0 ? of.frames.map(frameOf) : of.signals;
  return [
    [t.campaigns.stands, <Standings of={of} />],
    [t.campaigns.collects, <ul>{what.map((one) => <li key={one}>{one}</li>)}</ul>],
    [t.campaigns.when, whenOf(of)],
    [t.campaigns.span, spanOf(of)],
    [t.campaigns.rate, rateOf(of)],
    [t.campaigns.budget, bytesOf(of.bytes_a_day)],
    [t.campaigns.priority, of.priority],
    [t.campaigns.vehicles, of.vehicles === null ? t.campaigns.wholeFleet : of.vehicles.join(", ")],
    ...(of.starts_at === null ? [] : [[t.campaigns.starts, moment(of.starts_at)] as [string, string]]),
    [t.campaigns.until, moment(of.expires_at)],
    [t.campaigns.by, `${of.by}, ${moment(of.created_at)}`],
    ...(of.ended_at === null ? [] : [[t.campaigns.ended, `${of.ended_by ?? t.app.unknown}, ${moment(of.ended_at)}`] as [string, string]]),
  ];
}

function End({ of, put }: { of: Campaign; put: (campaign: Campaign) => void }) {
  const me = useMe();
  const [isSure, setSure] = useState(false);
  const { isBusy, problem, act } = useAction();
  if (!of.is_open || !may(me, "collect", of.fleet)) return null;
  const end = (): void => act(async () => {
    const path = { fleet: of.fleet, campaign: of.id };
    put(await post("/api/v1/fleets/{fleet}/campaigns/{campaign}/end", { path }));
    setSure(false);
  });
  return (
    <>
      <div class="actions"><button type="button" onClick={() => setSure(true)}>{t.campaigns.end}</button></div>
      {isSure && (
        <Dialog title={t.campaigns.endTitle} close={() => setSure(false)} submit={end} label={t.campaigns.end} isBusy={isBusy}>
          {problem !== null && <Said problem={problem} />}
          <p>{t.campaigns.endHint}</p>
        </Dialog>
      )}
    </>
  );
}

function Vehicles({ of }: { of: Campaign }) {
  const path = { fleet: of.fleet, campaign: of.id };
  const asked = usePaged(
    `campaign vehicles ${of.id}`,
    (after, signal) => get("/api/v1/fleets/{fleet}/campaigns/{campaign}/vehicles", { path, query: { limit: 50, after: after ?? null }, signal }),
    LOOK_EVERY_MS,
  );
  const columns: readonly Column<Doing>[] = [
    { name: t.campaigns.vehicle, cell: (one) => <a href={vehiclePath({ fleet: of.fleet, vehicle: one.vehicle })}>{one.vehicle}</a>, by: (one) => one.vehicle },
    { name: t.campaigns.stands, cell: (one) => <Chip tone={toneOf(one.standing)}>{t.say.campaignStanding[one.standing]}</Chip>, by: (one) => one.standing },
    { name: t.campaigns.reason, cell: (one) => one.reason || "–" },
    { name: t.campaigns.began, cell: (one) => one.windows ?? "–", by: (one) => one.windows, isNumber: true },
    { name: t.campaigns.missed, cell: (one) => one.missed ?? "–", by: (one) => one.missed, isNumber: true },
    { name: t.campaigns.bytes, cell: (one) => (one.bytes === null ? "–" : bytesOf(one.bytes)), by: (one) => one.bytes, isNumber: true },
    { name: t.campaigns.told, cell: (one) => (one.told_at === null ? "–" : <When at={one.told_at} />), by: (one) => one.told_at, isShort: true },
  ];
  return (
    <section class="card" aria-label={t.campaigns.vehicles}>
      <h2>{t.campaigns.vehicles}</h2>
      <PagedTable asked={asked} label={t.campaigns.vehicles} columns={columns} keyOf={(one) => one.vehicle} find={(one) => `${one.vehicle} ${t.say.campaignStanding[one.standing]}`} empty={t.campaigns.none} />
    </section>
  );
}

function Windows({ of }: { of: Campaign }) {
  const path = { fleet: of.fleet, campaign: of.id };
  const asked = usePaged(
    `campaign windows ${of.id}`,
    (after, signal) => get("/api/v1/fleets/{fleet}/campaigns/{campaign}/windows", { path, query: { limit: 20, after: after ?? null }, signal }),
    LOOK_EVERY_MS,
  );
  return (
    <section class="card" aria-label={t.campaigns.collected}>
      <h2>{t.campaigns.collected}</h2>
      <List asked={asked} empty={t.campaigns.noWindows} row={(one) => <Collected key={`${one.vehicle} ${one.id}`} of={one} />} />
    </section>
  );
}

function Collected({ of }: { of: Window }) {
  const { isBusy, problem, act } = useAction();
  const lack = lackOf(of);
  return (
    <div class="row">
      <span class="row-main">
        <strong>{of.vehicle}</strong>
        <span class="quiet">{moment(of.started_at)} · {rowsOf(of)} · {bytesOf(of.size)}</span>
        {lack === null ? <Chip tone="good">{t.capture.complete}</Chip> : <Chip tone="warning">{lack}</Chip>}
        {problem !== null && <Said problem={problem} />}
      </span>
      <span class="row-side">
        <button type="button" disabled={isBusy} onClick={() => act(() => saved(of))}>{isBusy ? t.campaigns.saving : t.campaigns.save}</button>
      </span>
    </div>
  );
}

function saved(of: Window): Promise<void> {
  const { fleet, campaign, vehicle, id } = of;
  const ending = endingOf(of);
  const path = "/api/v1/fleets/{fleet}/campaigns/{campaign}/windows/{vehicle}/{window}/rows.{ending}";
  return save(path, { fleet, campaign, vehicle, window: id, ending }, `window-${vehicle}-${id}.${ending}`);
}
