import { useMemo } from "preact/hooks";
import { get } from "../../api/client";
import { useEach } from "../../api/each";
import { usePaged } from "../../api/paged";
import { dayOf, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { PagedTable, type Column } from "../../parts/Table";
import { actionTone, cohortName, effectTone, ratioText, type Action, type Check } from "./words";

const askCheck = async (number: string, signal: AbortSignal): Promise<Check> =>
  (await get("/api/v1/capa/{number}", { path: { number: Number(number) }, signal })).check;

/** Where an action stands; and that it should have been done. */
export const ActionState = ({ of }: { of: Action }) => <Chip tone={actionTone(of)}>{of.late ? t.causes.late : t.say.actionState[of.state]}</Chip>;

/** The vehicles that it is taken in. */
export const inWhich = (of: Action): string =>
  `${words(of.component)}, ${of.attribute === null || of.value === null ? t.causes.allVehicles : cohortName({ attribute: of.attribute, value: of.value })}`;

/** An action in a short list. */
export const ActionRow = ({ of }: { of: Action }) => (
  <a class="row" href={`/root-cause/actions/${of.number}`}>
    <span class="row-main"><strong>{of.title}</strong><span class="quiet">{of.owner} · {t.causes.dueOn(dayOf(of.due_on))}</span></span>
    <span class="row-side"><ActionState of={of} /></span>
  </a>
);

/** What is done about causes, and whether it helped. */
export function Actions() {
  const asked = usePaged("actions", (after, signal) => get("/api/v1/capa", { query: { limit: 30, after: after ?? null }, signal }));
  const items = asked.value?.items;
  const keys = useMemo(() => (items ?? []).filter((one) => one.state !== "open" && one.state !== "dropped").map((one) => String(one.number)), [items]);
  const { found } = useEach(keys, askCheck);
  const columns: readonly Column<Action>[] = [
    { name: t.causes.action, cell: (one) => <a href={`/root-cause/actions/${one.number}`}>{one.title}</a>, by: (one) => one.title },
    { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
    { name: t.causes.target, cell: inWhich, by: inWhich },
    { name: t.causes.owner, cell: (one) => one.owner, by: (one) => one.owner },
    { name: t.causes.due, cell: (one) => dayOf(one.due_on), by: (one) => one.due_on, isShort: true },
    { name: t.causes.state, cell: (one) => <ActionState of={one} />, by: (one) => one.state },
    { name: t.causes.effect, cell: (one) => <Effect of={found.get(String(one.number))} /> },
  ];
  return (
    <section class="card" aria-label={t.causes.actions}>
      <PagedTable
        asked={asked} label={t.causes.actions} columns={columns} keyOf={(one) => one.number} find={(one) => `${one.title} ${one.owner} ${inWhich(one)}`}
        empty={t.causes.noAction} hint={t.causes.noActionHint}
      />
    </section>
  );
}

const Effect = ({ of }: { of: Check | undefined }) =>
  of === undefined ? <span class="quiet">–</span> : (
    <><Chip tone={effectTone(of.effect)}>{t.say.effect[of.effect]}</Chip>{of.ratio_interval !== null && <span class="quiet small"> {ratioText(of.ratio, of.ratio_interval)}</span>}</>
  );
