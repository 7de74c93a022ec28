"use strict";
// Draws the report from the JSON in #data. Whatever comes from a record reaches the page as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const whole = new Intl.NumberFormat("en");
  const number = (n) => whole.format(n);
  const percent = (n) => `${Math.round(n * 100)} %`;
  const bytes = (n) => {
    const units = ["B", "kB", "MB", "GB"];
    const step = Math.min(n < 1 ? 0 : Math.floor(Math.log10(n) / 3), 3);
    const value = n / 1000 ** step;
    return `${Number(value.toFixed(step && value < 100 ? 1 : 0))} ${units[step]}`;
  };
  const ticks = (n) => (n >= 10000 ? d3.format("~s")(n) : number(n));
  const plural = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
  const system = (id) => (id === data.system ? `${short(id)} (this)` : short(id));
  const short = (id) => (/^sys-.{10}$/.test(id) ? id.slice(4, 9) : id);
  const colours = Array.from({ length: 8 }, (_, i) => `var(--c${i})`);
  const colour = (names, name) => (name === "others" ? colours[7] : colours[names.indexOf(name) % 7]);

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key.startsWith("aria-") || key.startsWith("data-") || key === "scope" || key === "role") made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
    return made;
  }

  // ---- charts: each is a caption, a legend, a drawing and the same numbers as a table

  const drawings = [];

  function chart(id, { about, columns, rows, legend = [], draw, empty = "Nothing yet." }) {
    const figure = at(id);
    figure.querySelector("figcaption p").textContent = about;
    if (!rows.length) {
      figure.append(element("p", { className: "empty" }, empty));
      return;
    }
    if (legend.length) {
      figure.append(
        element(
          "ul",
          { className: "legend" },
          ...legend.map(([name, paint, kind]) => {
            const key = element("i", { className: kind || "" });
            key.style.background = paint;
            return element("li", {}, key, name);
          }),
        ),
      );
    }
    const frame = element("div", { className: "chart" });
    figure.append(frame, numbers(columns, rows));
    drawings.push({ frame, draw, title: figure.querySelector("h2").textContent, width: 0 });
  }

  function numbers(columns, rows) {
    const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
    const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
    const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
    const scroll = element("div", { className: "scroll", tabIndex: 0 }, table);
    return element("details", {}, element("summary", {}, "The numbers"), scroll);
  }

  function drawAll() {
    for (const one of drawings) {
      const width = Math.max(260, Math.floor(one.frame.clientWidth || 640));
      if (width === one.width) continue;
      one.width = width;
      const drawn = one.draw(width);
      // The drawing is one image with a name; the parts that the library names say nothing to a reader.
      for (const part of drawn.querySelectorAll("g[aria-label]")) part.removeAttribute("aria-label");
      drawn.setAttribute("role", "img");
      drawn.setAttribute("aria-label", `${one.title}; the numbers stand in a table below`);
      one.frame.replaceChildren(drawn);
    }
  }

  const base = (width, more) => ({
    width,
    style: { background: "transparent", color: "var(--soft)", fontFamily: "inherit", fontSize: "11.5px", overflow: "visible" },
    marginLeft: 44,
    ...more,
  });
  const time = (row) => new Date(`${row.start}T00:00:00Z`);
  const interval = data.unit === "week" ? d3.utcMonday : d3.utcMonth;
  const sum = (rows, key) => d3.sum(rows, (row) => row[key]);

  function bySet() {
    const sets = [...d3.rollup(data.by_set, (rows) => sum(rows, "lessons"), (row) => row.set)]
      .sort((a, b) => d3.ascending(a[0] === "others", b[0] === "others") || d3.descending(a[1], b[1]))
      .map(([name]) => name);
    const undated = data.undated ? ` ${plural(data.undated, "lesson")} without a usable day left out.` : "";
    chart("by-set", {
      about: `New lessons of each ${data.unit}, by the day on which any system first learned them.${undated}`,
      columns: [data.unit, "set", "lessons"],
      rows: data.by_set.map((row) => [row.start, row.set, number(row.lessons)]),
      legend: sets.map((name) => [name, colour(sets, name)]),
      draw: (width) =>
        Plot.plot(
          base(width, {
            height: 250,
            x: { label: null },
            y: { label: null, grid: true, tickFormat: ticks },
            color: { domain: sets, range: sets.map((name) => colour(sets, name)) },
            marks: [
              Plot.rectY(data.by_set, {
                x: time, y: "lessons", fill: "set", interval, inset: 1, order: sets, tip: true,
                channels: { set: "set" },
              }),
              Plot.ruleY([0], { stroke: "var(--line)" }),
            ],
          }),
        ),
    });
  }

  function bySystem() {
    const starts = d3.extent(data.by_system, time);
    const span = data.by_system.length ? interval.range(interval.floor(starts[0]), interval.offset(starts[1], 1)) : [];
    const names = [...data.systems, ...(data.by_system.some((row) => row.system === "others") ? ["others"] : [])].filter(
      (name) => data.by_system.some((row) => row.system === name),
    );
    const lines = names.flatMap((name) => {
      const counts = new Map(data.by_system.filter((row) => row.system === name).map((row) => [+time(row), row.lessons]));
      let total = 0;
      return span.map((start) => ({ start, system: name, lessons: (total += counts.get(+start) || 0) }));
    });
    const last = span.length ? lines.filter((row) => +row.start === +span[span.length - 1]) : [];
    chart("by-system", {
      about: "Lessons that each system learned for itself. A lesson learned by several systems counts for each.",
      columns: [data.unit, "system", "new lessons"],
      rows: data.by_system.map((row) => [row.start, row.system, number(row.lessons)]),
      legend: names.map((name) => [name === "others" ? name : system(name), colour(data.systems, name), "line"]),
      draw: (width) =>
        Plot.plot(
          base(width, {
            height: 250,
            marginRight: 18,
            x: { label: null },
            y: { label: null, grid: true, tickFormat: ticks, zero: true },
            marks: [
              Plot.lineY(lines, {
                x: "start", y: "lessons", z: "system", stroke: (row) => colour(data.systems, row.system),
                strokeWidth: (row) => (row.system === data.system ? 3 : 1.8), curve: "monotone-x",
              }),
              Plot.dot(last, { x: "start", y: "lessons", fill: (row) => colour(data.systems, row.system), r: 3 }),
              Plot.tip(lines, Plot.pointer({ x: "start", y: "lessons", title: (row) => `${row.system}\n${plural(row.lessons, "lesson")}` })),
            ],
          }),
        ),
    });
  }

  function scores() {
    const bins = data.scores.bins;
    const first = bins.findIndex((bin) => bin.claimed);
    const claims = bins.slice(first).flatMap((bin) => [{ x: bin.from, y: bin.claimed }, { x: bin.to, y: bin.claimed }]);
    const steps = [{ x: claims[0].x, y: 0 }, ...claims];
    const unscored = data.scores.unscored ? ` ${plural(data.scores.unscored, "lesson")} without an author's score.` : "";
    chart("scores", {
      about: `Author's score: the author's own rating. Score: adjusted for evidence.${unscored}`,
      columns: ["from", "to", "author's score", "score"],
      rows: data.totals.lessons ? bins.map((bin) => [bin.from, bin.to, number(bin.claimed), number(bin.effective)]) : [],
      legend: [["score", "var(--c0)"], ...(first < 0 ? [] : [["author's score", "var(--c1)", "line"]])],
      draw: (width) =>
        Plot.plot(
          base(width, {
            height: 250,
            x: { domain: [0, 1], label: "score", ticks: 10 },
            y: { label: null, grid: true, tickFormat: ticks },
            marks: [
              Plot.rectY(bins, {
                x1: "from", x2: "to", y: "effective", fill: "var(--c0)", inset: 1, tip: true,
                title: (bin) => `${bin.from} to ${bin.to}\nscore ${number(bin.effective)}\nauthor's score ${number(bin.claimed)}`,
              }),
              ...(first < 0 ? [] : [Plot.line(steps, { x: "x", y: "y", stroke: "var(--c1)", strokeWidth: 2 })]),
              Plot.ruleY([0], { stroke: "var(--line)" }),
            ],
          }),
        ),
    });
  }

  function links() {
    const { nodes, edges } = data.links;
    const most = d3.max(edges, (edge) => edge.lessons) || 1;
    const largest = d3.max(nodes, (node) => node.lessons) || 1;
    chart("links", {
      about: "An arrow leads to a system that did not learn the lessons itself but can read them here, or has used them. Thicker: more lessons.",
      columns: ["learned by", "read by", "lessons", "used"],
      rows: edges.map((edge) => [edge.source, edge.target, number(edge.lessons), number(edge.used)]),
      empty: "This clone knows of no system that has read lessons of another.",
      draw: (width) => {
        const height = Math.min(360, Math.max(260, width * 0.72));
        const radius = [width / 2 - 78, height / 2 - 42];
        const place = new Map(
          nodes.map((node, i) => {
            const angle = (i / nodes.length) * 2 * Math.PI - Math.PI / 2;
            return [node.system, { x: width / 2 + radius[0] * Math.cos(angle), y: height / 2 + radius[1] * Math.sin(angle), ...node }];
          }),
        );
        const placed = [...place.values()];
        return Plot.plot(
          base(width, {
            height,
            margin: 0,
            x: { axis: null, domain: [0, width], range: [0, width] },
            y: { axis: null, domain: [0, height], range: [0, height] },
            r: { type: "identity" },
            marks: [
              Plot.arrow(edges, {
                x1: (e) => place.get(e.source).x, y1: (e) => place.get(e.source).y,
                x2: (e) => place.get(e.target).x, y2: (e) => place.get(e.target).y,
                bend: 18, insetStart: 14, insetEnd: 16, headLength: 9,
                stroke: (e) => colour(data.systems, e.source),
                strokeWidth: (e) => 0.6 + 5 * (e.lessons / most), strokeOpacity: 0.55,
              }),
              Plot.dot(placed, {
                x: "x", y: "y", r: (n) => 5 + 8 * Math.sqrt(n.lessons / largest), fill: (n) => colour(data.systems, n.system),
                stroke: "var(--card)", strokeWidth: 2, tip: true,
                title: (n) => `${n.system}\nlearned ${plural(n.lessons, "lesson")}\ncan read or has used ${plural(n.reads, "lesson")} of others`,
              }),
              ...Object.entries(SIDES).map(([name, [textAnchor, dx, dy]]) =>
                Plot.text(placed.filter((n) => side(n, width, height) === name), {
                  x: "x", y: "y", text: (n) => system(n.system), textAnchor, dx, dy, fontSize: 12,
                  fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4,
                }),
              ),
            ],
          }),
        );
      },
    });
  }

  const SIDES = { right: ["start", 18, 0], left: ["end", -18, 0], above: ["middle", 0, -22], below: ["middle", 0, 22] };
  const side = (node, width, height) => {
    if (Math.abs(node.x - width / 2) < 20) return node.y < height / 2 ? "above" : "below";
    return node.x > width / 2 ? "right" : "left";
  };

  function overlap() {
    const names = data.systems.filter((name) => data.overlap.some((row) => row.a === name));
    const most = d3.max(data.overlap, (row) => row.lessons) || 1;
    chart("overlap", {
      about: "Lessons that both systems learned for themselves.",
      columns: ["system", "and", "lessons"],
      rows: data.overlap.filter((row) => row.a < row.b).map((row) => [row.a, row.b, number(row.lessons)]),
      empty: "No two systems have learned the same lesson yet.",
      draw: (width) =>
        Plot.plot(
          base(width, {
            height: Math.min(width * 0.72, 40 + names.length * 42),
            marginLeft: 84,
            marginTop: 6,
            marginBottom: 34,
            x: { domain: names, label: null, tickFormat: short, tickSize: 0 },
            y: { domain: names, label: null, tickFormat: system, tickSize: 0 },
            marks: [
              Plot.cell(names, { x: (n) => n, y: (n) => n, fill: "var(--mark)", inset: 1 }),
              Plot.cell(data.overlap, {
                x: "a", y: "b", fill: "var(--c0)", fillOpacity: (row) => 0.12 + 0.78 * (row.lessons / most), inset: 1,
                title: (row) => `${row.a}\n${row.b}\n${plural(row.lessons, "lesson")}`, tip: true,
              }),
              Plot.text(data.overlap, {
                x: "a", y: "b", text: (row) => d3.format("~s")(row.lessons),
                fill: (row) => (row.lessons / most > 0.75 ? "var(--card)" : "var(--ink)"),
              }),
            ],
          }),
        ),
    });
  }

  function adoption() {
    chart("adoption", {
      about: `How many systems learned a lesson for themselves. ${percent(data.totals.adoption_rate)} were learned by two or more.`,
      columns: ["systems", "lessons"],
      rows: data.adoption.map((row) => [row.systems, number(row.lessons)]),
      draw: (width) =>
        Plot.plot(
          base(width, {
            height: 230,
            marginBottom: 42,
            x: { labelOffset: 38, domain: data.adoption.map((row) => row.systems), label: "systems", tickSize: 0 },
            y: { label: null, grid: true, tickFormat: ticks },
            marks: [
              Plot.barY(data.adoption, { x: "systems", y: "lessons", fill: "var(--c2)", insetLeft: 3, insetRight: 3, tip: true }),
              Plot.text(data.adoption, { x: "systems", y: "lessons", text: (row) => number(row.lessons), dy: -8, fill: "var(--ink)" }),
              Plot.ruleY([0], { stroke: "var(--line)" }),
            ],
          }),
        ),
    });
  }

  function growth() {
    const kinds = [...new Set(data.growth.map((row) => row.kind))].filter((kind) => data.growth.some((row) => row.kind === kind && row.bytes));
    const rows = data.growth.map((row) => ({ ...row, at: new Date(`${row.date}T00:00:00Z`) }));
    const days = new Set(data.growth.map((row) => row.date)).size;
    const color = { domain: kinds, range: kinds.map((kind) => colour(kinds, kind)) };
    const overTime = (width) =>
      Plot.plot(
        base(width, {
          height: 230, marginLeft: 58, color,
          x: { label: null },
          y: { label: null, grid: true, tickFormat: bytes, ticks: 5 },
          marks: [
            Plot.areaY(rows, { x: "at", y: "bytes", fill: "kind", order: kinds, curve: "step-after", fillOpacity: 0.9 }),
            Plot.ruleY([0], { stroke: "var(--line)" }),
          ],
        }),
      );
    const ofOneDay = (width) =>
      Plot.plot(
        base(width, {
          height: 90, marginLeft: 10, color,
          x: { label: null, grid: true, tickFormat: bytes, ticks: 5 },
          marks: [Plot.barX(rows, { x: "bytes", fill: "kind", order: kinds, inset: 1 }), Plot.ruleX([0], { stroke: "var(--line)" })],
        }),
      );
    chart("growth", {
      about: days > 1 ? "Bytes under data/, after the last commit of a day on this branch." : `Bytes under data/; every commit is of ${(rows[0] || {}).date}.`,
      columns: ["day", "kind", "bytes"],
      rows: kinds.length ? data.growth.filter((row) => row.bytes).map((row) => [row.date, row.kind, number(row.bytes)]) : [],
      empty: "Nothing is committed yet.",
      legend: kinds.map((kind) => [kind, colour(kinds, kind)]),
      draw: days > 1 ? overTime : ofOneDay,
    });
  }

  // ---- figures, top lessons, retractions, quarantine

  function tiles() {
    const t = data.totals;
    const used = t.worked + t.failed;
    const all = [
      ["lessons", number(t.lessons), plural(Object.keys(t.sets).length, "set")],
      ["systems", number(t.systems), "that learned them"],
      ["adopted", percent(t.adoption_rate), `${plural(t.adopted, "lesson")} learned by two or more`],
      ["outcomes", number(used), used ? `${number(t.worked)} worked, ${number(t.failed)} failed` : "none counted yet"],
      ["retracted", number(t.retracted), "on every system, for good"],
      ["size", bytes(t.bytes), "under data/, committed"],
    ];
    at("totals").append(
      ...all.map(([name, value, more]) => element("div", {}, element("dt", {}, name), element("dd", {}, value, element("small", {}, more)))),
    );
    at("made").textContent = data.system ? `${data.made}, by ${data.system}` : data.made;
  }

  const outcomes = (lesson) => {
    const parts = element("span", {});
    if (lesson.worked) parts.append(element("span", { className: "good" }, `${number(lesson.worked)} worked`));
    if (lesson.worked && lesson.failed) parts.append(", ");
    if (lesson.failed) parts.append(element("span", { className: "bad" }, `${number(lesson.failed)} failed`));
    return parts;
  };

  function mark(lesson) {
    return lesson.reads_like_instructions ? element("span", { className: "bad" }, " [reads like instructions to an agent]") : "";
  }

  function top() {
    at("top").append(
      ...data.top.map((lesson) => {
        const claim = lesson.claimed === null ? "no author's score" : `author's score ${lesson.claimed.toFixed(2)}`;
        const facts = element("span", { className: "facts" }, `${lesson.effective.toFixed(2)} (${claim}) · ${lesson.set} · ${plural(lesson.systems.length, "system")}`);
        if (lesson.worked || lesson.failed) facts.append(" · ", outcomes(lesson));
        return element("li", {}, element("span", {}, element("b", {}, lesson.title), mark(lesson)), element("span", { className: "body" }, lesson.body), facts);
      }),
    );
    if (!data.top.length) at("top").replaceWith(element("p", { className: "empty" }, "No lessons yet."));
  }

  function simpleTable(id, columns, rows, empty) {
    if (!rows.length) {
      at(id).append(element("p", { className: "empty" }, empty));
      return;
    }
    const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
    const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
    at(id).append(element("div", { className: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body))));
  }

  // ---- the table of all lessons

  const fields = ["id", "set", "title", "body", "first", "systems", "known", "claimed", "effective", "worked", "failed", "reads_like_instructions"];
  const lessons = data.rows.map((row) => {
    const lesson = Object.fromEntries(fields.map((field, i) => [field, row[i]]));
    lesson.set = data.names[lesson.set];
    lesson.known = lesson.known.map((i) => data.names[i]);
    lesson.words = `${lesson.title}\n${lesson.body}`.toLowerCase();
    return lesson;
  });
  const PORTION = 50;
  const view = { key: "effective", descending: true, most: PORTION };
  const sortKeys = {
    effective: (l) => l.effective, title: (l) => l.title.toLowerCase(), set: (l) => l.set, systems: (l) => l.systems,
    outcome: (l) => l.worked - l.failed, first: (l) => l.first,
  };

  function chosen() {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [set, by, outcome, least] = ["set", "system", "outcome", "least"].map((id) => at(id).value);
    const found = lessons.filter(
      (l) =>
        (!set || l.set === set) && (!by || l.known.includes(by)) && l.effective >= (Number(least) || 0) &&
        (!outcome || (outcome === "none" ? !(l.worked || l.failed) : l[outcome] > 0)) &&
        words.every((word) => l.words.includes(word) || l.id.startsWith(word)),
    );
    const key = sortKeys[view.key];
    const order = view.descending ? d3.descending : d3.ascending;
    return found.sort((a, b) => order(key(a), key(b)) || d3.ascending(a.id, b.id));
  }

  function scoreCell(lesson) {
    const bar = element("b", {});
    bar.style.width = `${Math.round(lesson.effective * 100)}%`;
    const claim = lesson.claimed === null ? "no author's score" : `author's score ${lesson.claimed.toFixed(2)}`;
    return element("span", { className: "score", title: claim }, lesson.effective.toFixed(2), element("i", {}, bar));
  }

  function row(lesson) {
    const cell = (name, className, ...children) => element("td", name ? { className, "data-name": name } : { className }, ...children);
    return element(
      "tr",
      {},
      cell("score", "nowrap", scoreCell(lesson)),
      cell("", "lesson", element("b", {}, lesson.title), mark(lesson), element("span", { className: "body" }, lesson.body === lesson.title ? "" : lesson.body)),
      cell("", "nowrap", lesson.set),
      cell("learned by", "nowrap", number(lesson.systems)),
      cell("", "nowrap", outcomes(lesson)),
      cell("since", "nowrap", lesson.first),
      cell("", "nowrap", element("code", {}, lesson.id)),
    );
  }

  function show() {
    const found = chosen();
    at("rows").replaceChildren(...found.slice(0, view.most).map(row));
    const left = data.left_out ? `; ${number(data.left_out)} of the lowest score are left out of this page` : "";
    const all = found.length === lessons.length && !left ? "" : ` (${number(lessons.length)} in all${left})`;
    at("shown").textContent = `${number(Math.min(view.most, found.length))} of ${plural(found.length, "lesson")} shown${all}`;
    at("more").hidden = found.length <= view.most;
  }

  function filters() {
    const options = (id, all, values, label) =>
      at(id).append(element("option", { value: "" }, all), ...values.map((value) => element("option", { value }, label(value))));
    options("set", "all sets", Object.keys(data.totals.sets), (name) => name);
    options("system", "any system", data.systems, (id) => (id === data.system ? `${id} (this)` : id));
    document.querySelector(".filters").addEventListener("input", () => {
      view.most = PORTION;
      show();
    });
    document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
    at("more").addEventListener("click", () => {
      view.most += 4 * PORTION;
      show();
    });
    for (const button of document.querySelectorAll("th button")) {
      button.addEventListener("click", () => {
        const key = button.dataset.sort;
        view.descending = view.key === key ? !view.descending : key !== "title" && key !== "set";
        view.key = key;
        for (const other of document.querySelectorAll("#lessons th")) other.removeAttribute("aria-sort");
        button.parentElement.setAttribute("aria-sort", view.descending ? "descending" : "ascending");
        show();
      });
    }
  }

  tiles();
  for (const draw of [bySet, bySystem, scores, links, overlap, adoption, growth]) draw();
  drawAll();
  top();
  simpleTable(
    "retractions", ["day", "set", "reason", "by"],
    data.retractions.map((one) => [one.at.slice(0, 10), one.set, one.reason || "no reason given", one.by ? short(one.by) : ""]),
    "Nothing was ever retracted.",
  );
  simpleTable(
    "quarantine", ["peer", "reason", "records"],
    data.quarantine.map((one) => [one.peer, one.reason, number(one.records)]),
    "Nothing of a peer waits for a decision.",
  );
  filters();
  show();
  new ResizeObserver(drawAll).observe(document.querySelector(".cards"));
  document.documentElement.dataset.ready = "true";
})();
