import type { ComponentType } from "preact";
import type { Permission } from "../../api/types";
import { t } from "../../i18n/t";
import { Choices } from "../../parts/Bits";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { Admissions } from "../door/Admissions";
import { AuditLog } from "./AuditLog";
import { Contacts } from "./Contacts";
import { Deliveries } from "./Deliveries";
import { Findings } from "./Findings";
import { Keys } from "./Keys";
import { People } from "./People";

type Kind = "people" | "keys" | "vehicles" | "contacts" | "deliveries" | "findings" | "audit";
const kinds: readonly (readonly [Kind, Permission, ComponentType])[] = [
  ["people", "see_people", People],
  ["keys", "see_people", Keys],
  ["vehicles", "let_in", Admissions],
  ["contacts", "see_contacts", Contacts],
  ["deliveries", "see_contacts", Deliveries],
  ["findings", "see_findings", Findings],
  ["audit", "see_audit", AuditLog],
];

/** Who may what, which vehicles are let in, who is told, what was odd, and who did what; as much of it as somebody may see. */
export default function Admin({ query }: PageProps) {
  const me = useMe();
  const shown = kinds.filter(([, permission]) => may(me, permission));
  const found = shown.find(([kind]) => kind === query.get("show")) ?? shown[0];
  if (found === undefined) return null;
  const [kind, , Part] = found;
  return (
    <>
      <div class="title">
        <h1>{t.admin.title}</h1>
        <Choices label={t.admin.title} all={shown.map(([one]) => [one, t.admin[one]] as const)} taken={kind} take={(one) => go(`/admin?show=${one}`, "replace")} />
      </div>
      <section class="card" aria-label={t.admin[kind]}><Part /></section>
    </>
  );
}
