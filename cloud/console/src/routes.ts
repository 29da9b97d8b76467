import type { ComponentType } from "preact";
import type { Permission } from "./api/types";
import { t } from "./i18n/t";

/** What a page is given: the named parts of its path, and the query. */
export interface PageProps {
  names: Record<string, string>;
  query: URLSearchParams;
}

type Page = ComponentType<PageProps>;

export interface Route {
  path: string;
  /** Without it the page is in no menu and says that it is not for them. */
  needs: Permission;
  /** In the menu; null: one gets there from another page. */
  label: string | null;
  page: () => Promise<{ default: Page }>;
}

/** Every page: a path, who sees it, and the chunk that is loaded for it. A new page is a line here and a folder in pages/. */
export const routes: readonly Route[] = [
  { path: "/fleet", needs: "see_vehicles", label: t.fleet.title, page: () => import("./pages/fleet/Fleet") },
  { path: "/vehicles/:fleet/:vehicle", needs: "see_vehicles", label: null, page: () => import("./pages/vehicle/VehiclePage") },
  { path: "/alerts", needs: "see_alerts", label: t.alerts.title, page: () => import("./pages/alerts/Alerts") },
  { path: "/alerts/:fleet/:vehicle/:alert", needs: "see_alerts", label: null, page: () => import("./pages/alerts/OneAlert") },
  { path: "/cases", needs: "see_cases", label: t.cases.title, page: () => import("./pages/cases/Cases") },
  { path: "/cases/:number", needs: "see_cases", label: null, page: () => import("./pages/cases/OneCase") },
  { path: "/work-orders", needs: "see_work", label: t.work.title, page: () => import("./pages/work/WorkOrders") },
  { path: "/work-orders/:number", needs: "see_work", label: null, page: () => import("./pages/work/OneWorkOrder") },
];

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
