import type { ComponentType } from "preact";
import type { Permission } from "./api/types";
import { t } from "./i18n/t";
import { isOwner, mayAny, type Me } from "./session/me";

/** What a page is given: the named parts of its path, and the query. */
export interface PageProps {
  names: Record<string, string>;
  query: URLSearchParams;
}

type Page = ComponentType<PageProps>;

export interface Route {
  path: string;
  /** Who may none of these finds the page in no menu, and it says that it is not for them. */
  needs: readonly Permission[];
  /** In the menu; null: one gets there from another page. */
  label: string | null;
  /** Where in the menu: always there, or behind “More” where there are too many. */
  place: "day" | "more";
  /** Whether it is in the menu of somebody who only has vehicles. */
  owners: boolean;
  page: () => Promise<{ default: Page }>;
}

const day = { place: "day", owners: true } as const;
const more = { place: "more", owners: false } as const;

/** Every page: a path, who sees it, and the chunk that is loaded for it. A new page is a line here and a folder in pages/. */
export const routes: readonly Route[] = [
  { path: "/fleet", needs: ["see_vehicles"], label: t.fleet.title, ...day, page: () => import("./pages/fleet/Fleet") },
  { path: "/vehicles/:fleet/:vehicle", needs: ["see_vehicles"], label: null, ...day, page: () => import("./pages/vehicle/VehiclePage") },
  { path: "/alerts", needs: ["see_alerts"], label: t.alerts.title, ...day, page: () => import("./pages/alerts/Alerts") },
  { path: "/alerts/:fleet/:vehicle/:alert", needs: ["see_alerts"], label: null, ...day, page: () => import("./pages/alerts/OneAlert") },
  { path: "/cases", needs: ["see_cases"], label: t.cases.title, ...day, page: () => import("./pages/cases/Cases") },
  { path: "/cases/:number", needs: ["see_cases"], label: null, ...day, page: () => import("./pages/cases/OneCase") },
  { path: "/work-orders", needs: ["see_work"], label: t.work.title, ...day, owners: false, page: () => import("./pages/work/WorkOrders") },
  { path: "/work-orders/:number", needs: ["see_work"], label: null, ...day, page: () => import("./pages/work/OneWorkOrder") },
  { path: "/chat", needs: ["chat"], label: t.chat.title, ...more, owners: true, page: () => import("./pages/chat/Chat") },
  { path: "/chat/:fleet/:vehicle", needs: ["chat"], label: null, ...more, page: () => import("./pages/chat/Chat") },
  { path: "/warranty", needs: ["see_claims"], label: t.warranty.title, ...more, owners: true, page: () => import("./pages/warranty/Claims") },
  { path: "/warranty/:number", needs: ["see_claims"], label: null, ...more, page: () => import("./pages/warranty/OneClaim") },
  { path: "/root-cause", needs: ["see_health"], label: t.causes.title, ...more, page: () => import("./pages/causes/Causes") },
  { path: "/root-cause/:number", needs: ["see_health"], label: null, ...more, page: () => import("./pages/causes/OneInsight") },
  { path: "/root-cause/actions/:number", needs: ["see_health"], label: null, ...more, page: () => import("./pages/causes/OneAction") },
  { path: "/campaigns", needs: ["see_drives"], label: t.campaigns.title, ...more, page: () => import("./pages/campaigns/Campaigns") },
  { path: "/campaigns/:fleet/:campaign", needs: ["see_drives"], label: null, ...more, page: () => import("./pages/campaigns/OneCampaign") },
  { path: "/analytics", needs: ["see_work"], label: t.analytics.title, ...more, page: () => import("./pages/analytics/Analytics") },
  { path: "/bundles", needs: ["update"], label: t.bundle.title, ...more, page: () => import("./pages/bundles/Bundles") },
  { path: "/bundles/rollouts/:fleet/:number", needs: ["update"], label: null, ...more, page: () => import("./pages/bundles/OneRollout") },
  { path: "/admin", needs: ["see_people", "let_in", "see_contacts", "see_findings", "see_audit"], label: t.admin.title, ...more, page: () => import("./pages/admin/Admin") },
];

/** More would drown a phone. */
const DAY_MAX = 5;

/** What stands in somebody's menu, and what behind “More”. */
export function menuOf(me: Me, among: readonly Route[] = routes): { day: readonly Route[]; more: readonly Route[] } {
  const shown = among.filter((one) => one.label !== null && mayAny(me, one.needs) && (one.owners || !isOwner(me)));
  if (shown.length <= DAY_MAX) return { day: shown, more: [] };
  return { day: shown.filter((one) => one.place === "day"), more: shown.filter((one) => one.place === "more") };
}

/** The route of a path with the names in it; null: there is none. */
export function match(path: string, among: readonly Route[] = routes): { route: Route; names: Record<string, string> } | null {
  const parts = path.split("/").filter(Boolean);
  for (const route of among) {
    const wanted = route.path.split("/").filter(Boolean);
    if (wanted.length !== parts.length) continue;
    const names: Record<string, string> = {};
    const fits = wanted.every((part, place) => {
      const found = parts[place] ?? "";
      if (!part.startsWith(":")) return part === found;
      names[part.slice(1)] = decoded(found);
      return true;
    });
    if (fits) return { route, names };
  }
  return null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
