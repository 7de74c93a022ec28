"use strict";
// Small charts in SVG and HTML. They stretch with the page; their labels are HTML, so they never stretch.
const charts = (() => {
  const whole = new Intl.NumberFormat("en");
  const number = (n) => whole.format(n);
  const plural = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
  const DAY = 86400000;
  const WIDTH = 1000;
  const HEIGHT = 100;
  const COLUMN = 90; // pixels at most
  const LINE = 24; // characters of a cell that stay on one line

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith("aria-") || key.startsWith("data-") || key === "scope" || key === "role") made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
    return made;
  }

  function svg(label, ...shapes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const set = (to, values) => Object.entries(values).forEach(([key, value]) => to.setAttribute(key, value));
    set(made, { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
    for (const [tag, values] of shapes) {
      const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
      set(shape, values);
      made.append(shape);
    }
    return made;
  }

  const day = (time) => new Date(time).toISOString().slice(0, 10);
  const at = (text) => Date.parse(`${text}T00:00:00Z`);

  // The starts of all weeks or months from the first to the last, and the end of the last one.
  function units(unit, first, last) {
    const next = (time) => {
      const date = new Date(time);
      return unit === "week" ? time + 7 * DAY : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    };
    const starts = [];
    for (let time = at(first); time <= at(last); time = next(time)) starts.push(time);
    return { starts, end: starts.length ? next(starts[starts.length - 1]) : 0 };
  }

  function panel(name, total, drawing, from, to, kind = "") {
    const caption = element("figcaption", {}, element("span", { title: name }, name), element("b", {}, total));
    const axis = element("div", { className: "axis" }, element("span", {}, from), element("span", {}, to));
    return element("figure", { className: `panel ${kind}` }, caption, ...(drawing ? [drawing, axis] : []));
  }

  // Points [time, value]: each value holds until the next point, and to the end.
  function steps(name, total, points, [from, to], most, label) {
    const x = (time) => Math.round(((time - from) / Math.max(to - from, 1)) * WIDTH);
    const y = (value) => Math.round((1 - value / Math.max(most, 1)) * (HEIGHT - 4) + 3);
    let path = `M0,${HEIGHT}`;
    let line = "";
    points.forEach(([time, value], i) => {
      path += `L${x(time)},${i ? y(points[i - 1][1]) : HEIGHT}L${x(time)},${y(value)}`;
      line += `${i ? "L" : "M"}${x(time)},${i ? y(points[i - 1][1]) : HEIGHT}L${x(time)},${y(value)}`;
    });
    const end = points.length ? y(points[points.length - 1][1]) : HEIGHT;
    const drawing = svg(label, ["path", { class: "fill", d: `${path}L${WIDTH},${end}L${WIDTH},${HEIGHT}Z` }], ["path", { class: "step", d: `${line}L${WIDTH},${end}` }]);
    return panel(name, total, drawing, day(from), day(to - 1));
  }

  function columns(name, total, values, [from, to], label) {
    const most = Math.max(1, ...values);
    const width = WIDTH / values.length;
    const bars = values.flatMap((value, i) => {
      const height = (value / most) * (HEIGHT - 4);
      return value ? [["rect", { class: "bar", x: i * width + width * 0.08, width: width * 0.84, y: HEIGHT - height, height }]] : [];
    });
    const made = panel(name, total, svg(label, ...bars), day(from), day(to - 1), "tall");
    made.style.maxWidth = `${Math.max(260, values.length * COLUMN)}px`;
    return made;
  }

  // Rows [name, number, note]
  function bars(rows) {
    const most = Math.max(1, ...rows.map((row) => row[1]));
    const parts = rows.flatMap(([name, value, note]) => {
      const bar = element("i");
      bar.style.width = `${(value / most) * 100}%`;
      return [
        element("dt", { title: name }, name), element("dd", { "aria-hidden": "true" }, bar),
        element("dd", { className: "number" }, number(value), note ? element("small", {}, ` ${note}`) : ""),
      ];
    });
    return element("dl", { className: "bars" }, ...parts);
  }

  function table(headings, rows, numeric = []) {
    const kind = (value, i) => (numeric.includes(i) ? "number" : String(value.textContent || value).length <= LINE ? "short" : "");
    const cell = (tag, value, i, more) => element(tag, { className: kind(value, i), ...more }, value);
    const head = element("tr", {}, ...headings.map((name, i) => cell("th", name, i, { scope: "col" })));
    const body = rows.map((row) => element("tr", {}, ...row.map((value, i) => cell("td", value, i))));
    const made = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
    return element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": headings.join(", ") }, made);
  }

  function numbers(headings, rows, numeric) {
    return element("details", { className: "numbers" }, element("summary", {}, "The numbers"), table(headings, rows, numeric));
  }

  return { at, bars, columns, element, number, numbers, plural, steps, table, units };
})();
