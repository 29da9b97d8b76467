"use strict";
const byId = (id) => document.getElementById(id);

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${byId("token").value}` } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status}: ${body.detail}`);
  return body;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text ?? "";
  return made;
}

function field(parameter) {
  const label = element("label", `${parameter.name} `);
  const input = document.createElement("input");
  input.name = parameter.name;
  input.required = parameter.in === "path";
  input.title = parameter.description ?? "";
  label.append(input);
  return label;
}

function filled(path, parameters, form) {
  const query = new URLSearchParams();
  for (const { name, in: place } of parameters) {
    const value = form.elements[name].value;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (value) query.set(name, value);
  }
  return query.size ? `${path}?${query}` : path;
}

function operation(path, { description, parameters = [] }) {
  const form = document.createElement("form");
  const answer = element("pre");
  answer.hidden = true;
  form.append(...parameters.map(field), element("button", "Ask"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.hidden = false;
    try {
      answer.textContent = JSON.stringify(await ask(filled(path, parameters, form)), null, 2);
    } catch (error) {
      answer.textContent = error.message;
    }
  });
  const details = document.createElement("details");
  const summary = element("summary");
  summary.append(element("code", `GET ${path}`), ` ${description ?? ""}`);
  details.append(summary, form, answer);
  return details;
}

byId("open").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("problem").textContent = "";
  try {
    const { paths } = await ask("openapi.json");
    byId("operations").replaceChildren(...Object.entries(paths).map(([path, { get }]) => operation(path, get)));
  } catch (error) {
    byId("problem").textContent = error.message;
  }
});
