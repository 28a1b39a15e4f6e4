// Panels of the view Explain that show single cells or single provisions: a pairwise variable as a table of cells, a
// balance of two variables as bars to either side, and a waterfall from one design to another.
// Numbers and sentences come from policy_lab/lab/panels.py and clause_panel.py, sentences for every moment at once, so
// that playing asks for nothing.
const STEPS = 12; // shades of the table of cells; panels.css names them
const digits = places => v => !known(v) ? "not known" : (+v.toFixed(places) + 0).toLocaleString("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places }).replace("-", "−");

// Which of the told moments is nearest to a saved one: long runs are thinned out on the way.
function slotOf(moments, at) {
  if (moments[at] === at) return at;
  let low = 0, high = moments.length - 1;
  while (high - low > 1) { const middle = (low + high) >> 1; if (moments[middle] <= at) low = middle; else high = middle; }
  return at - moments[low] <= moments[high] - at ? low : high;
}

// Words broken into at most `most` lines of about `room` signs.
function broken(words, room, most = 2) {
  const lines = [];
  for (const word of words.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && (`${lines[last]} ${word}`.length <= room || last === most - 1)) lines[last] += ` ${word}`; else lines.push(word);
  }
  return lines.map(one => one.length > room + 3 ? `${one.slice(0, room)}…` : one);
}

