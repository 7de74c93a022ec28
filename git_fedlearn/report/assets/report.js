"use strict";
// Shows the report from the JSON in #data. Whatever comes from a record reaches the page as text, never as markup.
(() => {
  const { element, number, plural } = charts;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const today = data.made.slice(0, 10);
  const names = data.names;
  const short = (id) => (/^sys-.{10}$/.test(id) ? id.slice(4, 9) : id);
  const named = (id) => names[id] || short(id);
  const system = (id) => (id !== data.system ? named(id) : names[id] ? `${names[id]} (this system)` : "this system");
  const bytes = (n) => {
    const step = Math.min(n < 1 ? 0 : Math.floor(Math.log10(n) / 3), 3);
    const value = n / 1000 ** step;
    return `${Number(value.toFixed(step && value < 100 ? 1 : 0))} ${["B", "kB", "MB", "GB"][step]}`;
  };

  const FIELDS = ["id", "set", "title", "first", "systems", "known", "claimed", "effective", "worked", "failed", "suspicious"];
  const anchors = new Set();
  const lessons = data.rows.map((row, i) => {
    const lesson = Object.fromEntries(FIELDS.map((field, j) => [field, row[j]]));
    lesson.set = data.index[lesson.set];
    lesson.known = lesson.known.map((j) => data.index[j]);
    lesson.texts = data.texts[i];
    lesson.words = [lesson.title, ...Object.values(lesson.texts || {})].join("\n").toLowerCase();
    lesson.anchor = anchors.has(`lesson-${lesson.id}`) ? `lesson-${lesson.id}-${lesson.set.replaceAll("/", "-")}` : `lesson-${lesson.id}`;
    anchors.add(lesson.anchor);
    return lesson;
  });
  const isNew = (lesson, from = data.week[0]) => lesson.first >= from && lesson.first <= data.week[1];
  const isFailed = (lesson) => lesson.failed > 0 && !lesson.worked;
  const isDisputed = (lesson) => lesson.failed > 0 && lesson.worked > 0;

  // ---- commands and the parts of a lesson

  function copyText(code) {
    const fallback = () => {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("not copied"));
    };
    return navigator.clipboard ? navigator.clipboard.writeText(code.textContent).catch(fallback) : fallback();
  }

  function command(text) {
    const words = text.split(" ").flatMap((word, i) => [...(i ? [" "] : []), element("span", {}, word)]);
    const code = element("code", {}, ...words);
    const button = element("button", { type: "button", "aria-label": `Copy: ${text}` }, "Copy");
    button.addEventListener("click", () => {
      const answer = (said) => {
        button.textContent = said;
        setTimeout(() => (button.textContent = "Copy"), 2000);
      };
      copyText(code).then(() => answer("Copied"), () => answer("Select and copy it"));
    });
    return element("span", { className: "command" }, code, button);
  }

  const quoted = (text) => (/^[\w.\/:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

  function outcomes(lesson) {
    const parts = [];
    if (lesson.worked) parts.push(element("span", { className: "good" }, `${number(lesson.worked)} worked`));
    if (lesson.worked && lesson.failed) parts.push(", ");
    if (lesson.failed) parts.push(element("span", { className: "bad" }, `${number(lesson.failed)} failed`));
    return parts;
  }

  const joined = (parts) => parts.filter((part) => part.length).flatMap((part, i) => [...(i ? [" · "] : []), ...part]);
  const mark = (lesson) => (lesson.suspicious ? [" ", element("span", { className: "bad" }, "[reads like instructions to an agent]")] : []);
  const retract = (lesson) => `git fedlearn retract ${lesson.id} --reason 'it does not work'`;

  // ---- the top: where, when, what changed, what needs attention

  function top() {
    document.title = `Lessons of ${data.repository}`;
    at("name").textContent = `Lessons of ${data.repository}`;
    const branch = data.branch ? `branch ${data.branch}` : "no branch";
    at("made").textContent = [data.commit ? `${branch} at ${data.commit}` : branch, data.made, data.system && `by ${names[data.system] || data.system}`].filter(Boolean).join(" · ");
    at("changes").append(...changes());
  }

  const CHANGES = {
    lessons: ["lesson", "lessons"], systems: ["system", "systems"], worked: ["outcome worked", "outcomes worked"],
    failed: ["outcome failed", "outcomes failed"], retracted: ["lesson retracted", "lessons retracted"], waiting: ["item waiting for you", "items waiting for you"],
  };

  function changes() {
    const all = `${plural(data.totals.lessons, "lesson")} of ${plural(data.totals.systems, "system")}.`;
    if (!data.changes) return [`${all} No earlier report to compare with.`];
    const found = Object.entries(CHANGES).flatMap(([key, [one, many]]) => {
      const n = data.changes[key] || 0;
      return n ? [`${n > 0 ? "+" : "−"}${number(Math.abs(n))} ${Math.abs(n) === 1 ? one : many}`] : [];
    });
    return [`${all} Since the report of ${data.changes.since}: `, element("b", {}, found.join(", ") || "no change"), "."];
  }

  const waiting = () => [
    ...data.quarantine.map((one) => [one.records, `${plural(one.records, "record")} from ${one.peer}`, one.reason, `git fedlearn review --peer ${quoted(one.peer)}`]),
    [data.waiting.samples, `${plural(data.waiting.samples, "sample")} to train on`, "may contain private data", "git fedlearn review --samples"],
    [data.waiting.retractions, plural(data.waiting.retractions, "retraction"), "proposed by agents", "git fedlearn review --retractions"],
    [data.waiting.drafts, plural(data.waiting.drafts, "lesson"), "drafted from sessions of agents", "git fedlearn review --drafts"],
  ].filter((one) => one[0]);

  const LISTED = 3;

  function attention() {
    const pending = waiting();
    const groups = [
      ["new", "new this week", data.attention.new, lessons.filter((one) => isNew(one)), (one) => `git fedlearn show ${one.id}`, { period: "7" }],
      ["failed", "failed", data.attention.failed, lessons.filter(isFailed), retract, { outcome: "failed", order: "failed" }],
      ["disputed", "disputed", data.attention.disputed, lessons.filter(isDisputed), (one) => `git fedlearn show ${one.id}`, { outcome: "disputed", order: "failed" }],
    ];
    for (const [id, name, total, found, toCommand, filter] of groups) {
      count(id, name, total);
      if (!total) continue;
      const listed = id === "new" ? found : found.sort((a, b) => b.failed - a.failed || b.effective - a.effective);
      at(id).append(element("ul", { className: "todo" }, ...listed.slice(0, LISTED).map((one) => toDo(one, toCommand(one)))));
      if (total > LISTED) at(id).append(seeAll(total, filter));
    }
    count("waiting", "waiting for you", pending.reduce((sum, one) => sum + one[0], 0));
    at("waiting").append(element("ul", { className: "todo" }, ...pending.map(([, what, why, typed]) => element("li", {}, element("div", { className: "what" }, what, element("small", {}, why)), command(typed)))));
    const none = [...groups.map((group) => [group[1], group[2]]), ["waiting for you", pending.length]].filter((one) => !one[1]).map((one) => one[0]);
    at("nothing").hidden = !none.length;
    at("nothing").textContent = `Nothing ${none.join(", nothing ")}.`;
  }

  function count(id, name, total) {
    at(id).hidden = !total;
    const parts = [element("b", {}, number(total)), name];
    at("counts").append(total ? element("a", { href: `#${id}`, className: id }, ...parts) : element("span", {}, ...parts));
  }

  function toDo(lesson, typed) {
    const link = element("a", { href: `#${lesson.anchor}` }, lesson.title);
    const facts = joined([[lesson.effective.toFixed(2)], [lesson.set], [lesson.first], outcomes(lesson), lesson.known.length ? [lesson.known.slice(0, 3).map(system).join(", ") + (lesson.systems > 3 ? ` and ${lesson.systems - 3} more` : "")] : []]);
    return element("li", {}, element("div", { className: "what" }, link, ...mark(lesson), element("small", {}, ...facts)), command(typed));
  }

  function seeAll(total, filter) {
    const button = element("button", { type: "button", className: "link" }, `All ${number(total)} in the list`);
    button.addEventListener("click", () => {
      choose(filter);
      at("lessons").scrollIntoView();
      at("search").focus({ preventScroll: true });
    });
    return button;
  }

  // ---- growth, adoption, who learned from whom

  const sum = (rows) => rows.reduce((total, row) => total + row.lessons, 0);

  function growth() {
    const days = data.by_set.map((row) => row.start).sort();
    const undated = data.undated ? ` ${plural(data.undated, "lesson")} without a usable day left out.` : "";
    at("growth").hidden = !data.totals.lessons;
    if (!days.length) {
      at("growth").querySelector(".about").textContent = undated;
      return;
    }
    const span = charts.units(data.unit, days[0], today > days[days.length - 1] ? today : days[days.length - 1]);
    const range = [span.starts[0], span.end];
    const isOne = span.starts.length < 2;
    at("growth").querySelector(".about").textContent = isOne
      ? `All in the ${data.unit} of ${days[0]}.${undated}`
      : `By the day on which any system first learned a lesson. Panels of a group have the same scale; only that of other systems has its own.${undated}`;
    if (!isOne) {
      const counts = new Map(span.starts.map((start) => [start, 0]));
      for (const row of data.by_set) counts.set(charts.at(row.start), (counts.get(charts.at(row.start)) || 0) + row.lessons);
      const values = span.starts.map((start) => counts.get(start));
      const most = Math.max(...values);
      at("growth").append(charts.columns(`new lessons each ${data.unit}`, `at most ${number(most)}`, values, range, `New lessons each ${data.unit}, at most ${most}; the numbers are in a table below`));
    }
    multiples("By set", data.by_set, (row) => row.set, (name) => name, range, isOne);
    multiples("By system", data.by_system, (row) => row.system, (name) => (name === "others" ? othersName() : system(name)), range, isOne);
    sizes();
    at("growth").append(charts.numbers([data.unit, "set", "new lessons"], data.by_set.map((row) => [row.start, row.set, number(row.lessons)]), [2]));
  }

  const othersName = () => plural(data.totals.systems - data.systems.length, "other system");

  function multiples(title, rows, key, label, range, isOne) {
    const groups = new Map();
    for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) || []), row]);
    const sorted = [...groups].sort((a, b) => (a[0] === "others") - (b[0] === "others") || sum(b[1]) - sum(a[1]));
    at("growth").append(element("h3", {}, title));
    if (isOne) {
      at("growth").append(charts.bars(sorted.map(([name, found]) => [label(name), sum(found)])));
      return;
    }
    const most = Math.max(...sorted.filter(([name]) => name !== "others").map(([, found]) => sum(found)), 1);
    const panels = sorted.map(([name, found]) => {
      let total = 0;
      const points = found.map((row) => [charts.at(row.start), (total += row.lessons)]);
      const scale = name === "others" ? Math.max(most, total) : most;
      return charts.steps(label(name), number(total), points, range, scale, `${label(name)}: ${plural(total, "lesson")} in all`);
    });
    at("growth").append(element("div", { className: "panels" }, ...panels));
  }

  function sizes() {
    const kinds = [...new Set(data.growth.map((row) => row.kind))].filter((kind) => data.growth.some((row) => row.kind === kind && row.bytes));
    const days = [...new Set(data.growth.map((row) => row.date))].sort();
    if (days.length < 2 || !kinds.length) return;
    const range = [charts.at(days[0]), charts.at(days[days.length - 1]) + 86400000];
    const most = Math.max(...data.growth.map((row) => row.bytes));
    const panels = kinds.map((kind) => {
      const points = data.growth.filter((row) => row.kind === kind).map((row) => [charts.at(row.date), row.bytes]).sort((a, b) => a[0] - b[0]);
      const last = bytes(points[points.length - 1][1]);
      return charts.steps(kind === "of single systems" ? "per system" : kind, last, points, range, most, `${kind}: ${last} at last`);
    });
    at("growth").append(element("h3", {}, "Size of committed files"), element("div", { className: "panels" }, ...panels));
  }

  function adoption() {
    const { adopted, adoption_rate: rate } = data.totals;
    at("adoption").hidden = !data.totals.lessons;
    const isShared = data.totals.systems > 1;
    at("adoption").querySelector(".about").textContent = !isShared ? "Only one system has learned lessons so far." : `${Math.round(rate * 100)}% of the shared lessons (${number(adopted)}) were learned by two or more systems independently.`;
    const left = element("div", {}, element("h3", {}, "Learned independently by"), charts.bars(data.adoption.map((row) => [`${row.systems} system${row.systems === "1" ? "" : "s"}`, row.lessons])));
    const bins = data.scores.bins;
    const most = Math.max(1, ...bins.map((bin) => bin.effective));
    const columns = bins.map((bin) => {
      const column = element("i", { title: `${bin.from.toFixed(2)} to ${bin.to.toFixed(2)}: ${number(bin.effective)}` });
      column.style.height = `${(bin.effective / most) * 100}%`;
      return column;
    });
    const axis = element("div", { className: "axis" }, ...["0", "score", "1"].map((text) => element("span", {}, text)));
    const drawing = element("div", { className: "histogram", role: "img", "aria-label": `Lessons by score, at most ${most} in a step of 0.05; the numbers are in a table below` }, ...columns);
    const right = element("div", {}, element("h3", {}, "Lessons by score"), drawing, axis);
    at("adoption").append(element("div", { className: "split" }, ...(isShared ? [left, right] : [right])));
    at("adoption").append(charts.numbers(["from", "to", "score", "author's score"], bins.map((bin) => [bin.from.toFixed(2), bin.to.toFixed(2), number(bin.effective), number(bin.claimed)]), [2, 3]));
  }

  const SOURCES = 4;
  const READERS = 6;

  function links() {
    const { nodes, edges } = data.links;
    at("links").hidden = !edges.length;
    const readers = nodes.filter((node) => node.reads).sort((a, b) => (b.system === data.system) - (a.system === data.system) || b.reads - a.reads);
    at("links").querySelector(".about").textContent = "For each system: lessons that it did not learn itself, but can read here or has used, and who learned them.";
    const cards = readers.map((node) => {
      const sources = edges.filter((edge) => edge.target === node.system).sort((a, b) => b.lessons - a.lessons);
      const rows = sources.slice(0, SOURCES).map((edge) => [system(edge.source), edge.lessons, edge.used ? `(${number(edge.used)} used)` : ""]);
      const more = sources.length > SOURCES ? element("small", {}, `and ${plural(sources.length - SOURCES, "other system")}`) : "";
      return element("div", { className: "panel" }, element("h3", { title: node.system }, `${system(node.system)} ← ${plural(node.reads, "lesson")}`), charts.bars(rows), more);
    });
    const all = [...edges].sort((a, b) => b.lessons - a.lessons).map((edge) => [system(edge.target), system(edge.source), number(edge.lessons), number(edge.used)]);
    const broad = (...shown) => element("div", { className: "panels broad" }, ...shown);
    at("links").append(broad(...cards.slice(0, READERS)));
    const others = cards.slice(READERS);
    if (others.length) at("links").append(element("details", { className: "numbers" }, element("summary", {}, plural(others.length, "more system")), broad(...others)));
    at("links").append(charts.numbers(["system", "from", "lessons", "used"], all, [2, 3]));
  }

  function details() {
    const fold = (title, ...parts) => at("more").append(element("details", { className: "fold" }, element("summary", {}, title), ...parts));
    if (data.all_systems.length) {
      const rows = data.all_systems.map(([id, n, newest]) => [id === data.system ? `${named(id)} (this system)` : named(id), element("code", {}, id), number(n), newest]);
      const naming = element("p", { className: "about" }, "Give a system a name, for this clone only: ", command("git fedlearn remote name ID NAME"));
      fold(`Systems (${number(data.totals.systems)})`, naming, charts.table(["name", "id", "lessons", "newest"], rows, [2]));
    }
    if (data.retractions.length) {
      const rows = data.retractions.map((one) => [one.at.slice(0, 10), one.set, one.reason || "no reason given", one.by ? system(one.by) : ""]);
      const table = charts.table(["day", "set", "reason", "by"], rows);
      table.id = "retractions";
      fold(`Retracted lessons (${number(data.totals.retracted)})`, table);
    }
  }

  // ---- the list of lessons

  const PORTION = 25;
  const FEW = 5; // not worth a click
  const view = { most: PORTION };
  const ORDERS = {
    effective: (a, b) => b.effective - a.effective, failed: (a, b) => b.failed - a.failed || a.worked - b.worked, systems: (a, b) => b.systems - a.systems,
    first: (a, b) => (a.first < b.first) - (a.first > b.first), title: (a, b) => (a.title.toLowerCase() > b.title.toLowerCase()) - (a.title.toLowerCase() < b.title.toLowerCase()),
  };
  const OUTCOMES = { worked: (l) => l.worked > 0 && !l.failed, failed: isFailed, disputed: isDisputed, none: (l) => !l.worked && !l.failed };

  function chosen() {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [set, by, outcome, period, least, order] = ["set", "system", "outcome", "period", "least", "order"].map((id) => at(id).value);
    const from = period ? new Date(charts.at(today) - (Number(period) - 1) * 86400000).toISOString().slice(0, 10) : "";
    const found = lessons.filter(
      (l) =>
        (!set || l.set === set) && (!by || l.known.includes(by)) && l.effective >= (Number(least) || 0) &&
        (!outcome || OUTCOMES[outcome](l)) && (!from || isNew(l, from)) &&
        words.every((word) => l.words.includes(word) || l.id.startsWith(word)),
    );
    return found.sort((a, b) => ORDERS[order](a, b) || ORDERS.effective(a, b) || (a.id > b.id) - (a.id < b.id));
  }

  function item(lesson) {
    const facts = joined([outcomes(lesson), [lesson.set], lesson.first ? [lesson.first] : []]);
    const title = element("span", { className: "title" }, lesson.title, ...mark(lesson));
    const line = element("summary", {}, element("span", { className: "score" }, lesson.effective.toFixed(2)), title, element("small", {}, ...facts));
    const made = element("details", { className: "lesson", id: lesson.anchor }, line);
    made.addEventListener("toggle", () => open(made, lesson));
    return made;
  }

  function open(made, lesson) {
    if (made.querySelector(".whole")) return;
    const says = (text) => text.replace(/\s+/g, " ").trim();
    const texts = Object.entries(lesson.texts || {}).filter(([name, text]) => name !== "value_score" && !lesson.title.includes(says(text)));
    const about = [
      lesson.claimed === null ? "no author's score" : `author's score ${lesson.claimed.toFixed(2)}`,
      `learned by ${lesson.known.map(system).join(", ") || "an unknown system"}`,
      lesson.first && `first learned ${lesson.first}`, `id ${lesson.id}`,
    ].filter(Boolean);
    const link = element("a", { href: `#${lesson.anchor}` }, "Link to this lesson");
    made.append(
      element(
        "div", { className: "whole" },
        lesson.texts ? element("dl", {}, ...texts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])) : element("p", { className: "about" }, "This page has no room for its text."),
        element("p", { className: "facts" }, about.join(" · ")),
        element("div", { className: "commands" }, command(`git fedlearn show ${lesson.id}`), ...(lesson.failed ? [command(retract(lesson))] : []), link),
      ),
    );
  }

  function show() {
    const found = chosen();
    if (found.length < view.most + FEW) view.most += FEW;
    at("rows").replaceChildren(...found.slice(0, view.most).map(item));
    const left = data.left_out ? `; ${number(data.left_out)} of the lowest score are left out of this page` : "";
    const all = found.length === lessons.length && !left ? "" : ` (${number(lessons.length)} in all${left})`;
    at("shown").textContent = `${number(Math.min(view.most, found.length))} of ${plural(found.length, "lesson")} shown${all}`;
    at("longer").hidden = found.length <= view.most;
  }

  const NO_FILTER = { search: "", set: "", system: "", outcome: "", period: "", least: "0", order: "effective" };

  function choose(values) {
    for (const [id, value] of Object.entries({ ...NO_FILTER, ...values })) at(id).value = value;
    view.most = PORTION;
    show();
  }

  function openAnchor() {
    const anchor = decodeURIComponent(location.hash.slice(1));
    const lesson = lessons.find((one) => one.anchor === anchor);
    if (!lesson) return;
    if (!at(anchor)) {
      choose({});
      view.most = Math.max(PORTION, chosen().indexOf(lesson) + 1);
      show();
    }
    at(anchor).open = true;
    open(at(anchor), lesson);
    at(anchor).scrollIntoView();
    at(anchor).querySelector("summary").focus({ preventScroll: true });
  }

  function filters() {
    const options = (id, all, values, label) =>
      at(id).append(element("option", { value: "" }, all), ...values.map((value) => element("option", { value }, label(value))));
    options("set", "all sets", Object.keys(data.totals.sets), (name) => name);
    options("system", "any system", data.all_systems.map((row) => row[0]), (id) => (names[id] ? `${system(id)}, ${id}` : system(id)));
    const form = document.querySelector(".filters");
    form.addEventListener("input", () => {
      view.most = PORTION;
      show();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    at("longer").addEventListener("click", () => {
      view.most += 4 * PORTION;
      show();
    });
    addEventListener("hashchange", openAnchor);
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element && event.target.closest("a[href^='#lesson-']");
      if (link && link.getAttribute("href") === location.hash) openAnchor();
    });
  }

  for (const part of [top, attention, growth, adoption, links, details, filters, show, openAnchor]) part();
  at("lessons").hidden = !data.totals.lessons;
  document.documentElement.dataset.ready = "true";
})();
