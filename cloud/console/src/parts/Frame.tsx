import type { ComponentChildren } from "preact";
import { clockTime } from "../i18n/say";
import { t } from "../i18n/t";
import { useCut, useLine, useLive } from "../live/live";
import { menuOf, type Route } from "../routes";
import { useMe } from "../session/me";
import { session } from "../session/session";
import { More } from "./More";

/** What is around every page: the menu, the line, and who is there. On a phone the menu is at the bottom. */
export function Frame({ here, children }: { here: string; children: ComponentChildren }) {
  const me = useMe();
  const { day, more } = menuOf(me);
  const isHere = (one: Route): boolean => here === one.path || here.startsWith(`${one.path}/`);
  return (
    <div class="frame">
      <a class="skip" href="#page">{t.app.skip}</a>
      <header>
        <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28" />{t.app.name}</a>
        <nav aria-label={t.app.menu}>
          {day.map((one) => <MenuLink key={one.path} of={one} isHere={isHere(one)} />)}
          {more.length > 0 && <More isHere={more.some(isHere)}>{more.map((one) => <MenuLink key={one.path} of={one} isHere={isHere(one)} />)}</More>}
        </nav>
        <Line />
        <span class="who" title={me.name}>{me.name}</span>
        <button type="button" class="link" onClick={() => void session.signOut()}>{t.app.signOut}</button>
      </header>
      <main id="page" tabIndex={-1}><Cut />{children}</main>
    </div>
  );
}

const MenuLink = ({ of, isHere }: { of: Route; isHere: boolean }) => <a href={of.path} aria-current={isHere ? "page" : undefined}>{of.label}</a>;

const onlyListen = (): void => undefined;

/** Whether this page hears of changes at once. */
function Line() {
  useLive(onlyListen);
  const line = useLine();
  return <span class={`line ${line}`} role="status" title={t.app.live[line]}><span class="hidden">{t.app.live[line]}</span></span>;
}

/** That the cloud is away, and how old what is shown is. */
function Cut() {
  const since = useCut();
  return <div role="status">{since !== null && <p class="note">{t.app.cut(clockTime(since))}</p>}</div>;
}
