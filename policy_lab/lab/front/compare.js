// The first view: which design does best, and how sure can we be?
function compareView(page) {
  const { o, root, designs, groupKeys } = page;
  const main = H("div", { class: "pl-main" });
  let hot = null, updates = [], scale = null, announced = "", said = 0;

  // ---------- words and charts
  const headline = H("h2", {}, main), live = H("div", { class: "pl-sr", role: "status", "aria-live": "polite" }, main);
  const progress = H("progress", { max: 1, "aria-label": "Share of the full answer that is there" }, main), sub = H("p", { class: "pl-sub" }, main);
  const top = H("div", { class: "pl-top" }, main), paths = H("figure", { class: "ov" }, top), ranking = H("figure", { class: "rk" }, top), rest_ = H("p", { class: "pl-cap" }, main), multiples = H("div", { class: "pl-mult" }, main);
  H("b", {}, rest_, "Each alone, with luck and everything that is not known"); H("span", {}, rest_, `${o.measure.variable}. Bands: 50% (dark) and 90% (light) of all futures; thin line: the middle one; thick line: the central path, without luck; grey: the others.`);
  caption(paths, `${titled(o.measure.outcome)}, central path`, `${o.measure.variable} (${o.measure.unit}), at central values without luck. Dashed grey: the bar, ${two(o.measure.bar)}.`);
  const rankWords = caption(ranking, o.measure.title, "");
  const shownDesigns = () => page.now.told.designs.filter(name => designs.has(name));
  const yearly = () => { const t = page.now.arrays.time, per = page.period; const every = Math.max(1, Math.round(per ? (t.length - 1) / (t[t.length - 1] / per) : (t.length - 1) / 10)); return [...t.keys()].filter(k => k % every === 0); };
  const moment = k => page.period ? `year ${two(page.now.arrays.time[k] / page.period)}` : `${two(page.now.arrays.time[k])} ${o.time.unit.toLowerCase()}`;
  const fillPaths = dataTable(paths, `${o.measure.variable} over time`, () => [["Design", ...yearly().map(moment)], ...shownDesigns().map(name => [designs.get(name).short, ...yearly().map(k => two(central(name)[k]))])]);
  const fillRanking = dataTable(ranking, o.measure.title, () => [["Design", "risk", "9 in 10 worlds", "chance it is lowest", "if wrong, worse by (1 in 20)", "burden ratio"],
    ...shownDesigns().map(name => { const r = row(name); return [designs.get(name).short, percent(r.risk), r.rested ? `${percent(r.risk_q05)} to ${percent(r.risk_q95)}` : "settling", r.rested ? chance(r) : "settling", r.rested ? worse(r) : "settling", r.rested ? burden(r, name) : "settling"]; })]);

  // ---------- numbers
  const index = (name, source = page.now) => source.told.designs.indexOf(name);
  const central = (name, source = page.now) => { const n = source.arrays.time.length, at = index(name, source); return source.arrays.central.subarray(at * n, (at + 1) * n); };
  const band = (quantile, name, source = page.now) => { const n = source.arrays.time.length, m = source.told.designs.length, at = index(name, source); return source.arrays.bands.subarray((quantile * m + at) * n, (quantile * m + at + 1) * n); };
  const row = (name, source = page.now) => {
    const at = index(name, source), found = { rested: source.told.kind === "rested", withheld: source.told.withheld[at] };
    for (const [key, ...shape] of source.told.arrays) if (shape.length === 1 && key !== "time") found[key] = source.arrays[key][at];
    return found;
  };
  const chance = r => r.withheld || percent(r.chance_best);
  const worse = r => known(r.regret_1_in_20) ? `${Math.round(100 * r.regret_1_in_20)} pts` : "–";
  const burden = (r, name) => name === o.base ? "1 (base)" : known(r.burden_ratio) ? `${two(r.burden_ratio)} (${two(r.burden_ratio_q05)}–${two(r.burden_ratio_q95)})` : "–";
  const grouped = () => groupKeys.map(key => [key, shownDesigns().filter(name => designs.get(name).group === key)]).filter(pair => pair[1].length)
    .sort((a, b) => (b[0] === designs.get(o.base)?.group) - (a[0] === designs.get(o.base)?.group));

  // One scale for all charts of the measure. It moves in round steps, and only when it must, so that no drag makes it jitter.
  function needed() {
    let low = o.measure.bar, high = o.measure.bar;
    const take = values => { for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); } };
    for (const source of page.pinned ? [page.now, page.pinned] : [page.now]) for (const name of source.told.designs) if (screenHas(name)) { take(central(name, source)); if (source.told.kind === "rested") { take(band(0, name, source)); take(band(4, name, source)); } }
    const fits = scale && low >= scale[0] && high <= scale[1] && (high - low) > 0.35 * (scale[1] - scale[0]);
    if (fits) return scale;
    const marks = ticks(low - 1e-9, high + 1e-9, 4), step = marks.length > 1 ? marks[1] - marks[0] : Math.abs(high) || 1;
    return [Math.floor(low / step + 1e-6) * step, Math.ceil(high / step - 1e-6) * step];
  }
  const level = v => { if (!known(v)) return "not known"; const span = scale[1] - scale[0], digits = span < 0.2 ? 3 : span < 2 ? 2 : span < 20 ? 1 : 0; return v.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }); };
  const screenHas = name => designs.has(name);

  // ---------- layout: built anew when its size, the designs or the scale change; a movement only moves what is there
  function layout() {
    if (!page.now) return;
    scale = needed(); updates = [];
    for (const fig of [paths, ranking]) fig.querySelector("svg")?.remove();
    multiples.replaceChildren();
    const names = shownDesigns(), last = page.now.arrays.time.length - 1, per = page.period;
    const years = per ? ticks(0, page.now.arrays.time[last] / per, 5).filter(y => y <= page.now.arrays.time[last] / per + 1e-9) : ticks(0, page.now.arrays.time[last], 5);
    const place = y => last * (per ? y * per : y) / page.now.arrays.time[last];
    const axes = (s, x, y, about, few) => {
      for (const v of ticks(scale[0], scale[1], about)) { S("line", { class: "gr", x1: x(0), x2: x(last), y1: y(v), y2: y(v) }, s); S("text", { class: "t", x: x(0) - 6, y: y(v) + 4, "text-anchor": "end" }, s, String(v)); }
      S("line", { class: "bar", x1: x(0), x2: x(last), y1: y(o.measure.bar), y2: y(o.measure.bar) }, s);
      const placed = S("g", {}, s); updates.push(() => eventMarks(page, placed, at => x(last * at / page.now.arrays.time[last]), y(scale[1]), y(scale[0]), !few));
      const marks = few ? [years[0], years[years.length - 1]] : years;
      marks.forEach((v, k) => S("text", { class: "t", x: x(place(v)), y: y(scale[0]) + 17, "text-anchor": k === 0 ? "start" : k === marks.length - 1 ? "end" : "middle" }, s, k === 0 ? (per ? "year 0" : `0 ${o.time.unit.toLowerCase()}s`) : String(v)));
    };
    overlay(names, last, axes);
    rank(names);
    small(names, last, axes);
    draw();
  }

  function overlay(names, last, axes) {
    const W = Math.max(300, paths.clientWidth || 600), beside = !root.classList.contains("nar") && !root.classList.contains("mid");
    const high = Math.max(300, names.length * 18 + 40, beside ? 44 + 22 * grouped().length + 34 * names.length : 0), L = 40, T = 12, longest = Math.max(...names.map(name => designs.get(name).short.length)), R = W - Math.min(0.5 * W, 24 + 7.4 * longest + (page.pinned ? 92 : 38)), B = high - 26;
    const x = t => L + (R - L) * t / last, y = v => B - (B - T) * (v - scale[0]) / (scale[1] - scale[0]);
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" });
    paths.insertBefore(s, paths.querySelector("details")); axes(s, x, y, 5, false);
    const items = names.map(name => { const d = designs.get(name); const it = { name, d, band: S("path", { class: "hb", style: `fill:${d.colour}` }, s), was: S("path", { class: "pn", style: `stroke:${d.colour}` }, s), line: S("path", { class: "ln", style: `stroke:${d.colour}`, "stroke-dasharray": d.dash }, s), dot: S("circle", { r: 3, style: `fill:${d.colour}` }, s), lead: S("path", { class: "ld", style: `stroke:${d.colour}` }, s), text: S("text", { class: "dl" }, s) };
      it.label = S("tspan", { class: "b", style: `fill:${d.ink}` }, it.text); it.value = S("tspan", {}, it.text); return it; });
    updates.push(() => {
      for (const it of items) {
        const v = central(it.name), end = v[last];
        set(it.line, { d: line(v, x, y), class: hot && hot !== it.name ? "ln dim" : it.name === o.base ? "ln base" : "ln" });
        set(it.band, { d: hot === it.name && page.now.told.kind === "rested" ? ribbon(band(0, it.name), band(4, it.name), x, y) : "" });
        set(it.was, { d: page.pinned && hot === it.name && index(it.name, page.pinned) >= 0 ? line(central(it.name, page.pinned), x, y) : "" });
        it.end = end; it.y = y(Number.isFinite(end) ? end : scale[0]); set(it.dot, { cx: R, cy: it.y });
        write(it.label, `${it.d.short} `); write(it.value, level(end) + (page.pinned && index(it.name, page.pinned) >= 0 ? ` (${signed(end - central(it.name, page.pinned)[last], 2)})` : ""));
      }
      const order = [...items].sort((a, b) => a.y - b.y);
      order.forEach((it, k) => { it.p = Math.max(it.y, k ? order[k - 1].p + 17 : T); });
      for (let k = order.length - 1, limit = B; k >= 0; k -= 1) { order[k].p = Math.min(order[k].p, limit); limit = order[k].p - 17; }
      for (const it of order) { set(it.text, { x: R + 16, y: it.p + 4.5 }); set(it.lead, { d: `M${R + 5},${it.y}L${R + 13},${it.p}` }); }
      s.setAttribute("aria-label", `Lines over time. ${titled(o.measure.outcome)} at the end, highest first: ${order.map(it => `${it.d.short} ${level(it.end)}`).join("; ")}. The bar is ${two(o.measure.bar)}.${eventWords(page)}`);
    });
  }

  function rank(names) {
    const groups = grouped(), W = Math.max(320, ranking.clientWidth || 420), rh = 34, gh = 22, L = 2, C = [W - 126, W - 58, W - 2], R = W - 206, top_ = 34;
    const high = top_ + groups.reduce((sum, pair) => sum + gh + pair[1].length * rh, 0) + 22, B = high - 20, x = v => L + (R - L) * v;
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }); ranking.insertBefore(s, ranking.querySelector("details"));
    const heads = [["chance", "it is lowest"], ["if wrong,", "worse by"], ["burden", "ratio"]];
    heads.forEach((words, k) => words.forEach((word, at) => S("text", { class: "t", x: C[k], y: 12 + at * 13, "text-anchor": "end" }, s, word)));
    for (const v of [0, 0.25, 0.5, 0.75, 1]) { S("line", { class: "gr", x1: x(v), x2: x(v), y1: top_ - 4, y2: B }, s); S("text", { class: "t", x: x(v), y: B + 15, "text-anchor": v === 0 ? "start" : "middle" }, s, v === 1 ? "100%" : String(v * 100)); }
    let at = top_;
    const sets = groups.map(([key, members]) => {
      S("text", { class: "gh", x: L, y: at + 13 }, s, o.groups[key]); const from = at + gh; at = from + members.length * rh;
      return { from, items: members.map(name => { const d = designs.get(name), g = S("g", { class: "rr" }, s), it = { name, d, g };
        it.text = S("text", { class: "dl", x: L, y: 12 }, g); S("tspan", { class: "b", style: `fill:${d.ink}` }, it.text, `${d.short} `); it.value = S("tspan", {}, it.text);
        it.wide = S("line", { class: "i90", style: `stroke:${d.colour}`, y1: 23, y2: 23 }, g); it.half = S("line", { class: "i50", style: `stroke:${d.colour}`, y1: 23, y2: 23 }, g); it.was = S("path", { class: "pm" }, g); it.dot = S("circle", { class: "md", r: 4.5, cy: 23, style: `stroke:${d.colour}` }, g);
        it.cells = C.map((right, k) => S("text", { class: "num", x: right, y: 27, "text-anchor": "end" }, g)); return it; }) };
    });
    updates.push(() => {
      const rest = page.now.told.kind === "rested", spoken = [];
      write(rankWords, rest ? `share of ${page.now.told.cases.toLocaleString("en-GB")} futures that fall short: mean, middle half and 9 in 10 of ${page.now.told.worlds} worlds` : `share of ${page.now.told.cases} sample futures that fall short; ranges and chances follow at rest`);
      for (const { from, items } of sets) {
        for (const it of items) {
          it.r = row(it.name); const r = it.r;
          write(it.value, percent(r.risk) + (page.pinned && index(it.name, page.pinned) >= 0 ? ` (${signed(100 * (r.risk - row(it.name, page.pinned).risk), 0)})` : ""));
          set(it.dot, { cx: x(known(r.risk) ? r.risk : 0), class: rest ? "md" : "md soft" });
          for (const [node, a, b] of [[it.wide, "risk_q05", "risk_q95"], [it.half, "risk_q25", "risk_q75"]]) { node.style.display = rest && known(r[a]) ? "" : "none"; if (rest && known(r[a])) set(node, { x1: x(r[a]), x2: x(r[b]) }); }
          set(it.was, { d: page.pinned && index(it.name, page.pinned) >= 0 ? `M${x(row(it.name, page.pinned).risk)},14v18` : "" });
          const cells = rest ? [r.withheld === "order put in" ? "put in" : r.withheld ? "–" : percent(r.chance_best), worse(r), it.name === o.base ? "1" : known(r.burden_ratio) ? two(r.burden_ratio) : "–"] : ["", "", ""];
          it.cells.forEach((cell, k) => write(cell, cells[k]));
          set(it.g, { class: hot && hot !== it.name ? "rr dim" : "rr" });
        }
        [...items].sort((a, b) => a.r.risk - b.r.risk || (a.name < b.name ? -1 : 1)).forEach((it, k) => { it.g.style.transform = `translateY(${from + k * rh}px)`; spoken.push(`${it.d.short} ${percent(it.r.risk)}${rest ? `, 9 in 10 worlds ${percent(it.r.risk_q05)} to ${percent(it.r.risk_q95)}` : ""}`); });
      }
      s.setAttribute("aria-label", `Ranking inside each group, lowest risk first: ${spoken.join("; ")}.`);
    });
  }

  function small(names, last, axes) {
    const room = multiples.clientWidth || root.clientWidth - 40, cols = Math.max(2, Math.min(names.length, Math.floor(room / 172)));
    multiples.style.gridTemplateColumns = `repeat(${cols},minmax(0,1fr))`;
    // All of these charts have one size: each central path is written once, and every chart refers to it.
    const W = Math.max(140, Math.floor((room - (cols - 1) * 18) / cols)), high = 128, L = 34, R = W - 6, T = 6, B = high - 22, x = t => L + (R - L) * t / last, y = v => B - (B - T) * (v - scale[0]) / (scale[1] - scale[0]);
    const shapes = S("defs", {}, S("svg", { width: 0, height: 0, "aria-hidden": "true", class: "pl-shapes" }, multiples)), shape = new Map(names.map(name => [name, S("path", { id: fresh() }, shapes)]));
    updates.push(() => { for (const [name, node] of shape) set(node, { d: line(central(name), x, y) }); });
    for (const [, members] of grouped()) for (const name of members) {
      const d = designs.get(name), fig = H("figure", { class: "sm", tabindex: "0" }, multiples), cap = H("figcaption", {}, fig);
      H("b", { style: `color:${d.ink}` }, cap, d.short); const words = H("span", {}, cap);
      fig.onmouseenter = fig.onfocus = () => { hot = name; draw(); }; fig.onmouseleave = fig.onblur = () => { hot = null; draw(); };
      const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: "100%", role: "img" }, fig); axes(s, x, y, 3, true);
      for (const other of names) if (other !== name) S("use", { href: `#${shape.get(other).id}`, class: "gh" }, s);
      const wide = S("path", { class: "b90", style: `fill:${d.colour}` }, s), half = S("path", { class: "b50", style: `fill:${d.colour}` }, s), middle = S("path", { class: "mid", style: `stroke:${d.colour}` }, s), was = S("path", { class: "pn", style: "stroke:var(--fg)" }, s); S("use", { href: `#${shape.get(name).id}`, class: "ln", style: `stroke:${d.colour}` }, s);
      updates.push(() => {
        const rest = page.now.told.kind === "rested", v = central(name);
        set(wide, { d: rest ? ribbon(band(0, name), band(4, name), x, y) : "" }); set(half, { d: rest ? ribbon(band(1, name), band(3, name), x, y) : "" });
        set(was, { d: page.pinned && index(name, page.pinned) >= 0 ? line(central(name, page.pinned), x, y) : "" });
        const range = rest ? `${level(band(0, name)[last])} to ${level(band(4, name)[last])}` : "";
        set(middle, { d: rest ? line(band(2, name), x, y) : "" });
        write(words, rest ? `${level(band(2, name)[last])}, 9 in 10: ${range}` : `central path ${level(v[last])}`);
        s.setAttribute("aria-label", `${d.short}: ${o.measure.outcome} ends at ${level(v[last])} on the central path${rest ? `, at ${level(band(2, name)[last])} in the middle one of all futures, 9 in 10 futures ${range}` : ""}.`);
      });
    }
  }

  // ---------- drawing
  function draw() {
    if (!page.now) return;
    const next = needed();
    if (scale && (next[0] !== scale[0] || next[1] !== scale[1])) { layout(); return; }
    for (const update of updates) update();
    const { told } = page.now, rest = told.kind === "rested";
    root.classList.toggle("settling", !rest || !told.whole);
    write(headline, told.headline || ""); write(sub, told.sub || "");
    progress.value = rest ? told.worlds / told.of : 0; progress.classList.toggle("done", rest && told.whole);
    if (rest && told.whole && told.headline !== announced) { announced = told.headline; clearTimeout(said); said = setTimeout(() => write(live, announced), 250); }
    if (!document.activeElement?.closest?.(".pl-data")) { fillPaths(); fillRanking(); }
  }

  return { name: "compare", title: "Compare designs", main, layout, draw: same => { if (same && updates.length) draw(); else layout(); }, stop: () => clearTimeout(said) };
}
