import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/t";

const LIST = "more-pages";

/** What the menu has no room for: opened by a button, closed by a choice, Escape, or going elsewhere. */
export function More({ isHere, children }: { isHere: boolean; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const elsewhere = (event: Event): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [isOpen]);
  const pressed = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class="more" ref={place} onKeyDown={pressed}>
      <button ref={button} type="button" class={isHere ? "here" : ""} aria-expanded={isOpen} aria-controls={LIST} onClick={() => setOpen(!isOpen)}>{t.app.morePages}</button>
      <div id={LIST} class="more-pages" hidden={!isOpen} onClick={() => setOpen(false)}>{children}</div>
    </div>
  );
}
