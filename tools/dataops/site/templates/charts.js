"use strict";
// Draws what a folded part holds once it is open. The library is loaded with the first of them.
{
  const options = {
    renderer: "svg", actions: false, defaultStyle: false, ast: true,
    tooltip: { disableDefaultStyle: true },
  };

  const table = (caption, label, heads, rows) => {
    const { element } = dataops;
    const body = rows.map((row) => element("tr", { role: "row" }, ...row.map((cell, at) =>
      at ? element("td", { role: "cell", "data-head": heads[at] }, element("span", {}, cell))
        : element("th", { scope: "row", role: "rowheader", "data-head": heads[at] }, cell))));
    return element("details", {},
      element("summary", {}, caption),
      element("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" },
        element("table", { role: "table" },
          element("caption", { class: "unseen" }, caption),
          element("thead", { role: "rowgroup" }, element("tr", { role: "row" },
            ...heads.map((head) => element("th", { scope: "col", role: "columnheader" }, head)))),
          element("tbody", { role: "rowgroup" }, ...body))));
  };

  // What has arrived of a part, into a place of it.
  dataops.fill = async (place, part) => {
    for (const drawing of dataops.arrived[part.id].drawings) {
      if (drawing.title) place.append(dataops.element("h2", {}, drawing.title));
      // Vega takes its own element's role and label away.
      const box = dataops.element("div", {});
      const hidden = dataops.element("div", { "aria-hidden": "true" }, box);
      const chart = dataops.element("div", { class: "chart", role: "img", "aria-label": drawing.words }, hidden);
      place.append(chart);
      const made = await vegaEmbed(box, { ...dataops.arrived.specs[drawing.spec], height: drawing.height, datasets: drawing.data }, options);
      chart.release = () => made.finalize();
      if (drawing.rows.length) place.append(table(drawing.caption, drawing.label, drawing.heads, drawing.rows));
    }
  };

  const begin = async (part, place) => {
    place.dataset.state = "drawing";
    try {
      await Promise.all([dataops.load(document.querySelector("[data-library]").dataset.library), dataops.load(part.dataset.source)]);
      await dataops.fill(place, part);
      place.dataset.state = "drawn";
    } catch (problem) {
      place.dataset.state = "";
      place.textContent = "Not drawn: " + problem.message;
    }
  };

  // Once, when it has a width; `drawing` is when it is done.
  dataops.draw = (part) => {
    const place = part.querySelector(".drawn");
    if (!place.dataset.state && part.offsetWidth) part.drawing = begin(part, place);
  };
  dataops.drawOpen = () => document.querySelectorAll("details[data-source][open]").forEach(dataops.draw);

  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details[data-source]") && event.target.open) dataops.draw(event.target);
  }, true);
  document.addEventListener("input", dataops.drawOpen); // a search shows again what it had hidden
  dataops.drawOpen();
}