// ---------- a pairwise variable: who gives in the rows, who receives in the columns
function matrixPanel(page, host) {
  const offered = page.o.panels.matrix;
  if (!offered.length) return null;
  const { designs } = page, element = H("div", { class: "pl-cells" });
  let bound = offered[0], told = null, values = null, moments = null, picked = [0, 0], cells = [], chart = null, asked = "", same = false;

  const box = offered.length > 1 ? H("select", { "aria-label": "Variable shown cell by cell" }, H("label", { class: "pl-choice" }, element)) : null;
  for (const one of offered) if (box) H("option", { value: one.variable }, box, one.title === one.variable ? one.title : `${one.title} (${one.variable})`);
  if (box) box.onchange = () => { bound = offered.find(one => one.variable === box.value); picked = null; refresh(); };
  const words = H("p", { class: "pl-said" }, element), sides = H("div", { class: "pl-sides" }, element);
  const left = H("div", { class: "pl-grid" }, sides), table = H("table", { role: "grid" }, left);
  const scale = H("div", { class: "pl-scale", "aria-hidden": "true" }, left), note = H("p", { class: "pl-hint" }, left);
  const right = H("figure", { class: "pl-cellpath" }, sides), title = H("figcaption", {}, right), name = H("b", {}, title), beside = H("span", {}, title);
  const fill = dataTable(element, "every cell at this moment", content);

  const short = which => designs.get(which).short;
  const slot = () => slotOf(moments, host.at());
  const shape = () => [bound.rows.length, bound.columns.length];
  const at = (design, k, row, column) => { const [r, c] = shape(); return values[((design * moments.length + k) * r + row) * c + column]; };
  const figure_ = v => digits(told.places)(v);
  const shown = (row, column) => told.shown[row][column] === 1;
  const ready = () => told && told.variable === bound.variable;

  function content() {
    if (!ready()) return [["Cell"], ["not there yet"]];
    const k = slot(), end = moments.length - 1, heads = [titled(bound.across[0]), titled(bound.across[1]), "at the start", `in ${host.moment(host.at())}`];
    const rows = [same ? [...heads, "at the end"] : [...heads, `in ${short(told.against)}`, "at the end"]];
    bound.rows.forEach((row, r) => bound.columns.forEach((column, c) => {
      if (!shown(r, c)) return;
      const now = [row, column, figure_(at(0, 0, r, c)), figure_(at(0, k, r, c))];
      rows.push([...now, ...same ? [] : [figure_(at(1, k, r, c))], figure_(at(0, end, r, c))]);
    }));
    return rows;
  }

  // The grid is built once for a variable; a moment only changes what stands in its cells.
  function build() {
    table.replaceChildren(); cells = [];
    set(table, { "aria-label": `${bound.title}: rows ${bound.across[0]}, columns ${bound.across[1]}. Arrow keys move between cells.` });
    const head = H("tr", {}, H("thead", {}, table)), corner = H("th", { class: "co", scope: "col" }, head);
    H("span", {}, corner, `${bound.across[0]} ↓`); H("span", {}, corner, `${bound.across[1]} →`);
    for (const column of bound.columns) H("th", { scope: "col" }, head, column);
    const body = H("tbody", {}, table);
    bound.rows.forEach((row, r) => {
      const tr = H("tr", {}, body); H("th", { scope: "row" }, tr, row); cells.push([]);
      bound.columns.forEach((column, c) => {
        const cell = H("td", { role: "gridcell", tabindex: "-1" }, tr);
        cell.onmouseenter = cell.onfocus = () => pick(r, c);
        cell.onkeydown = event => step(event, r, c);
        cells[r].push(cell);
      });
    });
    scale.replaceChildren(); H("span", {}, scale, figure_(told.low));
    for (let k = 0; k < STEPS; k += 1) H("i", { class: `q${k}` }, scale);
    H("span", {}, scale, figure_(told.high));
    const blank = told.shown.some(row => row.includes(0)) ? " Blank: each with itself, which means nothing." : "";
    write(note, `${bound.meaning ? `${bound.meaning} ` : ""}${bound.unit === "no unit" ? "" : `In ${bound.unit}. `}One scale for the whole time line${same ? "" : " and both designs"}.${blank}`);
  }
  function step(event, r, c) {
    const [rows, columns] = shape(), all = event.ctrlKey;
    const to = { ArrowRight: [r, c + 1], ArrowLeft: [r, c - 1], ArrowDown: [r + 1, c], ArrowUp: [r - 1, c], Home: [all ? 0 : r, 0], End: [all ? rows - 1 : r, columns - 1] }[event.key];
    if (!to) return;
    event.preventDefault();
    cells[Math.max(0, Math.min(rows - 1, to[0]))][Math.max(0, Math.min(columns - 1, to[1]))].focus();
  }
  function pick(r, c) {
    if (picked && cells[picked[0]]?.[picked[1]]) { const before = cells[picked[0]][picked[1]]; set(before, { tabindex: "-1" }); before.classList.remove("on"); }
    picked = [r, c]; set(cells[r][c], { tabindex: "0" }); cells[r][c].classList.add("on");
    drawPath();
  }

  function paint() {
    const k = slot(), span = told.high - told.low || 1;
    bound.rows.forEach((_, r) => bound.columns.forEach((__, c) => {
      const cell = cells[r][c], on = picked[0] === r && picked[1] === c ? " on" : "";
      if (!shown(r, c)) { set(cell, { class: `no${on}`, "aria-label": `${told.named[r][c]}: left blank` }); return; }
      const v = at(0, k, r, c), shade = Math.max(0, Math.min(STEPS - 1, Math.floor(STEPS * (v - told.low) / span)));
      set(cell, { class: `${known(v) ? `q${shade}` : "no"}${on}`, "aria-label": `${told.named[r][c]}: ${figure_(v)}${same ? "" : `; ${figure_(at(1, k, r, c))} in ${short(told.against)}`}` });
      write(cell, figure_(v));
    }));
    write(words, `${titled(host.moment(host.at()))}, ${short(told.design)}. ${told.words[k]}`);
    moveMark(k);
    if (!element.querySelector(".pl-data")?.contains(document.activeElement)) fill();
  }

  // ---------- the path of one cell, beside the other design's
  function drawPath() {
    chart?.svg.remove(); chart = null;
    if (!ready() || !right.clientWidth) return;
    const [r, c] = picked, W = right.clientWidth, high = 190, last = moments.length - 1, L = 8 + 7 * Math.max(figure_(told.low).length, figure_(told.high).length), R = W - 12, T = 10, B = high - 22;
    const pad = 0.04 * (told.high - told.low) || 0.5, x = t => L + (R - L) * t / (last || 1), y = v => B - (B - T) * (v - told.low + pad) / (told.high - told.low + 2 * pad);
    const svg = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }, right);
    for (const v of ticks(told.low, told.high || told.low + 1, 3)) { S("line", { class: "gr", x1: L, x2: R, y1: y(v), y2: y(v) }, svg); S("text", { class: "t", x: L - 6, y: y(v) + 4, "text-anchor": "end" }, svg, figure_(v)); }
    const time = host.time(), per = page.period || 1, end = time[time.length - 1] / per;
    const years = ticks(0, end, 5).filter(v => v <= end + 1e-9), place = v => x(last * v / end);
    years.forEach((v, k) => S("text", { class: "t", x: place(v), y: high - 5, "text-anchor": k ? "middle" : "start" }, svg, k ? String(v) : page.period ? "year 0" : `${page.o.time.unit.toLowerCase()} 0`));
    chart = { svg, x, y, mark: S("line", { class: "cu", y1: T, y2: B }, svg), dots: [] };
    if (shown(r, c)) for (const [k, which] of (same ? [told.design] : [told.design, told.against]).entries()) {
      const d = designs.get(which), path = Array.from({ length: last + 1 }, (_, t) => at(k, t, r, c));
      S("path", { class: k ? "ln ot" : "ln", style: `stroke:${d.colour}`, d: path.some(v => !known(v)) ? "" : line(path, x, y) }, svg);
      chart.dots.push(S("circle", { r: 4, class: k ? "ot" : "", style: `fill:${d.colour}` }, svg));
    }
    moveMark(slot());
  }
  function moveMark(k) {
    if (!chart) return;
    const [r, c] = picked, x = chart.x(k);
    set(chart.mark, { x1: x, x2: x });
    chart.dots.forEach((dot, design) => { const v = at(design, k, r, c); set(dot, { cx: x, cy: chart.y(known(v) ? v : told.low) }); dot.style.display = known(v) ? "" : "none"; });
    write(name, titled(told.named[r][c]));
    const spoken = shown(r, c) ? [`${short(told.design)} (thick): ${figure_(at(0, k, r, c))}`, ...same ? [] : [`${short(told.against)} (thin): ${figure_(at(1, k, r, c))}`], `at the start ${figure_(at(0, 0, r, c))}`] : ["left blank: it means nothing"];
    write(beside, spoken.join(" · "));
    set(chart.svg, { "aria-label": `${titled(told.named[r][c])} over time. In ${host.moment(host.at())}: ${spoken.join("; ")}.` });
  }

  function refresh() {
    same = host.design() === host.against(); asked = bound.variable;
    host.request({ variable: bound.variable });
  }
  return {
    name: "matrix", title: offered.length > 1 ? "Cell by cell" : bound.title, element, refresh,
    layout() { if (ready()) { drawPath(); paint(); } },
    moved() { if (ready()) paint(); },
    receive(content, arrays) {
      if (content.variable !== asked) return; // another variable was chosen since
      const before = ready() ? JSON.stringify([told.low, told.high, told.shown]) : "", focused = table.contains(document.activeElement);
      ({ values, moments } = arrays); told = content; same = told.design === told.against;
      const [r, c] = shape();
      if (!picked || picked[0] >= r || picked[1] >= c || !before && !focused) picked = [...told.widest];
      if (before !== JSON.stringify([told.low, told.high, told.shown])) build();
      pick(...picked); paint();
      if (focused) cells[picked[0]][picked[1]].focus();
    },
  };
}

