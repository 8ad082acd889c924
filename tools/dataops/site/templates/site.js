"use strict";
// What every page shares: scripts that are loaded when they are needed, and searches. Scripts and not requests, so that
// a page works from a folder too.
const dataops = {
  arrived: {},
  loading: {},
  // Data files call this.
  deliver(name, content) { dataops.arrived[name] = content; },
  load(source) {
    dataops.loading[source] ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = () => { script.remove(); done(); };
      script.onerror = () => failed(new Error(source + " is missing"));
      document.head.append(script);
    });
    return dataops.loading[source];
  },
  element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  },
};

for (const form of document.querySelectorAll("[data-find]")) {
  const input = form.querySelector("input");
  const found = form.querySelector("[role=status]");
  let texts;
  const search = () => {
    // Read once, and not before somebody searches.
    texts ??= [...document.querySelectorAll(form.dataset.find)].map((each) => [
      each, (each.querySelector("summary") ?? each).textContent.toLowerCase(),
    ]);
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [each, text] of texts) {
      const fits = words.every((word) => text.includes(word));
      if (each.hidden === fits) each.hidden = !fits;
      count += fits;
    }
    found.textContent = words.length ? count.toLocaleString("en") + " found" : "";
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", search);
  document.addEventListener("renewed", () => { texts = undefined; if (input.value) search(); });
}

// The search of a browser, and a link to a folded part, open it.
const unfold = () => {
  const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part instanceof HTMLDetailsElement) { part.open = true; part.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();

// A frame gets the page's own place: docs.html#!/model/… shows that model.
const frame = document.querySelector("iframe.whole");
if (frame && location.hash.length > 1) {
  // Another frame: from disk, one that has begun to load follows no other place.
  const placed = frame.cloneNode();
  placed.src = frame.getAttribute("src") + location.hash;
  frame.replaceWith(placed);
}
