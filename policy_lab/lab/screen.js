// The screen of policy_lab. It only draws: every number and every sentence comes from Python, in one message a movement
// (policy_lab/lab/page.py says how it is laid out). No library, no network; text is set as text, never as HTML.
const SVG = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 2 1 2"];
const GROUPS = 4; // colours of groups; more of them share colours
const YEAR = { month: 12, quarter: 4, year: 1, week: 52, day: 365.25 };
const SILENCE = 12000; // ms without an answer after which the page says so

function make(space, name, attributes = {}, parent = null, text = null) {
  const node = space ? document.createElementNS(space, name) : document.createElement(name);
  for (const key in attributes) if (attributes[key] != null) node.setAttribute(key, attributes[key]);
  if (text != null) node.textContent = text;
  if (parent) parent.appendChild(node);
  return node;
}
const H = (name, attributes, parent, text) => make(null, name, attributes, parent, text);
const S = (name, attributes, parent, text) => make(SVG, name, attributes, parent, text);
const set = (node, attributes) => { for (const key in attributes) node.setAttribute(key, attributes[key]); };
const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const known = v => v != null && Number.isFinite(v);
const percent = v => !known(v) ? "not known" : v > 0 && v < 0.01 ? "<1%" : v > 0.99 && v < 1 ? ">99%" : `${Math.round(v * 100)}%`;
const two = v => !known(v) ? "not known" : v === 0 ? "0" : Math.abs(v) >= 10 || Math.abs(v) < 1e-4 ? (+v.toPrecision(2)).toLocaleString("en-GB") : v.toPrecision(2);
const figure = v => v === 0 ? "0" : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en-GB") : String(+v.toPrecision(4));
const signed = (v, digits) => { const rounded = Math.abs(v).toFixed(digits); return `${+rounded === 0 ? "±" : v > 0 ? "+" : "−"}${rounded}`; };
let ids = 0;
const fresh = () => `pl-${ids += 1}`;

function decode(model) {
  const told = model.get("told"), view = model.get("numbers"), arrays = {};
  if (!told || !told.arrays) return { told: told || {}, arrays };
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength); // its offset need not be a multiple of 4
  let at = 0;
  for (const [name, ...shape] of told.arrays) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = new Float32Array(bytes, at * 4, size);
    at += size;
  }
  return { told, arrays };
}

function ticks(low, high, about) {
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(m => m * power >= rough - 1e-12);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(+(k * step).toPrecision(6));
  return found;
}

const line = (values, x, y, from = 0, to = values.length) => {
  let path = "";
  for (let t = from; t < to; t += 1) path += `${t > from ? "L" : "M"}${x(t).toFixed(1)},${y(values[t]).toFixed(1)}`;
  return path;
};
const ribbon = (low, high, x, y) => {
  let path = line(high, x, y);
  for (let t = low.length - 1; t >= 0; t -= 1) path += `L${x(t).toFixed(1)},${y(low[t]).toFixed(1)}`;
  return `${path}Z`;
};

