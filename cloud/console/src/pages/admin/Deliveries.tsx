import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip, Severity, When } from "../../parts/Bits";
import { PagedTable, type Column } from "../../parts/Table";

type Delivery = Forms["DeliveryForm"];

const LOOK_EVERY_MS = 30_000;
const tone = (of: Delivery["state"]): string => ({ sent: "good", failed: "critical", retrying: "warning", dropped_late: "critical" } as Partial<Record<Delivery["state"], string>>)[of] ?? "quiet";
const why = (of: Delivery): string => (of.why !== "" ? of.why : (of.attempts.at(-1)?.why ?? ""));

const columns: readonly Column<Delivery>[] = [
  { name: t.admin.notice, cell: (one) => <strong>{one.title}</strong>, by: (one) => one.title },
  { name: t.admin.severity, cell: (one) => <Severity of={one.severity} />, by: (one) => one.severity },
  { name: t.admin.person, cell: (one) => `${one.person} (${one.contact})`, by: (one) => one.person },
  { name: t.admin.state, cell: (one) => <Chip tone={tone(one.state)}>{t.say.delivery[one.state]}</Chip>, by: (one) => one.state },
  { name: t.admin.attempts, cell: (one) => one.attempts.length, by: (one) => one.attempts.length, isNumber: true },
  { name: t.admin.why, cell: (one) => why(one) },
  { name: t.admin.when, cell: (one) => <When at={one.changed_at} />, by: (one) => one.changed_at, isShort: true },
];

/** What was told to whom, and how that went. */
export function Deliveries() {
  const asked = usePaged("deliveries", (after, signal) => get("/api/v1/deliveries", { query: { limit: 30, after: after ?? null }, signal }), LOOK_EVERY_MS);
  return <PagedTable asked={asked} label={t.admin.deliveries} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.title} ${one.person} ${one.contact}`} empty={t.admin.noDeliveries} hint={t.admin.noDeliveriesHint} />;
}