// ---------- a balance: what speaks for it on the right, what stands in its way on the left
function balancePanel(page, host) {
  const bound = page.o.panels.balance;
  if (!bound) return null;
  const { designs } = page, element = H("div", { class: "pl-balance" }), words = H("p", { class: "pl-said" }, element);
  if (bound.meaning) H("p", { class: "pl-hint" }, element, bound.meaning);
  const key = H("p", { class: "pl-key", "aria-hidden": "true" }, element), plots = H("div", { class: "pl-bars" }, element);
  const fill = dataTable(element, bound.title, content);
  const [pro, con] = bound.names, levels = bound.columns.length, short = which => designs.get(which).short;
  let told = null, sides = null, moments = null, updates = [];

  const slot = () => slotOf(moments, host.at()), same = () => told.design === told.against;
  const at = (side, design, k, row, level) => sides[side][((design * moments.length + k) * bound.rows.length + row) * levels + level];
  const mean = (side, design, k, row) => { let sum = 0; for (let level = 0; level < levels; level += 1) sum += at(side, design, k, row, level); return sum / levels; };
  const value = (side, design, k, row, level) => level < levels ? at(side, design, k, row, level) : mean(side, design, k, row);
  const figure_ = v => digits(told.places)(v), net = (design, k, row, level) => value("motivators", design, k, row, level) - value("barriers", design, k, row, level);
  const gap = v => known(v) ? signed(v, told.places + 1) : "not known";
  const named = level => level < levels ? bound.columns[level] : "Mean of all";

  function content() {
    if (!told) return [["Row"], ["not there yet"]];
    const k = slot(), rows = [["", "", titled(con), titled(pro), "balance", "balance at the start", ...same() ? [] : [`balance in ${short(told.against)}`]]];
    bound.rows.forEach((row, r) => { for (let level = 0; level <= levels; level += 1) rows.push([row, named(level), figure_(value("barriers", 0, k, r, level)), figure_(value("motivators", 0, k, r, level)), gap(net(0, k, r, level)), gap(net(0, 0, r, level)), ...same() ? [] : [gap(net(1, k, r, level))]]); });
    return rows;
  }

  // A thin mark on a ground of its own, so that it shows on a bar of any colour.
  const marked = (kind, svg, y1, y2) => [S("line", { class: "halo", y1, y2 }, svg), S("line", { class: kind, y1, y2 }, svg)];
  function layout() {
    if (!told || !plots.clientWidth) return;
    plots.replaceChildren(); updates = [];
    const room = plots.clientWidth, columns = Math.max(1, Math.min(3, Math.floor((room + 32) / 452))), W = Math.floor((room - (columns - 1) * 32) / columns);
    plots.style.gridTemplateColumns = `repeat(${columns},minmax(0,1fr))`;
    key.replaceChildren();
    for (const [kind, text] of [["con", `${con} (left)`], ["pro", `${pro} (right)`], ["st", "at the start"], ...same() ? [] : [["ot", short(told.against)]]]) { const one = H("span", {}, key); H("i", { class: kind }, one); H("span", {}, one, text); }
    const L = Math.min(0.34 * W, 12 + 6.6 * Math.max(...bound.columns.map(one => one.length), "Mean of all".length)), M = 40, rh = 24, high = (levels + 1) * rh + 4, centre = L + M + (W - L - 2 * M) / 2, unit = (W - L - 2 * M) / 2 / (told.high || 1);
    bound.rows.forEach((row, r) => {
      const fig = H("figure", {}, plots), cap = H("figcaption", {}, fig); H("b", {}, cap, row);
      const svg = S("svg", { viewBox: `0 0 ${W} ${high}`, width: "100%", role: "img" }, fig);
      for (let level = 0; level <= levels; level += 1) {
        const top = level * rh + (level === levels ? 4 : 0), all = level === levels;
        S("text", { class: all ? "dl b" : "dl", x: 0, y: top + 16 }, svg, named(level));
        const bars = ["barriers", "motivators"].map((side, k) => ({ side, sign: k ? 1 : -1, bar: S("rect", { class: k ? "pro" : "con", y: top + 4, height: rh - 9 }, svg), start: marked("st", svg, top + 2, top + rh - 3), other: marked("ot", svg, top + 2, top + rh - 3), text: S("text", { class: "dl", y: top + 16, "text-anchor": k ? "start" : "end" }, svg) }));
        updates.push(k => {
          const larger = net(0, k, r, level) < 0 ? "barriers" : "motivators";
          for (const { side, sign, bar, start, other, text } of bars) {
            const v = value(side, 0, k, r, level), size = known(v) ? unit * Math.max(0, v) : 0;
            set(bar, { x: sign > 0 ? centre : centre - size, width: size });
            const mark = (nodes, there) => { for (const node of nodes) { node.style.display = known(there) ? "" : "none"; if (known(there)) set(node, { x1: centre + sign * unit * there, x2: centre + sign * unit * there }); } };
            mark(start, value(side, 0, 0, r, level)); mark(other, same() ? NaN : value(side, 1, k, r, level));
            set(text, { x: sign > 0 ? W - M + 6 : L + M - 6, class: side === larger ? "dl b" : "dl" });
            write(text, known(v) ? figure_(v) : "–");
          }
        });
      }
      S("line", { class: "ax", x1: centre, x2: centre, y1: 0, y2: high }, svg);
      updates.push(k => set(svg, { "aria-label": `${row}. ${[...Array(levels + 1).keys()].map(level => `${named(level)}: ${con} ${figure_(value("barriers", 0, k, r, level))}, ${pro} ${figure_(value("motivators", 0, k, r, level))}`).join("; ")}.` }));
    });
    draw();
  }
  function draw() {
    const k = slot();
    for (const update of updates) update(k);
    write(words, `${titled(host.moment(host.at()))}, ${short(told.design)}. ${told.words[k]}`);
    if (!element.querySelector(".pl-data")?.contains(document.activeElement)) fill();
  }
  return {
    name: "balance", title: bound.title, element, layout,
    refresh: () => host.request(),
    moved() { if (told) draw(); },
    receive(content, arrays) {
      const fits = told && updates.length && told.high === content.high && told.against === content.against && told.design === content.design;
      told = content; sides = arrays; ({ moments } = arrays);
      if (fits) draw(); else layout();
    },
  };
}

