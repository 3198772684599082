"use strict";
// The form for a new stub: fields → the JSON of POST /__mock__/stubs, faults → beside the fields.
(() => {
  // With the origin: where the address of the page has a password, `fetch` refuses relative ones.
  const STUBS = `${location.origin}/__mock__/stubs`;
  const SCOPES = `${location.origin}/__mock__/scopes`;
  const SILENT = "The server does not answer.";
  const form = document.getElementById("stub-form");
  const field = (id) => document.getElementById(id);
  const raw = (id) => field(id).value;
  const chosen = (name) => form.elements[name].value;
  const JSON_OBJECT = /^\s*\{\s*["}]/; // `{id}/x` is a path

  // Reading: each function returns a value, or undefined for an empty field, or throws a text.

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw `This is no JSON: ${error.message}`;
    }
  }

  const criterion = (text) => (JSON_OBJECT.test(text) ? parsed(text) : text);

  function textOrCriterion(id) {
    const text = raw(id).trim();
    return text === "" ? undefined : criterion(text);
  }

  function pairs(id, separator, read) {
    const text = raw(id);
    if (JSON_OBJECT.test(text)) return parsed(text);
    const lines = text.split("\n").filter((line) => line.trim());
    const found = {};
    for (const line of lines) {
      const at = line.indexOf(separator);
      const name = (at < 0 ? line : line.slice(0, at)).trim();
      if (!name || (at < 0 && separator === ":")) throw `"${line}" has no name and "${separator}"`;
      if (Object.hasOwn(found, name)) throw `${name} is there twice`;
      const value = at < 0 ? "" : line.slice(at + 1);
      found[name] = read(separator === ":" ? value.trim() : value);
    }
    return lines.length ? found : undefined;
  }

  const plain = (text) => text;

  function number(id, pattern, what) {
    const text = raw(id).trim();
    if (text === "") return undefined;
    if (!pattern.test(text)) throw `"${text}" is no ${what}`;
    return Number(text);
  }

  const whole = (id) => number(id, /^-?\d+$/, "whole number");
  const probability = (id) => number(id, /^(0|1|[01]?\.\d+|1\.0*)$/, "number from 0 to 1");

  function body() {
    const text = raw("ui-request-body");
    const kind = chosen("body-match");
    if (kind === "") return undefined;
    return kind === "text" ? text : parsed(text);
  }

  function events(id) {
    const blocks = raw(id).split(/\n\s*\n/).filter((block) => block.trim());
    if (!blocks.length) throw "There must be at least one event.";
    return blocks.map((block) => {
      const event = {};
      for (const line of block.split("\n").filter((each) => each.trim())) {
        const [, name, value] = /^(data|event|id|retry|delay_ms): ?(.*)$/.exec(line) || [];
        if (!name) throw `"${line}" does not begin with data:, event:, id:, retry: or delay_ms:`;
        if (name === "data" && "data" in event) event.data += `\n${value}`;
        else if (name !== "retry" && name !== "delay_ms") event[name] = value;
        else if (/^\d+$/.test(value.trim())) event[name] = Number(value);
        else throw `"${value}" is no whole number of milliseconds`;
      }
      if (!("data" in event)) event.data = "";
      return event;
    });
  }

  // The payload, and what is wrong with the fields so far, by id.

  function read() {
    const faults = new Map();
    const get = (reader, id, ...more) => {
      try {
        return reader(id, ...more);
      } catch (fault) {
        faults.set(id, String(fault));
        return undefined;
      }
    };
    const request = {
      method: get(textOrCriterion, "ui-request-method"),
      path: get(textOrCriterion, "ui-request-path"),
      host: get(textOrCriterion, "ui-request-host"),
      query: get(pairs, "ui-request-query", "=", criterion),
      headers: get(pairs, "ui-request-headers", ":", criterion),
      body: get(body, "ui-request-body"),
    };
    const payload = { request, action: action(get), max_calls: get(whole, "ui-max-calls") };
    payload.chaos = chaos(get);
    return { payload, faults };
  }

  function action(get) {
    const kind = chosen("action");
    if (kind === "proxy") {
      const headers = get(pairs, "ui-proxy-headers", ":", plain);
      const timeout = get(whole, "ui-proxy-timeout");
      return { proxy: { url: raw("ui-proxy-url").trim(), headers, timeout } };
    }
    if (kind === "sse") {
      const delay = get(whole, "ui-sse-delay");
      return { sse: { events: get(events, "ui-sse-events"), default_delay_ms: delay } };
    }
    const response = {
      status_code: get(whole, "ui-response-status"),
      headers: get(pairs, "ui-response-headers", ":", plain) || {},
    };
    if (kind === "template") response.template_body = raw("ui-response-template");
    else if (chosen("body-kind") === "text") response.body = raw("ui-response-body");
    else response.body = get((id) => parsed(raw(id)), "ui-response-body");
    return { response };
  }

  function chaos(get) {
    const latency = compact({
      base_ms: get(whole, "ui-chaos-delay-ms"),
      jitter_ms: get(whole, "ui-chaos-jitter-ms"),
    });
    const faults = compact({
      connection_drop: hazard(get(probability, "ui-chaos-drop")),
      connection_reset: hazard(get(probability, "ui-chaos-reset")),
      empty_response: hazard(get(probability, "ui-chaos-empty")),
    });
    return latency || faults ? { latency, faults } : undefined;
  }

  const hazard = (value) => (value === undefined ? undefined : { probability: value });

  function compact(object) {
    return Object.values(object).some((value) => value !== undefined) ? object : undefined;
  }

  // Showing

  function show() {
    const { payload } = read();
    field("ui-review").textContent = JSON.stringify(payload, null, 2);
    const scope = raw("ui-scope");
    field("ui-review-scope").textContent = scope ? `, with the header ${scope}: 1` : "";
    for (const part of form.querySelectorAll("[data-shown-for]")) {
      const [name, values] = part.dataset.shownFor.split("=");
      part.hidden = !values.split(",").includes(chosen(name));
    }
  }

  function mark(id, text) {
    const place = field(`${id}-fault`);
    place.textContent = text;
    place.hidden = !text;
    const input = field(id);
    if (!input) return;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function clear() {
    for (const place of form.querySelectorAll(".fault[id$=-fault]")) {
      mark(place.id.slice(0, -"-fault".length), "");
    }
    field("form-problem").hidden = field("form-done").hidden = true;
  }

  function complain(faults, others) {
    for (const [id, text] of faults) mark(id, text);
    const box = field("form-problem");
    box.replaceChildren(paragraph(faults.size ? "Some fields are not right yet." : ""));
    for (const text of others) box.append(paragraph(text));
    box.hidden = false;
    const first = [...faults.keys()].map(field).find((input) => input && !input.closest("[hidden]"));
    if (first) first.focus();
  }

  function paragraph(...content) {
    const made = document.createElement("p");
    made.append(...content);
    return made;
  }

  function celebrate(stubId, warnings) {
    const link = document.createElement("a");
    link.href = `/__admin__/stubs/${encodeURIComponent(stubId)}`;
    link.textContent = stubId;
    const box = field("form-done");
    box.replaceChildren(paragraph("Created stub ", link, "."));
    for (const warning of warnings || []) box.append(paragraph("⚠ Warning: ", warning));
    box.hidden = false;
  }

  // What the server finds wrong, to the field that it is about. The longest that fits.

  const FIELDS = Object.entries({
    "request.method": "ui-request-method",
    "request.path": "ui-request-path",
    "request.host": "ui-request-host",
    "request.query": "ui-request-query",
    "request.headers": "ui-request-headers",
    "request.body": "ui-request-body",
    "action": "ui-action",
    "action.response.status_code": "ui-response-status",
    "action.response.headers": "ui-response-headers",
    "action.response.body": "ui-response-body",
    "action.response.template_body": "ui-response-template",
    "action.sse.events": "ui-sse-events",
    "action.sse.default_delay_ms": "ui-sse-delay",
    "action.proxy.url": "ui-proxy-url",
    "action.proxy.headers": "ui-proxy-headers",
    "action.proxy.timeout": "ui-proxy-timeout",
    "max_calls": "ui-max-calls",
    "chaos.latency.base_ms": "ui-chaos-delay-ms",
    "chaos.latency.jitter_ms": "ui-chaos-jitter-ms",
    "chaos.faults.connection_drop": "ui-chaos-drop",
    "chaos.faults.connection_reset": "ui-chaos-reset",
    "chaos.faults.empty_response": "ui-chaos-empty",
  }).sort(([one], [other]) => other.length - one.length);

  function sorted(details) {
    const faults = new Map();
    const others = [];
    for (const { loc, msg } of details) {
      const path = loc.slice(1).join(".");
      const fits = ([prefix]) => path === prefix || path.startsWith(`${prefix}.`);
      const [prefix, id] = FIELDS.find(fits) || [];
      const rest = prefix === undefined ? path : path.slice(prefix.length + 1);
      const text = rest ? `${rest}: ${msg}` : msg;
      if (id === undefined) others.push(text);
      else faults.set(id, faults.has(id) ? `${faults.get(id)}; ${text}` : text);
    }
    return { faults, others };
  }

  // Sending

  async function send(payload, scope) {
    if (scope && !(await scopes()).includes(scope)) {
      complain(new Map([["ui-scope", `There is no scope ${scope} any more.`]]), []);
      return;
    }
    const headers = { "Content-Type": "application/json" };
    if (scope) headers[scope] = "1";
    const body = JSON.stringify(payload);
    const answer = await fetch(STUBS, { method: "POST", headers, body });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) {
      celebrate(said.stub_id, said.warnings);
    } else if (Array.isArray(said.detail)) {
      const { faults, others } = sorted(said.detail);
      complain(faults, others);
    } else {
      complain(new Map(), [said.detail || `The server answered ${answer.status}.`]);
    }
  }

  async function scopes() {
    const answer = await fetch(SCOPES);
    return (await answer.json()).scopes;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    const { payload, faults } = read();
    if (faults.size) {
      complain(faults, []);
      return;
    }
    const button = field("create");
    button.setAttribute("aria-disabled", "true");
    await send(payload, raw("ui-scope")).catch(() => complain(new Map(), [SILENT]));
    button.removeAttribute("aria-disabled");
  });

  form.addEventListener("input", show);
  form.addEventListener("change", (event) => {
    const target = field(event.target.dataset.targetTextarea);
    if (target && event.target.value) {
      target.value += `${target.value && !target.value.endsWith("\n") ? "\n" : ""}${event.target.value}\n`;
      event.target.value = "";
      target.focus();
    }
    show();
  });
  show();
})();
