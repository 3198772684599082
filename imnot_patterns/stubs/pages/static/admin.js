"use strict";
// The panels: asked for again every three seconds by HTMX, sent only when they changed (ETag), and
// merged into the page, so that focus, selection, scroll positions and what is open stay.
(() => {
  const SOME_TIME = 30_000; // ms between two announcements that nobody asked for
  const byId = (id) => document.getElementById(id);
  const isPanel = (element) => element.matches("[data-panel]");
  const live = byId("live");
  live.closest("label").hidden = !document.querySelector("[data-panel]");

  // Merging: an element with an id is the same as the one before with that id, others by position.

  htmx.defineExtension("merge", {
    isInlineSwap: (style) => style === "merge",
    handleSwap: (style, target, fragment) => {
      if (style !== "merge") return false;
      const added = [];
      merge(target, fragment, added);
      return added;
    },
  });

  function merge(old, fresh, added) {
    const nodes = [...fresh.childNodes];
    const ids = new Set(nodes.map((node) => node.id).filter(Boolean));
    for (const child of [...old.children]) if (child.id && !ids.has(child.id)) child.remove();
    const known = new Map([...old.children].filter((c) => c.id).map((c) => [c.id, c]));
    let place = old.firstChild;
    const drop = () => {
      const next = place.nextSibling;
      place.remove();
      place = next;
    };
    for (const node of nodes) {
      // Text that is no longer before an element must not shift the rest.
      while (isElement(node) && place && !isElement(place)) drop();
      const kept = node.id ? known.get(node.id) : alike(place, node) && place;
      if (!kept) {
        old.insertBefore(node, place);
        if (isElement(node)) added.push(node);
        continue;
      }
      if (kept === place) place = place.nextSibling;
      else old.insertBefore(kept, place);
      update(kept, node, added);
    }
    while (place) drop();
  }

  const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;
  const alike = (old, node) => old && !old.id && old.nodeName === node.nodeName;

  function update(old, node, added) {
    if (!isElement(old)) {
      if (old.data !== node.data) old.data = node.data;
    } else if (old.id !== "new-scope" && !old.isEqualNode(node)) {
      for (const { name, value } of [...node.attributes]) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
      }
      for (const { name } of [...old.attributes]) {
        if (name !== "open" && !node.hasAttribute(name)) old.removeAttribute(name);
      }
      merge(old, node, added);
    }
  }

  // Asking: not while nobody looks; and with the version that is there.

  document.addEventListener("htmx:beforeRequest", (event) => {
    const panel = event.detail.elt;
    if (isPanel(panel) && !panel.forced && (!live.checked || document.hidden)) {
      event.preventDefault();
    }
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const panel = event.detail.elt;
    if (isPanel(panel) && panel.version) event.detail.headers["If-None-Match"] = panel.version;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A refused deletion is answered with the panel, and says why.
    const { xhr, requestConfig } = event.detail;
    const html = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");
    if (requestConfig.verb === "delete" && xhr.status === 404 && html) {
      event.detail.shouldSwap = true;
    }
  });

  function refresh(panel) {
    panel.forced = true;
    const url = panel.getAttribute("hx-get");
    return htmx.ajax("GET", url, { source: panel, target: panel, swap: "merge" }).finally(() => {
      panel.forced = false;
    });
  }

  // What a screen reader hears: what the user did at once, what else happens now and then.

  let heard = 0;

  function announce(text) {
    byId("news").textContent = text;
    heard = Date.now();
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    const panel = event.detail.target;
    if (!isPanel(panel)) return;
    const { xhr, requestConfig } = event.detail;
    panel.version = requestConfig.verb === "get" ? xhr.getResponseHeader("ETag") : "";
    if (requestConfig.verb === "delete") settle(panel, requestConfig.elt, xhr.status);
    else if (Date.now() - heard > SOME_TIME) tell(panel);
  });

  function tell(panel) {
    const title = panel.querySelector("h2").textContent.trim().replace(/\s+/g, " ");
    if (panel.told && panel.told !== title) announce(title);
    panel.told = title;
  }

  for (const panel of document.querySelectorAll("[data-panel]")) tell(panel);

  // The button that was pressed is gone: the focus goes to the one in its place.
  let pressed = 0;

  document.addEventListener("htmx:confirm", (event) => {
    const panel = event.detail.target;
    if (!isPanel(panel) || event.detail.verb !== "delete") return;
    pressed = [...panel.querySelectorAll(".delete")].indexOf(event.detail.elt);
  });

  function settle(panel, button, status) {
    if (status === 200) announce(`${button.getAttribute("aria-label")}: done`);
    if (document.activeElement === document.body) {
      const left = [...panel.querySelectorAll(".delete")];
      (left[Math.min(pressed, left.length - 1)] || panel.querySelector("h2")).focus();
    }
    // Stubs and requests of a scope go with it.
    for (const other of document.querySelectorAll("[data-panel]")) {
      if (other !== panel) refresh(other);
    }
  }

  // When the server is gone.

  function connected(text) {
    const banner = byId("connection");
    banner.hidden = !text;
    if (banner.textContent !== text) banner.textContent = text;
  }

  document.addEventListener("htmx:sendError", () => {
    connected("The server does not answer. What is shown here is from before.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (requestConfig.verb !== "delete") {
      connected(`The server answered ${xhr.status}: what is shown here is from before.`);
    } else if (xhr.status !== 404) {
      connected(`That was refused: ${xhr.status} ${xhr.responseText.slice(0, 200)}`);
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful || event.detail.xhr.status === 304) connected("");
  });

  // A new scope.

  document.addEventListener("submit", async (event) => {
    if (event.target.id !== "new-scope") return;
    event.preventDefault();
    const input = byId("new-scope-name");
    const problem = byId("new-scope-problem");
    problem.textContent = "";
    const answer = await fetch(`${location.origin}/__mock__/scopes`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: input.value.trim() }),
    }).catch(() => null);
    if (answer && answer.ok) {
      announce(`Scope ${input.value.trim()} created`);
      input.value = "";
      await refresh(event.target.closest("[data-panel]"));
      input.focus();
      return;
    }
    problem.textContent = answer ? await reason(answer) : "The server does not answer.";
    input.focus();
  });

  async function reason(answer) {
    const { detail } = await answer.json().catch(() => ({}));
    if (Array.isArray(detail)) return detail.map((each) => each.msg).join("; ");
    return detail || `The server answered ${answer.status}.`;
  }
})();
