import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, take } from "../../api/client";
import { usePaged } from "../../api/paged";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Choices } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { useFleets } from "../../parts/FleetPick";
import { Said, Shown } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { AddDialog } from "./AddDialog";
import { GiveDialog } from "./GiveDialog";
import { bytes, progress, rolloutPath, rolloutTone, type Bundle, type Rollout } from "./words";

type Show = "bundles" | "rollouts";
const shows: readonly Show[] = ["bundles", "rollouts"];
const LOOK_EVERY_MS = 15_000;

/** What vehicles may be given, and who is given what. */
export default function Bundles({ query }: PageProps) {
  const show = shows.find((one) => one === query.get("show")) ?? "bundles";
  const fleets = useFleets("update");
  return (
    <>
      <div class="title">
        <h1>{t.bundle.title}</h1>
        <Choices label={t.bundle.title} all={shows.map((one) => [one, t.bundle[one]] as const)} taken={show} take={(one) => go(`/bundles?show=${one}`, "replace")} />
      </div>
      <Shown asked={fleets}>{(all) => (show === "bundles" ? <Kept fleets={all} /> : <Rollouts />)}</Shown>
    </>
  );
}

function Kept({ fleets }: { fleets: readonly string[] }) {
  const [asks, setAsks] = useState<"add" | "none" | { give: Bundle } | { remove: Bundle } | null>(null);
  const asked = usePaged("bundles", (after, signal) => get("/api/v1/bundles", { query: { limit: 50, after: after ?? null }, signal }));
  const close = (): void => setAsks(null);
  const columns: readonly Column<Bundle>[] = [
    { name: t.bundle.name, cell: (one) => <><strong>{one.name}</strong><br /><code>{one.sha256.slice(0, 16)}</code></>, by: (one) => one.name },
    { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
    { name: t.bundle.files, cell: (one) => <Files of={one} />, by: (one) => one.files.length },
    { name: t.bundle.size, cell: (one) => bytes(one.size), by: (one) => one.size, isNumber: true },
    { name: t.bundle.added, cell: (one) => `${moment(one.added_at)} ${t.app.by} ${one.by}`, by: (one) => one.added_at },
    {
      name: t.admin.change,
      cell: (one) => (
        <div class="actions small">
          <button type="button" aria-label={`${t.bundle.give} ${one.name}`} onClick={() => setAsks({ give: one })}>{t.bundle.give}</button>
          <button type="button" aria-label={`${t.bundle.remove} ${one.name}`} onClick={() => setAsks({ remove: one })}>{t.bundle.remove}</button>
        </div>
      ),
    },
  ];
  return (
    <section class="card" aria-label={t.bundle.bundles}>
      <div class="actions">
        <button type="button" class="main" onClick={() => setAsks("add")}>{t.bundle.add}</button>
        <button type="button" onClick={() => setAsks("none")}>{t.bundle.giveNone}</button>
      </div>
      <PagedTable
        asked={asked} label={t.bundle.bundles} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.name} ${one.fleet} ${one.sha256}`}
        empty={t.bundle.empty} hint={t.bundle.emptyHint}
      />
      {asks === "add" && <AddDialog fleets={fleets} close={close} done={asked.reload} />}
      {asks === "none" && <GiveDialog bundle={null} fleets={fleets} close={close} />}
      {typeof asks === "object" && asks !== null && "give" in asks && <GiveDialog bundle={asks.give} fleets={[asks.give.fleet]} close={close} />}
      {typeof asks === "object" && asks !== null && "remove" in asks && <RemoveDialog of={asks.remove} close={close} done={asked.reload} />}
    </section>
  );
}

const Files = ({ of }: { of: Bundle }) => (
  <details>
    <summary>{t.bundle.filesOf(of.files.length)}</summary>
    <ul>{of.files.map((one) => <li key={one.name}>{one.name} <span class="quiet small">{bytes(one.size)}</span></li>)}</ul>
  </details>
);

function RemoveDialog({ of, close, done }: { of: Bundle; close: () => void; done: () => void }) {
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    await take("/api/v1/bundles/{fleet}/{bundle}", { path: { fleet: of.fleet, bundle: of.id } });
    close();
    done();
  });
  return (
    <Dialog title={t.bundle.removeTitle(of.name)} close={close} submit={submit} label={t.bundle.remove} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p>{t.bundle.removeHint}</p>
    </Dialog>
  );
}

const columns: readonly Column<Rollout>[] = [
  { name: t.bundle.rollout, cell: (one) => <a href={rolloutPath(one)}>{t.bundle.rolloutOf(one.number, one.bundle === null ? t.bundle.noBundle : one.name)}</a>, by: (one) => one.number },
  { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
  { name: t.bundle.state, cell: (one) => <Chip tone={rolloutTone(one.state)}>{t.say.rolloutState[one.state]}</Chip>, by: (one) => one.state },
  { name: t.fleet.vehicles, cell: progress },
  { name: t.bundle.begun, cell: (one) => `${moment(one.at)} ${t.app.by} ${one.by}`, by: (one) => one.at },
];

function Rollouts() {
  const asked = usePaged("rollouts", (after, signal) => get("/api/v1/rollouts", { query: { limit: 30, after: after ?? null }, signal }), LOOK_EVERY_MS);
  return (
    <section class="card" aria-label={t.bundle.rollouts}>
      <PagedTable asked={asked} label={t.bundle.rollouts} columns={columns} keyOf={(one) => one.number} find={(one) => `${one.name} ${one.fleet} ${one.by}`} empty={t.bundle.noRollouts} hint={t.bundle.noRolloutsHint} />
    </section>
  );
}
