// Puts a state on the page. Everything was decided and worded by the display; texts go in as text, never as markup.
import { ask } from "./ask.js";
import { fit } from "./fit.js";
import { holdable } from "./hold.js";

const part = (id) => document.getElementById(id);
let said = "";

export function draw(view) {
  document.documentElement.lang = view.language;
  document.title = `Telltale: ${view.title}`;
  const { body } = document;
  body.dataset.telltale = view.telltale;
  body.dataset.standing = view.standing ? "yes" : "no";
  body.dataset.alerts = view.alerts.length || view.action ? "yes" : "no";
  part("lamp").setAttribute("href", `#lamp-${view.telltale}`);
  part("title").textContent = view.title;
  part("sentence").textContent = view.sentence;
  drawAction(part("action"), view.action);
  part("more").hidden = !view.more;
  part("more").textContent = view.more;
  drawModes(view);
  drawList(view);
  drawSwitches(view);
  sayIt(view);
  fit();
}

export function drawLost(latest) {
  // Nothing was heard for too long: what was shown may be over or worse by now.
  if (!latest) return;
  const nothing = { standing: false, alerts: [], action: null, more: "", modes: [], until_ms: null };
  const { language, say, lost } = latest;
  draw({ ...nothing, language, say, lost, telltale: "unknown", title: lost.title, sentence: lost.sentence });
}

function icon(id) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

function element(tag, name, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...inside);
  return made;
}

function drawAction(place, action) {
  place.hidden = !action;
  if (!action) return;
  place.querySelector("use").setAttribute("href", `#action-${action.name}`);
  place.querySelector("span").textContent = action.word;
}

function drawModes(view) {
  part("modes").replaceChildren(
    ...view.modes.map((mode) => {
      const row = element("li", mode.name, icon(`mode-${mode.name}`), element("span", "", mode.word));
      if (mode.name === "workshop" && view.until_ms && view.standing) row.append(element("span", "until", until(view)));
      return row;
    }),
  );
}

function until(view) {
  const time = new Intl.DateTimeFormat(view.language, { timeStyle: "short", hourCycle: "h23", numberingSystem: "latn" });
  return view.say.until.replace("{time}", time.format(new Date(view.until_ms)));
}

function drawList(view) {
  const list = part("list");
  list.hidden = !view.standing || !view.alerts.length;
  list.setAttribute("aria-label", view.say.alerts_shown);
  const focused = document.activeElement?.dataset?.alert;
  list.querySelector("ul").replaceChildren(...view.alerts.map((alert) => row(alert, view.say)));
  if (view.more_listed) list.querySelector("ul").append(element("li", "rest", view.more_listed));
  if (focused) list.querySelector(`button[data-alert="${CSS.escape(focused)}"]`)?.focus();
}

function row(alert, say) {
  const action = element("p", "action", icon(`action-${alert.action.name}`), element("span", "", alert.action.word));
  const foot = element("div", "row-foot", action);
  if (alert.acknowledged) {
    foot.append(element("p", "seen", icon("check"), element("span", "", say.acknowledge)));
  } else {
    const button = element("button", "", icon("check"), element("span", "", say.acknowledge));
    button.type = "button";
    button.dataset.alert = alert.id;
    button.setAttribute("aria-label", alert.label);
    button.addEventListener("click", () => ask({ wish: "acknowledge", alert: alert.id }, button, say));
    foot.append(button);
  }
  const text = element("p", "text", element("span", "severity", alert.severity_word), " ", element("span", "", alert.text));
  const made = element("li", "", text, foot);
  made.dataset.severity = alert.severity;
  return made;
}

function drawSwitches(view) {
  part("switches").hidden = !view.standing;
  part("switches").setAttribute("aria-label", view.say.switches);
  for (const name of ["private", "workshop"]) {
    const button = part(name);
    const on = Boolean(view[name]);
    button.setAttribute("aria-pressed", String(on));
    button.querySelector(".name").textContent = view.say[name];
    button.querySelector(".state").textContent = on ? view.say.on : view.say.off;
    holdable(button, view.say, () => ask({ wish: `${name}_${on ? "off" : "on"}` }, button, view.say));
  }
}

function sayIt(view) {
  // To who listens instead of looking: danger at once, everything else when it suits.
  const parts = [view.title, view.sentence, view.action?.word].filter(Boolean);
  const text = parts.map((one) => one.replace(/[.।]$/u, "")).join(". ");
  if (text === said) return;
  said = text;
  part("aloud").textContent = view.telltale === "red" ? text : "";
  part("quietly").textContent = view.telltale === "red" ? "" : text;
}
