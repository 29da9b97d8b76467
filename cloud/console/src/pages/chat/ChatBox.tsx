import { useEffect, useRef, useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Said, Shown } from "../../parts/Standing";
import { useMe } from "../../session/me";
import { keepConversation, keptConversation } from "./kept";
import { Turn } from "./Turn";

interface Of {
  fleet: string;
  vehicle: string;
}
const examples: Record<string, string> = t.chat.examples;

interface Spoken {
  turns: Forms["TurnForm"][];
  pending: Forms["PendingForm"] | null;
}

const TEXT_MAX = 500;
const nothing: Spoken = { turns: [], pending: null };
const isGone = (error: unknown): boolean => error instanceof Problem && error.status === 404;

/** What was said before in this tab; a conversation that is gone is begun anew. */
async function spokenBefore(by: string, { fleet, vehicle }: Of, signal: AbortSignal): Promise<Spoken> {
  const kept = keptConversation(by, fleet, vehicle);
  if (kept === null) return nothing;
  try {
    return await get("/api/v1/chat/{conversation}", { path: { conversation: kept }, signal });
  } catch (error) {
    if (!isGone(error)) throw error;
    keepConversation(by, fleet, vehicle, null);
    return nothing;
  }
}

/** Questions about one vehicle and their answers. What could not be sent stays in the box. */
export function ChatBox({ fleet, vehicle, answered }: Of & { answered?: () => void }) {
  const me = useMe();
  const asked = useAsked(`chat ${fleet} ${vehicle}`, (signal) => spokenBefore(me.name, { fleet, vehicle }, signal));
  const [draft, setDraft] = useState("");
  const [saying, setSaying] = useState<string | null>(null);
  const { isBusy, problem, act } = useAction();
  const log = useRef<HTMLDivElement>(null);
  const { put } = asked;
  const count = asked.value?.turns.length ?? 0;
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [count, saying]);
  const send = (text: string): void => {
    if (text.trim() === "" || isBusy) return;
    setSaying(text);
    act(async () => {
      try {
        const body = { fleet, vehicle, text, conversation: keptConversation(me.name, fleet, vehicle) };
        const answer = await post("/api/v1/chat", { body });
        keepConversation(me.name, fleet, vehicle, answer.conversation);
        put({ turns: [...(asked.value?.turns ?? []), answer], pending: answer.pending });
        answered?.();
        setDraft((before) => (before === text ? "" : before));
      } catch (error) {
        if (isGone(error)) keepConversation(me.name, fleet, vehicle, null);
        throw error;
      } finally {
        setSaying(null);
      }
    });
  };
  return (
    <Shown asked={asked}>
      {(spoken) => (
        <div class="chat">
          <div class="log" role="log" aria-live="polite" aria-label={t.chat.log} tabIndex={0} ref={log}>
            {spoken.turns.length === 0 && saying === null && <p class="quiet">{t.chat.empty}</p>}
            {spoken.turns.map((turn) => <Turn key={turn.number} of={turn} />)}
            {saying !== null && <><p class="asked">{saying}</p><p class="quiet">{t.chat.thinking}</p></>}
          </div>
          {spoken.pending !== null && saying === null && <Question of={spoken.pending} isBusy={isBusy} say={send} />}
          {spoken.turns.length === 0 && (
            <div class="actions small">{Object.values(examples).map((one) => <button key={one} type="button" class="link" disabled={isBusy} onClick={() => send(one)}>{one}</button>)}</div>
          )}
          {problem !== null && <Said problem={problem} />}
          <Ask draft={draft} change={setDraft} isBusy={isBusy} send={send} />
        </div>
      )}
    </Shown>
  );
}

/** What a yes would do; nothing is done without one. */
const Question = ({ of, isBusy, say }: { of: Forms["PendingForm"]; isBusy: boolean; say: (text: string) => void }) => (
  <div class="offer" role="group" aria-label={of.question}>
    <strong>{of.question}</strong>
    <div class="actions">
      <button type="button" class="main" disabled={isBusy} onClick={() => say(t.chat.saidYes)}>{t.chat.yes}</button>
      <button type="button" disabled={isBusy} onClick={() => say(t.chat.saidNo)}>{t.chat.no}</button>
    </div>
  </div>
);

function Ask({ draft, change, isBusy, send }: { draft: string; change: (text: string) => void; isBusy: boolean; send: (text: string) => void }) {
  const submit = (event: Event): void => {
    event.preventDefault();
    send(draft);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return (
    <form class="say" onSubmit={submit}>
      <textarea rows={2} maxLength={TEXT_MAX} aria-label={t.chat.question} placeholder={t.chat.hint} value={draft} onInput={(typed) => change(typed.currentTarget.value)} onKeyDown={key} />
      <button type="submit" class="main" disabled={isBusy || draft.trim() === ""}>{t.chat.send}</button>
    </form>
  );
}
