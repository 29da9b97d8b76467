import { useEffect, useState } from "preact/hooks";
import { useAsked } from "./api/asked";
import { get } from "./api/client";
import { t } from "./i18n/t";
import { BACK } from "./live/back";
import { live } from "./live/live";
import { SignIn } from "./pages/sign-in/SignIn";
import { Frame } from "./parts/Frame";
import { NoPage, Trouble, Waiting } from "./parts/Standing";
import { go, useLocation } from "./router";
import { match, routes, type PageProps, type Route } from "./routes";
import { isOwner, may, mayAny, MeContext, type Me } from "./session/me";
import { session } from "./session/session";
import type { ComponentType } from "preact";

/** Everything: who is there, and the page that they are on. */
export function App() {
  const [standing, setStanding] = useState(session.standing);
  useEffect(
    () =>
      session.onChange(() => {
        if (session.standing !== "in") live.hangUp();
        setStanding(session.standing);
      }),
    [],
  );
  if (standing === "asking") return <Door />;
  return standing === "in" ? <House /> : <SignIn hasEnded={standing === "ended"} />;
}

/** Somebody was here before: whether the cookie still lets them in. */
function Door() {
  const asked = useAsked("door", () => session.begin());
  return <main class="alone">{asked.problem === null ? <Waiting /> : <Trouble problem={asked.problem} again={asked.reload} />}</main>;
}

function House() {
  const me = useAsked("me", (signal) => get("/api/v1/me", { signal }));
  if (me.value !== null) {
    return (
      <MeContext.Provider value={me.value}>
        <Rooms me={me.value} />
      </MeContext.Provider>
    );
  }
  return <main class="alone">{me.problem === null ? <Waiting /> : <Trouble problem={me.problem} again={me.reload} />}</main>;
}

/** Where somebody begins: who may drive but not plan is an owner, and first sees whether all is well. */
function start(me: Me): string {
  if (isOwner(me)) return "/cases";
  if (may(me, "work") && !may(me, "plan")) return "/work-orders";
  return routes.find((one) => one.label !== null && mayAny(me, one.needs))?.path ?? "/fleet";
}

function Rooms({ me }: { me: Me }) {
  const here = useLocation();
  const isStart = here.pathname === "/";
  useEffect(() => {
    if (isStart) go(start(me), "replace");
  }, [isStart, me]);
  const found = match(here.pathname);
  return (
    <Frame here={here.pathname}>
      {isStart ? <Waiting /> : found === null || !mayAny(me, found.route.needs) ? <NoPage /> : (
        <Loaded key={found.route.path} route={found.route} names={found.names} query={here.searchParams} />
      )}
    </Frame>
  );
}

function Loaded({ route, names, query }: PageProps & { route: Route }) {
  const [page, setPage] = useState<{ Page: ComponentType<PageProps> } | null>(null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    let isWanted = true;
    route.page().then(
      (module) => isWanted && setPage({ Page: module.default }),
      () => isWanted && setBroken(true),
    );
    return () => {
      isWanted = false;
    };
  }, [route]);
  useEffect(() => {
    if (!isBroken) return undefined;
    // Browsers do not ask again for a module that did not come; and nothing is shown that a reload could lose.
    const again = (): void => location.reload();
    addEventListener(BACK, again);
    return () => removeEventListener(BACK, again);
  }, [isBroken]);
  if (isBroken) {
    return (
      <div class="standing" role="alert">
        <p>{t.problem.offline}</p>
        <button type="button" onClick={() => location.reload()}>{t.app.retry}</button>
      </div>
    );
  }
  return page === null ? <Waiting /> : <page.Page names={names} query={query} />;
}
