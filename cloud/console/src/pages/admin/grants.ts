import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";

/** What somebody, or a program, is where. */
export const grantsOf = (one: { grants: readonly Forms["GrantForm"][] }): string =>
  one.grants.length === 0 ? t.app.none : one.grants.map((grant) => t.admin.grant(t.say.role[grant.role], grant.fleet ?? null)).join(", ");
