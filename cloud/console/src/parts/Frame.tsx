import type { ComponentChildren } from "preact";
import { t } from "../i18n/t";
import { useLine, useLive } from "../live/live";
import { routes } from "../routes";
import { may, useMe } from "../session/me";
import { session } from "../session/session";

/** What is around every page: the menu, the line, and who is there. On a phone the menu is at the bottom. */
export function Frame({ here, children }: { here: string; children: ComponentChildren }) {
  const me = useMe();
  const shown = routes.filter((route) => route.label !== null && may(me, route.needs));
  return (
    <div class="frame">
      <a class="skip" href="#page">{t.app.skip}</a>
      <header>
        <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28" />{t.app.name}</a>
        <nav aria-label={t.app.menu}>
          {shown.map((route) => (
            <a key={route.path} href={route.path} aria-current={here.startsWith(route.path) ? "page" : undefined}>{route.label}</a>
          ))}
        </nav>
        <Line />
        <span class="who" title={me.name}>{me.name}</span>
        <button type="button" class="link" onClick={() => void session.signOut()}>{t.app.signOut}</button>
      </header>
      <main id="page" tabIndex={-1}>{children}</main>
    </div>
  );
}

const onlyListen = (): void => undefined;

/** Whether this page hears of changes at once. */
function Line() {
  useLive(onlyListen);
  const line = useLine();
  return <span class={`line ${line}`} role="status" title={t.app.live[line]}><span class="hidden">{t.app.live[line]}</span></span>;
}
