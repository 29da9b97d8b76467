import { useEffect, useState } from "preact/hooks";

const MOVED = "telltale:moved";

/** Go to another page of the console. */
export function go(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  dispatchEvent(new Event(MOVED));
  if (how === "push") scrollTo(0, 0);
}

/** Where the browser is; links of ours are followed without loading anew. */
export function useLocation(): URL {
  const [here, setHere] = useState(location.href);
  useEffect(() => {
    const moved = (): void => setHere(location.href);
    addEventListener("popstate", moved);
    addEventListener(MOVED, moved);
    document.addEventListener("click", follow);
    return () => {
      removeEventListener("popstate", moved);
      removeEventListener(MOVED, moved);
      document.removeEventListener("click", follow);
    };
  }, []);
  return new URL(here);
}

function follow(click: MouseEvent): void {
  const isPlain = click.button === 0 && !click.metaKey && !click.ctrlKey && !click.shiftKey && !click.altKey;
  const link = click.target instanceof Element ? click.target.closest("a") : null;
  if (!isPlain || click.defaultPrevented || link === null) return;
  const isOurs = link.origin === location.origin && link.target === "" && !link.hasAttribute("download");
  if (!isOurs || link.pathname.startsWith("/api/") || link.hash !== "") return;
  click.preventDefault();
  go(link.pathname + link.search);
}
