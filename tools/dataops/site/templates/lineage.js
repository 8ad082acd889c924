"use strict";
// Shows one table between what it reads and what reads it, and follows a column both ways.
{
  const { element } = dataops;
  const nodes = dataops.arrived.lineage;
  // A column may be called `constructor`, which every object has.
  for (const node of nodes) node.columns = new Map(Object.entries(node.columns));
  const at = new Map(nodes.map((node, index) => [node.key, index]));
  const readers = nodes.map(() => []);
  nodes.forEach((node, index) => node.reads.forEach((parent) => readers[parent].push(index)));

  const DEPTH = 3;
  const MOST = 40;

  // Levels of what is reached from a node: its neighbours, theirs, and how many lie beyond.
  const levels = (start, next) => {
    const seen = new Set([start]);
    const found = [];
    let edge = [start];
    while (edge.length) {
      edge = [...new Set(edge.flatMap(next))].filter((each) => !seen.has(each));
      edge.forEach((each) => seen.add(each));
      if (edge.length) found.push(edge);
    }
    return found;
  };

  // The columns that a column is made from, or that are made from it, as a map from node to names.
  const followed = (node, column) => {
    const found = new Map();
    const add = (where, name) => {
      const names = found.get(where) ?? found.set(where, new Set()).get(where);
      const isNew = !names.has(name);
      names.add(name);
      return isNew;
    };
    const up = [[node, column]];
    while (up.length) {
      const [where, name] = up.pop();
      if (!add(where, name)) continue;
      for (const [parent, origin] of nodes[where].columns.get(name) ?? []) up.push([parent, origin]);
    }
    const down = [[node, column]];
    const done = new Set();
    while (down.length) {
      const [where, name] = down.pop();
      if (done.has(where + "\n" + name)) continue;
      done.add(where + "\n" + name);
      add(where, name);
      for (const reader of readers[where])
        for (const [made, origins] of nodes[reader].columns)
          if (origins.some(([parent, origin]) => parent === where && (origin === name || origin === "*"))) down.push([reader, made]);
    }
    return found;
  };

  const link = (index) => element("a", { href: "#" + encodeURIComponent(nodes[index].key) }, nodes[index].name);

  const card = (index, lit) => {
    const made = element("li", lit.has(index) ? { class: "lit" } : {}, link(index));
    const names = [...(lit.get(index) ?? [])].sort();
    if (names.length) made.append(element("div", { class: "quiet" }, names.join(", ")));
    return made;
  };

  const side = (title, none, found, lit) => {
    const made = element("div", {}, element("h3", {}, title));
    found.slice(0, DEPTH).forEach((level, depth) => {
      if (depth) made.append(element("p", { class: "quiet" }, depth === 1 ? "through those" : "further"));
      const order = [...level].sort((one, other) => lit.has(other) - lit.has(one) || nodes[one].name.localeCompare(nodes[other].name));
      made.append(element("ul", {}, ...order.slice(0, MOST).map((each) => card(each, lit))));
      if (order.length > MOST) made.append(element("p", { class: "quiet" }, "… and " + (order.length - MOST) + " more"));
    });
    const beyond = found.slice(DEPTH).flat().length;
    if (beyond) made.append(element("p", { class: "quiet" }, "and " + beyond + " beyond those"));
    if (!found.length) made.append(element("p", { class: "quiet" }, none));
    return made;
  };

  const show = (index, column) => {
    const node = nodes[index];
    const lit = column ? followed(index, column) : new Map();
    const columns = [...node.columns.keys()].map((name) => {
      const button = element("button", { type: "button", "aria-pressed": String(name === column) }, name);
      button.addEventListener("click", () => {
        show(index, name === column ? undefined : name);
        [...document.querySelectorAll("#chosen button")].find((each) => each.textContent === name)?.focus();
      });
      return element("li", name === column ? { class: "lit" } : {}, button);
    });
    const middle = element("div", {}, element("h3", {}, "Columns"));
    if (node.unclear) middle.append(element("p", { class: "quiet" }, "Not followed to the column: " + node.unclear));
    middle.append(columns.length ? element("ul", {}, ...columns) : element("p", { class: "quiet" }, "Not known."));
    const said = [node.kind, node.path].filter(Boolean).join(", ");
    document.getElementById("chosen").replaceChildren(
      element("h2", { tabindex: "-1" }, node.name),
      element("p", { class: "quiet" }, said + (column ? " – column " + column : "")),
      ...(node.description ? [element("p", {}, node.description)] : []),
      ...(node.documented ? [element("p", {}, element("a", { href: "docs.html#!/" + node.kind + "/" + encodeURIComponent(node.key) }, "Documentation"))] : []),
      element("div", { class: "steps" },
        side("Made from", "It reads nothing of this project.", levels(index, (each) => nodes[each].reads), lit),
        middle,
        side("Read by", "Nothing of this project reads it.", levels(index, (each) => readers[each]), lit)));
    for (const each of document.querySelectorAll("#nodes a")) {
      if (each.hash === "#" + node.key || decodeURIComponent(each.hash) === "#" + node.key) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  };

  const choose = () => {
    const index = at.get(decodeURIComponent(location.hash.slice(1)));
    if (index === undefined) return;
    show(index);
    document.querySelector("#chosen h2").focus({ preventScroll: true });
    document.getElementById("chosen").scrollIntoView();
  };
  addEventListener("hashchange", choose);
  if (location.hash) choose();
  else if (nodes.length) show(nodes.findIndex((node) => node.kind === "model") >= 0 ? nodes.findIndex((node) => node.kind === "model") : 0);
}