function render({ model, el }) {
  const o = model.get("opening");
  const groupKeys = Object.keys(o.groups), designs = new Map();
  for (const key of groupKeys) o.designs.filter(d => d.group === key).forEach((d, k) => {
    designs.set(d.name, { ...d, colour: `var(--g${groupKeys.indexOf(key) % GROUPS})`, ink: `var(--t${groupKeys.indexOf(key) % GROUPS})`, dash: DASHES[k % DASHES.length] });
  });
  let screen = structuredClone(model.get("told").screen), asks = Math.max(model.get("told").n || 0, (model.get("asked") || {}).n || 0);
  let now = null, pinned = null, hot = null, updates = [], scale = null, waiting = 0, drawn = 0, pending = false, announced = "", said = 0;

  const root = H("section", { class: "pl", "aria-label": `Compare designs: ${o.title}` }, el);
  // In its command mode JupyterLab takes arrow keys away from a native slider unless they stop here.
  root.addEventListener("keydown", event => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !event.target.matches("input[type=number]")) {
      event.preventDefault(); event.stopPropagation();
      ask(key === "y" || event.shiftKey ? "redo" : "undo", { keep: true });
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });

  // ---------- asking: movements are merged on the way, everything else is sent as it is
  function ask(action, extra = {}) {
    asks += 1;
    const content = { n: asks, do: action, screen: structuredClone(screen), ...extra };
    if (action === "move" && !extra.keep) { model.set("asked", content); model.save_changes(); } else model.send(content);
    clearTimeout(waiting);
    if (action !== "file") waiting = setTimeout(() => { write(alarm, "No answer: the kernel is busy or has stopped. What you see belongs to where the sliders stood before."); alarm.hidden = false; }, SILENCE);
  }

  // ---------- the frame of the page
  const head = H("header", { class: "pl-head" }, root);
  const title = H("div", { class: "pl-title" }, head);
  H("b", {}, title, o.title); H("span", {}, title, o.question);
  const acts = H("div", { class: "pl-acts", role: "toolbar", "aria-label": "Actions" }, head);
  const button = (parent, text, label, act, kind = "") => { const b = H("button", { type: "button", class: kind, "aria-label": label }, parent, text); b.onclick = act; return b; };
  const undo = button(acts, "Undo", "Undo the last change", () => ask("undo", { keep: true }));
  const redo = button(acts, "Redo", "Redo what was undone", () => ask("redo", { keep: true }));
  const pin = button(acts, "Pin", "Pin what is shown, to compare with what comes next", () => togglePin(), "pri");
  H("span", { class: "lab" }, acts, "Save");
  for (const [kind, what] of [["csv", "every number drawn, as a table"], ["png", "the ranking as a picture"], ["svg", "the ranking as a drawing"], ["yaml", "what was chosen, as a scenario file"]])
    button(acts, kind.toUpperCase(), `Save ${what} (${kind.toUpperCase()})`, () => ask("file", { kind }));
  const alarm = H("p", { class: "pl-alarm", role: "alert", hidden: "" }, root);
  const body = H("div", { class: "pl-body" }, root);
  const side = H("form", { class: "pl-side", "aria-label": "What to compare, and under which assumptions" }, body);
  side.onsubmit = event => event.preventDefault();
  const main = H("div", { class: "pl-main" }, body);

  // ---------- left: designs, place, scenario, sliders, judged levers
  const controls = []; // each brings itself into line with the screen
  const choice = (label, name, options, first) => {
    const wrap = H("label", { class: "pl-choice" }, side); H("span", {}, wrap, label);
    const box = H("select", {}, wrap);
    if (first) H("option", { value: "" }, box, first);
    for (const [key, text, hint] of options) H("option", { value: key, title: hint }, box, text);
    box.onchange = () => { screen[name] = box.value; ask("move", { keep: true }); };
    controls.push(() => { box.value = screen[name]; });
  };
  const picker = H("div", { class: "pl-picker" }, side);
  for (const key of groupKeys) {
    const set_ = H("fieldset", {}, picker); H("legend", {}, set_, o.groups[key]);
    for (const d of [...designs.values()].filter(one => one.group === key)) {
      const label = H("label", { class: "pl-chip", title: d.title }, set_), box = H("input", { type: "checkbox" }, label);
      const swatch = S("svg", { width: 22, height: 8, "aria-hidden": "true" }, label);
      S("line", { x1: 0, x2: 22, y1: 4, y2: 4, style: `stroke:${d.colour}`, "stroke-width": 3, "stroke-dasharray": d.dash }, swatch);
      H("span", {}, label, d.name === o.base ? `${d.short} (base)` : d.short);
      box.onchange = () => {
        const on = new Set(screen.designs); box.checked ? on.add(d.name) : on.delete(d.name);
        if (!on.size) { box.checked = true; return; } // one at least
        screen.designs = o.designs.map(one => one.name).filter(name => on.has(name)); ask("move", { keep: true });
      };
      controls.push(() => { box.checked = screen.designs.includes(d.name); });
    }
  }
  if (o.areas.length) choice("Start from the figures of", "area", o.areas, "no one place");
  choice("Scenario", "scenario", o.scenarios);
  const held = (name, base) => name in screen.settings ? screen.settings[name] : base;
  const setTo = (p, value, keep) => {
    if (Math.abs(value - p.base) < 1e-12 * Math.abs(p.base || 1)) delete screen.settings[p.name]; else screen.settings[p.name] = value;
    ask("move", keep ? { keep: true } : {});
  };
  const badge = (parent, p) => H("abbr", { class: `ev ev${p.grade}`, title: p.evidence, "aria-label": `Evidence grade ${p.grade}` }, parent, p.grade);
  const steps = (parent, name, label, chosen, act) => { // low, typical, high
    const set_ = H("div", { class: "pl-steps", role: "radiogroup", "aria-label": label }, parent), group = fresh();
    const boxes = ["low", "typical", "high"].map(step => {
      const wrap = H("label", {}, set_), box = H("input", { type: "radio", name: group, value: step }, wrap); H("span", {}, wrap, step);
      box.onchange = () => act(step); return box;
    });
    controls.push(() => { for (const box of boxes) box.checked = box.value === chosen(); });
  };
  const sliderRow = (p, parent) => {
    const row = H("div", { class: "pl-row" }, parent), id = fresh();
    H("label", { for: id, class: "pl-name", title: p.evidence }, row, p.name); badge(row, p);
    const top = H("span", { class: "pl-value" }, row), foot = () => { const f = H("div", { class: "pl-foot" }, row); return [H("span", {}, f), H("button", { type: "button", class: "lnk", "aria-label": `Reset ${p.name} to its base` }, f, "Reset")]; };
    if (p.stops.length) {
      const label = () => { const at = p.stops.indexOf(held(p.name, p.base)); return at < 0 ? "" : ["low", "typical", "high"][at]; };
      steps(row, p.name, `${p.name}, ${p.unit}`, label, step => setTo(p, p.stops[["low", "typical", "high"].indexOf(step)], true));
      const [text, reset] = foot(); reset.onclick = () => { setTo(p, p.base, true); sync(); };
      row.querySelector("label").removeAttribute("for");
      controls.push(() => { const v = held(p.name, p.base); write(text, `${figure(v)} · ${p.unit}`); row.classList.toggle("chg", p.name in screen.settings); });
      return;
    }
    const number = H("input", { type: "number", min: p.low, max: p.high, step: "any", "aria-label": `${p.name}, ${p.unit}, typed` }, top);
    const wrap = H("div", { class: "pl-range" }, row), range = H("input", { type: "range", id, min: p.low, max: p.high, step: p.step }, wrap);
    const mark = H("i", { class: "tick" }, wrap), [text, reset] = foot();
    const show = () => {
      const base = (now?.told.bases || {})[p.name] ?? p.base, v = held(p.name, base), share = at => (at - p.low) / (p.high - p.low);
      range.value = v; if (document.activeElement !== number) number.value = figure(v).replace(/,/g, "");
      set(range, { "aria-valuetext": `${figure(v)} ${p.unit}; base ${figure(base)}` });
      range.style.setProperty("--f", share(v)); mark.style.left = `calc(8px + (100% - 16px)*${share(base)})`; mark.title = `Base ${figure(base)}`;
      write(text, `base ${figure(base)} · ${p.unit}`); row.classList.toggle("chg", p.name in screen.settings);
    };
    const snapped = () => Math.abs(range.value - p.base) < p.step / 2 ? p.base : +range.value; // the base need not lie on a step
    range.oninput = () => { setTo(p, snapped(), false); show(); };
    range.onchange = () => { setTo(p, snapped(), true); show(); };
    number.onchange = () => { const v = +number.value; if (number.value === "" || !Number.isFinite(v)) { show(); return; } setTo(p, Math.min(p.high, Math.max(p.low, v)), true); number.value = figure(held(p.name, p.base)).replace(/,/g, ""); show(); };
    number.onblur = show;
    reset.onclick = () => { delete screen.settings[p.name]; ask("move", { keep: true }); show(); range.focus(); };
    controls.push(show);
  };
  const sliderGroups = new Map();
  for (const p of o.sliders) {
    if (!sliderGroups.has(p.group)) { const set_ = H("fieldset", { class: "pl-group" }, side); H("legend", {}, set_, p.group); sliderGroups.set(p.group, set_); }
    sliderRow(p, sliderGroups.get(p.group));
  }
  const judged = H("details", { class: "pl-levers" }, side);
  H("summary", {}, judged, "Judged levers of all designs"); H("p", { class: "pl-hint" }, judged, "Each design's score at the low or the high end of what was judged; typical: as drawn. Evidence grade C.");
  for (const lever of o.levers) {
    const row = H("div", { class: "pl-row" }, judged); H("span", { class: "pl-name", title: lever.meaning }, row, lever.title); H("abbr", { class: "ev evC", title: "Evidence grade C: judgement", "aria-label": "Evidence grade C" }, row, "C");
    steps(row, lever.name, lever.title, () => screen.levers[lever.name] || "typical", step => { if (step === "typical") delete screen.levers[lever.name]; else screen.levers[lever.name] = step; ask("move", { keep: true }); });
    controls.push(() => row.classList.toggle("chg", lever.name in screen.levers));
  }
  const all = H("button", { type: "button", class: "lnk all" }, side, "Reset all to base");
  all.onclick = () => { screen.settings = {}; screen.levers = {}; screen.area = ""; ask("move", { keep: true }); sync(); };
  const sync = () => { for (const control of controls) control(); all.hidden = !Object.keys(screen.settings).length && !Object.keys(screen.levers).length && !screen.area; };

  // ---------- right: words and charts
  const headline = H("h2", {}, main), live = H("div", { class: "pl-sr", role: "status", "aria-live": "polite" }, main);
  const progress = H("progress", { max: 1, "aria-label": "Share of the full answer that is there" }, main), sub = H("p", { class: "pl-sub" }, main);
  const top = H("div", { class: "pl-top" }, main), paths = H("figure", { class: "ov" }, top), ranking = H("figure", { class: "rk" }, top), rest_ = H("p", { class: "pl-cap" }, main), multiples = H("div", { class: "pl-mult" }, main);
  H("b", {}, rest_, "Each alone, with luck and everything that is not known"); H("span", {}, rest_, `${o.measure.variable}. Bands: 50% (dark) and 90% (light) of all futures; thin line: the middle one; thick line: the central path, without luck; grey: the others.`);
  const caption = (fig, big, small) => { const c = H("figcaption", {}, fig); H("b", {}, c, big); return H("span", {}, c, small); };
  const titled = words => words[0].toUpperCase() + words.slice(1);
  caption(paths, `${titled(o.measure.outcome)}, central path`, `${o.measure.variable} (${o.measure.unit}), at central values without luck. Dashed grey: the bar, ${two(o.measure.bar)}.`);
  const rankWords = caption(ranking, o.measure.title, "");
  const table = (fig, label, content) => { const d = H("details", { class: "pl-data" }, fig); H("summary", {}, d, `Data table: ${label}`); const t = H("table", {}, d);
    const fill = () => { if (d.open && now) { t.replaceChildren(); H("caption", {}, t, label); content().forEach((cells, k) => { const tr = H("tr", {}, k ? (t.tBodies[0] || H("tbody", {}, t)) : H("thead", {}, t)); cells.forEach((cell, at) => H(k && at ? "td" : "th", k ? (at ? {} : { scope: "row" }) : { scope: "col" }, tr, cell)); }); } };
    d.ontoggle = fill; return fill; };
  const shownDesigns = () => now.told.designs.filter(name => designs.has(name));
  const period = () => YEAR[o.time.unit.toLowerCase().replace(/s$/, "")] || 0;
  const yearly = () => { const t = now.arrays.time, per = period(); const every = Math.max(1, Math.round(per ? (t.length - 1) / (t[t.length - 1] / per) : (t.length - 1) / 10)); return [...t.keys()].filter(k => k % every === 0); };
  const moment = k => period() ? `year ${two(now.arrays.time[k] / period())}` : `${two(now.arrays.time[k])} ${o.time.unit.toLowerCase()}`;
  const fillPaths = table(paths, `${o.measure.variable} over time`, () => [["Design", ...yearly().map(moment)], ...shownDesigns().map(name => [designs.get(name).short, ...yearly().map(k => two(central(name)[k]))])]);
  const fillRanking = table(ranking, o.measure.title, () => [["Design", "risk", "9 in 10 worlds", "chance it is lowest", "if wrong, worse by (1 in 20)", "burden ratio"],
    ...shownDesigns().map(name => { const r = row(name); return [designs.get(name).short, percent(r.risk), r.rested ? `${percent(r.risk_q05)} to ${percent(r.risk_q95)}` : "settling", r.rested ? chance(r) : "settling", r.rested ? worse(r) : "settling", r.rested ? burden(r, name) : "settling"]; })]);
  const note = H("p", { class: "pl-note" }, main);

  // ---------- numbers
  const index = (name, source = now) => source.told.designs.indexOf(name);
  const central = (name, source = now) => { const n = source.arrays.time.length, at = index(name, source); return source.arrays.central.subarray(at * n, (at + 1) * n); };
  const band = (quantile, name, source = now) => { const n = source.arrays.time.length, m = source.told.designs.length, at = index(name, source); return source.arrays.bands.subarray((quantile * m + at) * n, (quantile * m + at + 1) * n); };
  const row = (name, source = now) => {
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
    for (const source of pinned ? [now, pinned] : [now]) for (const name of source.told.designs) if (screenHas(name)) { take(central(name, source)); if (source.told.kind === "rested") { take(band(0, name, source)); take(band(4, name, source)); } }
    const fits = scale && low >= scale[0] && high <= scale[1] && (high - low) > 0.35 * (scale[1] - scale[0]);
    if (fits) return scale;
    const marks = ticks(low - 1e-9, high + 1e-9, 4), step = marks.length > 1 ? marks[1] - marks[0] : Math.abs(high) || 1;
    return [Math.floor(low / step + 1e-6) * step, Math.ceil(high / step - 1e-6) * step];
  }
  const level = v => { if (!known(v)) return "not known"; const span = scale[1] - scale[0], digits = span < 0.2 ? 3 : span < 2 ? 2 : span < 20 ? 1 : 0; return v.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }); };
  const screenHas = name => designs.has(name);

  // ---------- layout: built anew when its size, the designs or the scale change; a movement only moves what is there
  function layout() {
    if (!now) return;
    scale = needed(); updates = [];
    for (const fig of [paths, ranking]) fig.querySelector("svg")?.remove();
    multiples.replaceChildren();
    const names = shownDesigns(), last = now.arrays.time.length - 1, per = period();
    const years = per ? ticks(0, now.arrays.time[last] / per, 5).filter(y => y <= now.arrays.time[last] / per + 1e-9) : ticks(0, now.arrays.time[last], 5);
    const place = y => last * (per ? y * per : y) / now.arrays.time[last];
    const axes = (s, x, y, about, few) => {
      for (const v of ticks(scale[0], scale[1], about)) { S("line", { class: "gr", x1: x(0), x2: x(last), y1: y(v), y2: y(v) }, s); S("text", { class: "t", x: x(0) - 6, y: y(v) + 4, "text-anchor": "end" }, s, String(v)); }
      S("line", { class: "bar", x1: x(0), x2: x(last), y1: y(o.measure.bar), y2: y(o.measure.bar) }, s);
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
    const high = Math.max(300, names.length * 18 + 40, beside ? 44 + 22 * grouped().length + 34 * names.length : 0), L = 40, T = 12, longest = Math.max(...names.map(name => designs.get(name).short.length)), R = W - Math.min(0.5 * W, 24 + 7.4 * longest + (pinned ? 92 : 38)), B = high - 26;
    const x = t => L + (R - L) * t / last, y = v => B - (B - T) * (v - scale[0]) / (scale[1] - scale[0]);
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" });
    paths.insertBefore(s, paths.querySelector("details")); axes(s, x, y, 5, false);
    const items = names.map(name => { const d = designs.get(name); const it = { name, d, band: S("path", { class: "hb", style: `fill:${d.colour}` }, s), was: S("path", { class: "pn", style: `stroke:${d.colour}` }, s), line: S("path", { class: "ln", style: `stroke:${d.colour}`, "stroke-dasharray": d.dash }, s), dot: S("circle", { r: 3, style: `fill:${d.colour}` }, s), lead: S("path", { class: "ld", style: `stroke:${d.colour}` }, s), text: S("text", { class: "dl" }, s) };
      it.label = S("tspan", { class: "b", style: `fill:${d.ink}` }, it.text); it.value = S("tspan", {}, it.text); return it; });
    updates.push(() => {
      for (const it of items) {
        const v = central(it.name), end = v[last];
        set(it.line, { d: line(v, x, y), class: hot && hot !== it.name ? "ln dim" : it.name === o.base ? "ln base" : "ln" });
        set(it.band, { d: hot === it.name && now.told.kind === "rested" ? ribbon(band(0, it.name), band(4, it.name), x, y) : "" });
        set(it.was, { d: pinned && hot === it.name && index(it.name, pinned) >= 0 ? line(central(it.name, pinned), x, y) : "" });
        it.end = end; it.y = y(Number.isFinite(end) ? end : scale[0]); set(it.dot, { cx: R, cy: it.y });
        write(it.label, `${it.d.short} `); write(it.value, level(end) + (pinned && index(it.name, pinned) >= 0 ? ` (${signed(end - central(it.name, pinned)[last], 2)})` : ""));
      }
      const order = [...items].sort((a, b) => a.y - b.y);
      order.forEach((it, k) => { it.p = Math.max(it.y, k ? order[k - 1].p + 17 : T); });
      for (let k = order.length - 1, limit = B; k >= 0; k -= 1) { order[k].p = Math.min(order[k].p, limit); limit = order[k].p - 17; }
      for (const it of order) { set(it.text, { x: R + 16, y: it.p + 4.5 }); set(it.lead, { d: `M${R + 5},${it.y}L${R + 13},${it.p}` }); }
      s.setAttribute("aria-label", `Lines over time. ${titled(o.measure.outcome)} at the end, highest first: ${order.map(it => `${it.d.short} ${level(it.end)}`).join("; ")}. The bar is ${two(o.measure.bar)}.`);
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
      const rest = now.told.kind === "rested", spoken = [];
      write(rankWords, rest ? `share of ${now.told.cases.toLocaleString("en-GB")} futures that fall short: mean, middle half and 9 in 10 of ${now.told.worlds} worlds` : `share of ${now.told.cases} sample futures that fall short; ranges and chances follow at rest`);
      for (const { from, items } of sets) {
        for (const it of items) {
          it.r = row(it.name); const r = it.r;
          write(it.value, percent(r.risk) + (pinned && index(it.name, pinned) >= 0 ? ` (${signed(100 * (r.risk - row(it.name, pinned).risk), 0)})` : ""));
          set(it.dot, { cx: x(known(r.risk) ? r.risk : 0), class: rest ? "md" : "md soft" });
          for (const [node, a, b] of [[it.wide, "risk_q05", "risk_q95"], [it.half, "risk_q25", "risk_q75"]]) { node.style.display = rest && known(r[a]) ? "" : "none"; if (rest && known(r[a])) set(node, { x1: x(r[a]), x2: x(r[b]) }); }
          set(it.was, { d: pinned && index(it.name, pinned) >= 0 ? `M${x(row(it.name, pinned).risk)},14v18` : "" });
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
    for (const [, members] of grouped()) for (const name of members) {
      const d = designs.get(name), fig = H("figure", { class: "sm", tabindex: "0" }, multiples), cap = H("figcaption", {}, fig);
      H("b", { style: `color:${d.ink}` }, cap, d.short); const words = H("span", {}, cap);
      fig.onmouseenter = fig.onfocus = () => { hot = name; draw(); }; fig.onmouseleave = fig.onblur = () => { hot = null; draw(); };
      const W = Math.max(140, Math.floor((room - (cols - 1) * 18) / cols)), high = 128, L = 34, R = W - 6, T = 6, B = high - 22, x = t => L + (R - L) * t / last, y = v => B - (B - T) * (v - scale[0]) / (scale[1] - scale[0]);
      const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: "100%", role: "img" }, fig); axes(s, x, y, 2, true);
      const ghosts = names.filter(other => other !== name).map(other => [other, S("path", { class: "gh" }, s)]);
      const wide = S("path", { class: "b90", style: `fill:${d.colour}` }, s), half = S("path", { class: "b50", style: `fill:${d.colour}` }, s), middle = S("path", { class: "mid", style: `stroke:${d.colour}` }, s), was = S("path", { class: "pn", style: "stroke:var(--fg)" }, s), path = S("path", { class: "ln", style: `stroke:${d.colour}` }, s);
      updates.push(() => {
        const rest = now.told.kind === "rested", v = central(name);
        for (const [other, node] of ghosts) set(node, { d: line(central(other), x, y) });
        set(wide, { d: rest ? ribbon(band(0, name), band(4, name), x, y) : "" }); set(half, { d: rest ? ribbon(band(1, name), band(3, name), x, y) : "" });
        set(path, { d: line(v, x, y) }); set(was, { d: pinned && index(name, pinned) >= 0 ? line(central(name, pinned), x, y) : "" });
        const range = rest ? `${level(band(0, name)[last])} to ${level(band(4, name)[last])}` : "";
        set(middle, { d: rest ? line(band(2, name), x, y) : "" });
        write(words, rest ? `${level(band(2, name)[last])}, 9 in 10: ${range}` : `central path ${level(v[last])}`);
        s.setAttribute("aria-label", `${d.short}: ${o.measure.outcome} ends at ${level(v[last])} on the central path${rest ? `, at ${level(band(2, name)[last])} in the middle one of all futures, 9 in 10 futures ${range}` : ""}.`);
      });
    }
  }

  // ---------- drawing
  function draw() {
    if (!now) return;
    const next = needed();
    if (scale && (next[0] !== scale[0] || next[1] !== scale[1])) { layout(); return; }
    for (const update of updates) update();
    const { told } = now, rest = told.kind === "rested";
    root.classList.toggle("settling", !rest || !told.whole);
    write(headline, told.headline || ""); write(sub, told.sub || "");
    progress.value = rest ? told.worlds / told.of : 0; progress.classList.toggle("done", rest && told.whole);
    if (rest && told.whole && told.headline !== announced) { announced = told.headline; clearTimeout(said); said = setTimeout(() => write(live, announced), 250); }
    undo.disabled = !told.undo; redo.disabled = !told.redo;
    const changed = told.changes.length ? `Changed from base: ${told.changes.join("; ")}. ` : "Everything at base. ";
    write(note, `${changed}Risk: ${o.measure.variable} below ${two(o.measure.bar)} for ${o.measure.periods} saved periods in a row. Conditional on the model. ${o.not_a_forecast} Model ${o.digest}, seed ${o.seed}, ${o.cases[0]} worlds × ${o.cases[1]} futures. ${told.failed ? `${told.failed} cases could not be used. ` : ""}Source: ${o.sources}.`);
    if (!document.activeElement?.closest?.(".pl-data")) { fillPaths(); fillRanking(); }
  }

  function togglePin() {
    pinned = pinned ? null : now;
    write(pin, pinned ? "Unpin" : "Pin"); set(pin, { "aria-pressed": String(!!pinned) });
    layout();
  }

  // ---------- what comes in
  function read() {
    const found = decode(model);
    if (!found.told.arrays) return;
    const before = now;
    now = found;
    clearTimeout(waiting); alarm.hidden = !found.told.fault; if (found.told.fault) write(alarm, found.told.fault);
    if (before && found.told.quiet) { undo.disabled = !found.told.undo; redo.disabled = !found.told.redo; return; } // no number has changed
    if (found.told.set) { screen = structuredClone(found.told.screen); }
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      const same = before && before.told.designs.join() === now.told.designs.join() && updates.length;
      if (same) draw(); else layout();
      sync(); drawn += 1; set(root, { "data-seq": model.get("seq"), "data-drawn": drawn, "data-n": now.told.n, "data-kind": now.told.kind, "data-whole": String(!!now.told.whole) });
    });
  }
  const receive = (content, buffers) => {
    if (content.kind === "wait") { write(alarm, content.words); alarm.hidden = false; setTimeout(() => { alarm.hidden = true; }, 6000); return; }
    if (content.kind !== "file") return;
    const link = H("a", { download: content.name, href: URL.createObjectURL(new Blob([buffers[0]])) });
    link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  model.on("change:seq", read); model.on("msg:custom", receive);
  let width = 0;
  const observer = new ResizeObserver(() => {
    const w = Math.round(root.clientWidth);
    if (w && Math.abs(w - width) > 4) { width = w; root.classList.toggle("nar", w < 860); root.classList.toggle("mid", w >= 860 && w < 1180); layout(); }
  });
  observer.observe(root);
  sync(); read();
  return () => { observer.disconnect(); clearTimeout(waiting); clearTimeout(said); model.off("change:seq", read); model.off("msg:custom", receive); };
}
export default { render };