// ---------- a waterfall: which provision does the work on the way from one design to the other
function clausePanel(page, host) {
  const { designs } = page, element = H("div", { class: "pl-clauses" });
  H("p", { class: "pl-hint" }, element, "Shares the difference between the two designs out over the provisions in which they differ, with luck and everything that is not known, in the scenario and at the values that are set. A share is what a provision changes on average over all orders in which the provisions could come in.");
  const acts = H("div", { class: "pl-acts" }, element), begin = button(acts, "Work it out", "Work it out: which provision does the work", work, "pri"), cancel = button(acts, "Cancel", "Cancel working it out", () => host.request({ do: "stop" }));
  const bar = H("progress", { max: 1, hidden: "", "aria-label": "How far it is worked out" }, element), status = H("p", { class: "pl-sub", role: "status" }, element);
  const old = H("p", { class: "pl-alarm", hidden: "" }, element), body = H("div", { hidden: "" }, element);
  const finding = H("h4", {}, body), said = H("p", { class: "pl-said" }, body), pick = H("label", { class: "pl-choice" }, body); H("span", {}, pick, "Share out");
  const box = H("select", {}, pick), fig = H("figure", { class: "pl-fall" }, body), cap = H("figcaption", {}, fig), capBig = H("b", {}, cap), capSmall = H("span", {}, cap);
  const fill = dataTable(fig, "share of each provision", content), pairs = H("div", {}, body), evidence = H("p", { class: "pl-hint" }, body);
  let found = null, measure = null, busy = false, belongs = "", asked = "", spoken = "";

  const short = which => designs.get(which)?.short ?? which;
  // What an answer belongs to: which designs are on screen beside the two does not matter.
  const stand = (screen, first, second) => JSON.stringify([first, second, screen.scenario, screen.area, Object.entries(screen.settings || {}).sort(), Object.entries(screen.levers || {}).sort(), screen.events || []]);
  const now = () => stand(page.now.told.screen, host.against(), host.design());

  function work() { host.request({ do: "work" }); busy = true; asked = now(); spoken = "Working: starting."; show(); }
  function show() {
    const alike = host.design() === host.against();
    begin.disabled = alike || busy && asked === now(); // a newer question takes the place of an older one
    cancel.hidden = !busy; bar.hidden = !busy;
    write(status, alike && !busy ? "Nothing to share out: set the design against another one." : spoken || `From ${short(host.against())} to ${short(host.design())}.`);
    const stale = found && belongs !== now();
    old.hidden = !stale; body.classList.toggle("stale", !!stale);
    if (stale) write(old, `Out of date: this was worked out from ${short(found.first)} to ${short(found.second)}, as the sliders stood then. Work it out again for where they stand now.`);
  }

  function content() {
    if (!measure) return [["Provision"], ["not there yet"]];
    return [["Provision", "scores", "share", "error", "9 in 10 worlds", "by itself", "when all others are there", "can be told from nothing"],
      [short(found.first), "", measure.end_labels[0], "", "", "", "", ""],
      ...measure.bars.map(b => [b.part, b.has, b.label, b.error, b.range, b.alone, b.last, b.clear ? "yes" : "no"]),
      [short(found.second), "", measure.end_labels[1], "", "", "", "", ""], ["All together", "", measure.difference, "", measure.range, "", "", ""]];
  }

  function layout() {
    fig.querySelector("svg")?.remove();
    if (!measure || !fig.clientWidth) return;
    const rows = [{ part: short(found.first), total: measure.ends[0], label: measure.end_labels[0] }, ...measure.bars, { part: short(found.second), total: measure.ends[1], label: measure.end_labels[1], under: `${measure.difference} (${measure.range})` }];
    const W = Math.max(280, fig.clientWidth), narrow = W < 560, L = narrow ? 0.36 * W : Math.min(250, 0.32 * W), R = W - (narrow ? 96 : Math.max(96, 14 + 6.5 * Math.max(...rows.map(row => (row.under || row.range || "").length)))), rh = 38, B = rows.length * rh + 4, high = B + 24;
    const numbers = rows.flatMap(row => row.total != null ? [row.total] : [row.from, row.to, row.low, row.high]).filter(known);
    const lowest = Math.min(...numbers), highest = Math.max(...numbers), span = highest - lowest || Math.abs(highest) || 1, x = v => L + 10 + (R - L - 20) * (v - lowest) / span;
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" });
    fig.insertBefore(s, fig.querySelector("details"));
    for (const v of ticks(lowest, lowest + span, narrow ? 3 : 5)) { S("line", { class: "gr", x1: x(v), x2: x(v), y1: 0, y2: B }, s); S("text", { class: "t", x: x(v), y: high - 6, "text-anchor": "middle" }, s, v ? `${v > 0 ? "+" : "−"}${figure(Math.abs(v))}` : "0"); }
    if (known(measure.ends[0])) S("line", { class: "bar", x1: x(measure.ends[0]), x2: x(measure.ends[0]), y1: rh / 2, y2: B - rh / 2 }, s);
    const room = Math.floor(L / 6.7);
    rows.forEach((row, k) => {
      const top = k * rh, middle = top + rh / 2, total = row.total !== undefined, under = total || (row.has || "").length > room ? "" : row.has;
      const lines = broken(row.part, room, under ? 1 : 2), put = [...lines.map(text => [text, total ? "dl b" : "dl"]), ...under ? [[under, "t"]] : []];
      put.forEach(([text, kind], n) => S("text", { class: kind, x: 0, y: middle + 4 + 15 * (n - (put.length - 1) / 2) }, s, text));
      const range = total ? row.under : row.range, two_ = range && !narrow;
      S("text", { class: total || row.clear ? "dl b" : "dl", x: W, y: middle + (two_ ? -3 : 4), "text-anchor": "end", "data-part": row.part }, s, row.label);
      if (two_) S("text", { class: "t", x: W, y: middle + 12, "text-anchor": "end" }, s, range);
      if (total) { if (known(row.total)) S("circle", { class: "tot", cx: x(row.total), cy: middle, r: 6 }, s); return; }
      if (![row.from, row.to].every(known)) return;
      if ([row.low, row.high].every(known)) S("line", { class: "wh", x1: x(row.low), x2: x(row.high), y1: middle, y2: middle }, s);
      S("rect", { class: `${row.better ? "pro" : "con"}${row.clear ? "" : " dim"}`, x: x(Math.min(row.from, row.to)), width: Math.max(1.5, Math.abs(x(row.to) - x(row.from))), y: middle - 8, height: 16 }, s);
      S("line", { class: "co", x1: x(row.to), x2: x(row.to), y1: middle + 8, y2: middle + rh - 8 }, s);
    });
    set(s, { "aria-label": `Waterfall. ${measure.title}: ${short(found.first)} ${measure.end_labels[0]}; ${measure.bars.map(b => `${b.part} ${b.label}, 9 in 10 worlds ${b.range}${b.clear ? "" : ", cannot be told from nothing"}`).join("; ")}; ${short(found.second)} ${measure.end_labels[1]}.` });
    fill();
  }
  function tell() {
    measure = found.measures.find(one => one.name === box.value) || found.measures[0];
    write(capBig, measure.title); write(capSmall, `Change from ${short(found.first)}, mean over worlds. Blue: for the better; orange: for the worse; pale: cannot be told from nothing; thin line: 9 in 10 worlds; dots: the two designs. ${found.size}`);
    pairs.replaceChildren();
    if (measure.pairs.length) { H("p", { class: "pl-hint" }, pairs, "Together more or less than each by itself (clear beyond three errors):"); const list = H("ul", {}, pairs); for (const [one, other, size, error] of measure.pairs.slice(0, 6)) H("li", {}, list, `${one} and ${other}: ${size} (error ${error})`); }
    layout();
  }
  box.onchange = tell;

  return {
    name: "clauses", title: "Which provision does the work?", element, layout, folded: false,
    refresh: show, moved() {},
    receive(told) {
      if (told.state === "working") { busy = true; bar.value = told.share; spoken = `Working: ${10 * Math.floor(10 * told.share)}%${found && belongs === now() ? ", a first answer is below" : ""}.`; }
      if (told.state === "stopped") { busy = false; spoken = found ? "Cancelled; what was worked out before stays." : "Cancelled."; }
      if (told.state === "refused") { busy = false; spoken = told.words; }
      if (told.state === "found") {
        const kept = found && box.value; found = told; busy = !told.whole; belongs = stand(told.screen, told.first, told.second);
        spoken = told.whole ? "Worked out." : "A first answer; more worlds follow.";
        box.replaceChildren(); for (const one of told.measures) H("option", { value: one.name }, box, one.title);
        box.value = kept && told.measures.some(one => one.name === kept) ? kept : told.start_with;
        write(finding, told.headline + (told.whole ? "" : " (so far)")); write(said, told.sentences.join(" ")); write(evidence, told.evidence);
        body.hidden = false; tell();
      }
      show();
    },
  };
}
EXPLAINING.push(matrixPanel, balancePanel, clausePanel);
