"use strict";
// Follows the server: what has changed is fetched and put in its place. The rest of the page stays as its reader left it.
{
  const { element } = dataops;
  const page = location.pathname.split("/").pop() || "index.html";
  // Pages that show what cannot be exchanged piece by piece: their reader is told to load them again.
  const whole = { "lineage.html": "data/lineage.js", "docs.html": "docs/index.html", "report.html": "report/index.html" }[page];

  const state = element("span", {}, "Connecting …");
  const now = element("a", { href: "runs.html" });
  const said = element("p", { class: "unseen", role: "status" });
  document.querySelector(".top nav").append(element("p", { class: "live quiet" }, state, " ", now));
  document.body.append(said);

  const tell = (text) => { now.textContent = text; now.hidden = !text; };
  tell("");

  // What a reader has opened, chosen or filtered is theirs.
  const THEIRS = new Set(["open", "hidden", "aria-current"]);
  const alike = (one, other) => one.nodeName === other.nodeName && !one.id && !other.id;

  const exchange = (old, fresh) => {
    for (const chart of old.matches?.(".chart") ? [old] : old.querySelectorAll?.(".chart") ?? []) chart.release?.();
    old.replaceWith(fresh);
    return fresh;
  };

  // Makes a node what a fresh one is, with as few changes as it takes: what is focused, scrolled or open stays so.
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return old;
    if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return old; }
    if (old.matches(".find, .drawn:not(.exchanged)")) return old;
    if (old.matches("svg, .chart")) return exchange(old, fresh);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !THEIRS.has(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value && !THEIRS.has(name)) old.setAttribute(name, value);
    children(old, fresh);
    return old;
  };

  const children = (old, fresh) => {
    const wanted = new Set([...fresh.children].map((each) => each.id));
    for (const each of [...old.children]) if (each.id && !wanted.has(each.id)) each.remove();
    const named = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
    let at = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      let match = next.id ? named.get(next.id) : at;
      // What comes before the next named one and is like it: what lies between is gone.
      if (!next.id) while (match && !match.id && !alike(match, next)) match = match.nextSibling;
      if (!match || (!next.id && match.id)) { old.insertBefore(next, at); continue; }
      if (next.id && match !== at) old.insertBefore(match, at);
      else while (at !== match) { const gone = at; at = at.nextSibling; gone.remove(); }
      at = morph(match, next).nextSibling;
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  };

  const renew = async () => {
    const response = await fetch(location.pathname, { cache: "no-cache" });
    if (!response.ok) throw new Error(response.status);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = document.activeElement;
    morph(document.querySelector("main"), fresh.querySelector("main"));
    if (focused && !focused.isConnected) {
      const main = document.querySelector("main");
      main.tabIndex = -1;
      main.focus({ preventScroll: true });
    }
    document.title = fresh.title;
    document.dispatchEvent(new Event("renewed"));
    dataops.drawOpen?.();
  };

  // A chart is drawn beside the old one, and takes its place when it is whole.
  const redraw = async (part) => {
    const place = part.querySelector(".drawn");
    if (!place.dataset.state) return;
    await part.drawing;
    const before = JSON.stringify(dataops.arrived[part.id]);
    const again = part.dataset.source + "?" + performance.now();
    await dataops.load(again);
    delete dataops.loading[again];
    if (before === JSON.stringify(dataops.arrived[part.id])) return;
    if (!place.clientWidth) {
      for (const chart of place.querySelectorAll(".chart")) chart.release();
      place.replaceChildren();
      place.dataset.state = ""; // drawn anew when it is seen again
      return;
    }
    const beside = element("div", { class: "drawn", style: "position: absolute; visibility: hidden; width: " + place.clientWidth + "px" });
    part.append(beside);
    try {
      await dataops.fill(beside, part);
      place.classList.add("exchanged");
      children(place, beside);
    } finally {
      place.classList.remove("exchanged");
      beside.remove();
    }
  };

  let tag;
  const compare = async () => {
    const response = await fetch(whole, { method: "HEAD", cache: "no-store" });
    const found = response.headers.get("ETag") ?? "";
    tag ??= found;
    if (found !== tag && !document.querySelector(".live button")) {
      const button = element("button", { type: "button" }, "There is a newer one: load it");
      button.addEventListener("click", () => location.reload());
      now.after(" ", button);
      said.textContent = button.textContent;
    }
  };

  const waiting = new Set();
  let busy = false;
  const follow = async () => {
    if (busy) return;
    busy = true;
    try {
      while (waiting.size) {
        const files = new Set(waiting);
        waiting.clear();
        const has = (file) => files.has("*") || files.has(file);
        if (whole) { if (has(whole)) await compare(); continue; }
        if (has(page)) await renew();
        for (const part of document.querySelectorAll("details[data-source]")) if (has(part.dataset.source)) await redraw(part);
      }
    } catch { /* The connection is gone; whoever opens it anew gets everything. */ } finally { busy = false; }
  };

  let source;
  const connect = () => {
    source?.close();
    source = new EventSource("live");
    source.onmessage = (event) => {
      const told = JSON.parse(event.data);
      state.textContent = "Live";
      tell(told.now);
      if (told.say) said.textContent = told.say;
      told.files.forEach((file) => waiting.add(file));
      follow();
    };
    source.onerror = () => {
      state.textContent = "Not connected: this is how it was.";
      tell("");
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
    };
  };
  // A browser keeps few connections to a host: a page that nobody sees leaves its own to others.
  document.addEventListener("visibilitychange", () => (document.hidden ? source.close() : connect()));
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
}
