import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t";

/** A question that is answered before anything else: the browser's own dialog, so keys and focus are right. */
export function Dialog({ title, close, submit, label, isBusy, children }: {
  title: string; close: () => void; submit: () => void; label: string; isBusy: boolean; children: ComponentChildren;
}) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => place.current?.showModal(), []);
  const submitted = (event: Event): void => {
    event.preventDefault();
    submit();
  };
  return (
    <dialog ref={place} onClose={close} aria-label={title}>
      <form onSubmit={submitted}>
        <h2>{title}</h2>
        {children}
        <div class="actions">
          <button type="button" onClick={close}>{t.app.cancel}</button>
          <button type="submit" class="main" disabled={isBusy}>{label}</button>
        </div>
      </form>
    </dialog>
  );
}
