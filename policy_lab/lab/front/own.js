// The page of one's own model: one run, which follows its sliders, beside the file's own run and pinned scenarios.
const FILTERED = 20; // sliders from which on there is a box to find one

function render({ model, el }) {
  const o = model.get("opening");
  let asks = Math.max(model.get("told").n || 0, (model.get("asked") || {}).n || 0), waiting = 0, drawn = 0, pending = false, width = 0, move = null, said = 0;
  const root = H("section", { class: "pl pl-ownpage", "aria-label": o.title }, el);
  // In its command mode JupyterLab takes arrow keys away from a native slider unless they stop here.
  root.addEventListener("keydown", event => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !event.target.matches("input:not([type=range])")) {
      event.preventDefault(); event.stopPropagation(); ask(key === "y" || event.shiftKey ? "redo" : "undo", { keep: true });
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  const page = { o, root, screen: structuredClone(model.get("told").screen), now: null, kept: {}, scales: new Map(), ask };

  function ask(action, extra = {}) {
    asks += 1;
    const content = { n: asks, do: action, screen: structuredClone(page.screen), ...extra };
    if (action === "move" && !extra.keep) { model.set("asked", content); model.save_changes(); } else model.send(content);
    clearTimeout(waiting);
    if (action !== "file") waiting = setTimeout(() => tell("No answer: the model is slow, or the kernel is busy or has stopped. What you see belongs to where the sliders stood before."), SILENCE);
  }

  // ---------- the frame of the page
  const head = H("header", { class: "pl-head" }, root), title = H("div", { class: "pl-title" }, head);
  H("b", {}, title, o.title); H("span", {}, title, "One run of one model at a time: no uncertainty, no luck, and no comparison of designs.");
  const acts = H("div", { class: "pl-acts", role: "toolbar", "aria-label": "Actions" }, head);
  const undo = button(acts, "Undo", "Undo the last change", () => ask("undo", { keep: true }));
  const redo = button(acts, "Redo", "Redo what was undone", () => ask("redo", { keep: true }));
  H("span", { class: "lab" }, acts, "Save");
  for (const [kind, what] of [["csv", "every number drawn, as a table"], ["png", "the charts as a picture"], ["svg", "the charts as a drawing"], ["yaml", "what was chosen, as a file"]])
    button(acts, kind.toUpperCase(), `${kind.toUpperCase()}: save ${what}`, () => ask("file", { kind }));
  const alarm = H("p", { class: "pl-alarm", role: "alert", hidden: "" }, root);
  const tell = words => { write(alarm, words || ""); alarm.hidden = !words; };
  const body = H("div", { class: "pl-body" }, root);
  const side = H("form", { class: "pl-side", "aria-label": "Constants of the model" }, body); side.onsubmit = event => event.preventDefault();
  const main = H("div", { class: "pl-main" }, body);
  const headline = H("h2", {}, main), live = H("div", { class: "pl-sr", role: "status", "aria-live": "polite" }, main), faults = H("ul", { class: "pl-faults", hidden: "", "aria-label": "Warnings of this run" }, main);
  const tools = H("div", { class: "pl-tools" }, main);
  const grid = H("div", { class: "pl-mult" }, main), key = H("p", { class: "pl-note pl-key" }, main);
  const differences = H("section", { class: "pl-diff", "aria-label": "Where each run ends" }, main), note = H("p", { class: "pl-note" }, root);

  // ---------- what is drawn, and the scenarios that are kept
  const add = H("label", { class: "pl-choice" }, tools); H("span", {}, add, "Add a chart");
  const box = H("select", {}, add); H("option", { value: "" }, box, "choose a variable");
  const sets = { true: H("optgroup", { label: "Stocks" }, box), false: H("optgroup", { label: "Other variables" }, box) };
  for (const one of o.charts) H("option", { value: one.name, title: one.about || null }, sets[one.stock], `${one.name} (${one.unit})`);
  box.onchange = () => {
    if (box.value && !page.screen.shown.includes(box.value)) {
      if (page.screen.shown.length >= o.most.charts) tell(`At most ${o.most.charts} charts at once: hide one first.`);
      else { page.screen.shown = [...page.screen.shown, box.value]; ask("move", { keep: true }); }
    }
    box.value = "";
  };
  const pinning = H("form", { class: "pl-pin" }, tools); const named = H("label", { class: "pl-choice" }, pinning); H("span", {}, named, "Name of a scenario");
  const name = H("input", { type: "text", maxlength: 60 }, named), pin = H("button", { type: "submit", class: "pri" }, pinning, "Pin as scenario");
  pinning.onsubmit = event => {
    event.preventDefault();
    const kept = page.screen.scenarios;
    if (kept.length >= o.most.scenarios) { tell(`At most ${o.most.scenarios} scenarios at once: take one away first.`); return; }
    let called = name.value.trim() || `Scenario ${kept.length + 1}`;
    for (let k = 2; kept.some(one => one.name === called); k += 1) called = `${name.value.trim() || "Scenario"} ${k}`;
    page.screen.scenarios = [...kept, { name: called.slice(0, 60), settings: { ...page.screen.settings } }]; name.value = "";
    ask("move", { keep: true });
  };
  const pins = H("div", { class: "pl-pins" }, main); main.insertBefore(pins, grid);

  // ---------- sliders
  const controls = [], rows = [];
  const held = p => p.name in page.screen.settings ? page.screen.settings[p.name] : p.base;
  const setTo = (p, value, keep) => {
    if (Math.abs(value - p.base) < 1e-12 * Math.abs(p.base || 1)) delete page.screen.settings[p.name]; else page.screen.settings[p.name] = value;
    ask("move", keep ? { keep: true } : {});
  };
  const find = o.sliders.length > FILTERED ? H("label", { class: "pl-choice" }, side) : null;
  if (find) {
    H("span", {}, find, `Find one of ${o.sliders.length} constants`);
    const words = H("input", { type: "search" }, find);
    words.oninput = () => {
      const wanted = words.value.trim().toLowerCase();
      for (const { row, p, fold } of rows) row.hidden = !!wanted && !`${p.name} ${p.about} ${p.unit}`.toLowerCase().includes(wanted);
      for (const fold of side.querySelectorAll("details")) { const any = [...fold.querySelectorAll(".pl-row")].some(row => !row.hidden); fold.hidden = !any; if (wanted && any) fold.open = true; }
    };
  }
  const groups = new Map();
  for (const p of o.sliders) {
    if (!groups.has(p.group)) { const fold = H("details", { class: "pl-levers" }, side); H("summary", {}, fold, p.group); groups.set(p.group, fold); fold.open = groups.size === 1 || o.sliders.length <= FILTERED; }
    const fold = groups.get(p.group), row = H("div", { class: "pl-row" }, fold), id = fresh();
    rows.push({ row, p, fold });
    const label = H("label", { class: "pl-name", for: id, title: p.about || null }, row, p.name), top = H("span", { class: "pl-value" }, row);
    const foot = () => { const f = H("div", { class: "pl-foot" }, row); return [H("span", {}, f), H("button", { type: "button", class: "lnk", "aria-label": `Reset ${p.name} to what the file has` }, f, "Reset")]; };
    if (p.switch) {
      const tick = H("input", { type: "checkbox", id }, top), [text, reset] = foot();
      tick.onchange = () => { setTo(p, tick.checked ? 1 : 0, true); show(); };
      const show = () => { tick.checked = held(p) === 1; write(text, `${held(p) === 1 ? "on" : "off"} · file ${p.base ? "on" : "off"}`); row.classList.toggle("chg", p.name in page.screen.settings); };
      reset.onclick = () => { setTo(p, p.base, true); show(); tick.focus(); };
      controls.push(show); continue;
    }
    const number = H("input", { type: "number", min: p.floor, max: p.ceiling, step: "any", "aria-label": `${p.name}, ${p.unit}, typed` }, top);
    const wrap = H("div", { class: "pl-range" }, row), range = H("input", { type: "range", id, min: p.low, max: p.high, step: p.step }, wrap), mark = H("i", { class: "tick" }, wrap), [text, reset] = foot();
    const show = () => {
      const v = held(p), low = Math.min(p.low, v), high = Math.max(p.high, v), share = at => (at - low) / (high - low); // a typed value may lie outside
      set(range, { min: low, max: high, "aria-valuetext": `${figure(v)} ${p.unit}; in the file ${figure(p.base)}` }); range.value = v;
      if (document.activeElement !== number) number.value = +v.toPrecision(6);
      range.style.setProperty("--f", share(v)); mark.style.left = `calc(8px + (100% - 16px)*${share(p.base)})`; mark.title = `In the file ${figure(p.base)}`;
      write(text, `file ${figure(p.base)} · ${p.unit}`); row.classList.toggle("chg", p.name in page.screen.settings);
    };
    const snapped = () => Math.abs(range.value - p.base) < p.step / 2 ? p.base : +range.value;
    range.oninput = () => { setTo(p, snapped(), false); show(); };
    range.onchange = () => { setTo(p, snapped(), true); show(); };
    number.onchange = () => {
      const v = +number.value;
      if (number.value !== "" && Number.isFinite(v)) setTo(p, Math.min(p.ceiling ?? Infinity, Math.max(p.floor ?? -Infinity, v)), true);
      number.value = +held(p).toPrecision(6); show();
    };
    number.onblur = show;
    reset.onclick = () => { setTo(p, p.base, true); show(); range.focus(); };
    controls.push(show);
  }
  const all = H("button", { type: "button", class: "lnk all" }, side, "Reset all to what the file has");
  all.onclick = () => { page.screen.settings = {}; ask("move", { keep: true }); sync(); };
  const sync = () => { for (const control of controls) control(); all.hidden = !Object.keys(page.screen.settings).length; };

  // ---------- words around the charts
  function words() {
    const { told } = page.now, kept = page.screen.scenarios;
    undo.disabled = !told.undo; redo.disabled = !told.redo;
    write(headline, told.headline); clearTimeout(said); said = setTimeout(() => write(live, told.headline), 400);
    faults.hidden = !told.warnings.length; faults.replaceChildren(...told.warnings.map(text => H("li", {}, null, text)));
    pins.replaceChildren();
    kept.forEach((one, k) => {
      const chip = H("span", { class: "pl-chip" }, pins), mark = S("svg", { width: 26, height: 8, "aria-hidden": "true" }, chip);
      S("line", { x1: 0, x2: 26, y1: 4, y2: 4, style: "stroke:var(--fg)", "stroke-width": 1.5, "stroke-dasharray": DASHES[1 + k % 5] }, mark);
      H("span", {}, chip, one.name);
      const back = H("button", { type: "button", class: "lnk", "aria-label": `Go to ${one.name}: move the sliders there` }, chip, "Go to"), drop = H("button", { type: "button", class: "lnk", "aria-label": `Take away ${one.name}` }, chip, "Take away");
      back.onclick = () => { page.screen.settings = { ...one.settings }; ask("move", { keep: true }); sync(); };
      drop.onclick = () => { page.screen.scenarios = kept.filter(other => other !== one); ask("move", { keep: true }); name.focus(); };
    });
    write(key, `Solid: the sliders as they stand. Dotted: ${o.title} as the file has it.${kept.length ? " Dashed: pinned scenarios, as marked above." : ""} Each chart has its own scale.${told.thinned ? ` Of ${told.saved} saved times ${page.now.arrays.time.length} are drawn; the CSV has all.` : ""}`);
    ends();
    write(note, `${told.moved.length ? `Moved: ${told.moved.join("; ")}. ` : "Nothing is moved. "}The same numbers: ${told.command}. Ranges are the file's own limits, or half a constant's value to both sides: no evidence, and no forecast. Model ${o.digest}. To compare designs under uncertainty, make a study of it: ${o.new}`);
  }
  function ends() {
    const { told, arrays } = page.now, last = arrays.time.length - 1, at = (values, k) => values ? values[k * (last + 1) + last] : NaN, spoken = v => known(v) ? figure(v) : "no number";
    const away = (v, base) => { if (!known(v) || !known(base)) return "–"; const d = v - base; return d === 0 ? "0" : `${d > 0 ? "+" : "−"}${figure(Math.abs(d))}${base ? ` (${d > 0 ? "+" : "−"}${two(Math.abs(100 * d / base))}%)` : ""}`; };
    differences.replaceChildren();
    const table = H("table", { tabindex: "0" }, differences); H("caption", {}, table, `Where each run ends, at ${o.time.unit.toLowerCase()} ${figure(arrays.time[last])}, and how far from the file's own run`);
    const top = H("tr", {}, H("thead", {}, table)), rows_ = H("tbody", {}, table);
    for (const text of ["Variable", "as the file has it", "now", "difference", ...page.screen.scenarios.flatMap(one => [one.name, "difference"])]) H("th", { scope: "col" }, top, text);
    told.rows.forEach(([variable, label], k) => {
      const line = H("tr", {}, rows_), unit = o.charts.find(one => one.name === variable).unit, base = at(page.kept.base, k);
      H("th", { scope: "row" }, line, `${variable}${label ? ` [${label}]` : ""}${unit === "no unit" ? "" : ` (${unit})`}`);
      for (const text of [spoken(base), spoken(at(arrays.now, k)), away(at(arrays.now, k), base), ...page.screen.scenarios.flatMap((one, s) => { const v = at(page.kept[`pinned${s}`], k); return [spoken(v), away(v, base)]; })]) H("td", {}, line, text);
    });
  }

  // ---------- what comes in
  function read() {
    const told = model.get("told");
    if (!told || !told.arrays) return;
    clearTimeout(waiting); tell(told.fault);
    if (page.now && told.quiet) { undo.disabled = !told.undo; redo.disabled = !told.redo; return; }
    const arrays = arraysOf(told.arrays, model.get("numbers")), before = page.now;
    if (!before && !arrays.base) { page.screen = structuredClone(told.screen); ask("again", { keep: true }); return; } // a second page of one screen
    page.now = { told, arrays };
    if (arrays.base) page.kept = arrays;
    if (told.set) page.screen = structuredClone(told.screen);
    if (!before || told.set) move = null;
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false; draw(); words(); sync(); drawn += 1;
      set(root, { "data-seq": model.get("seq"), "data-drawn": drawn, "data-n": page.now.told.n });
    });
  }
  const draw = () => { if (!move || !move()) { move = ownCharts(grid, page); move(); } };
  const receive = (content, buffers) => {
    if (content.kind !== "file") return;
    const link = H("a", { download: content.name, href: URL.createObjectURL(new Blob([buffers[0]])) });
    link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  model.on("change:seq", read); model.on("msg:custom", receive);
  const observer = new ResizeObserver(() => {
    const w = Math.round(root.clientWidth);
    if (w && Math.abs(w - width) > 4) { width = w; root.classList.toggle("nar", w < 860); if (page.now) { move = null; draw(); } }
  });
  observer.observe(root); sync(); read();
  return () => { observer.disconnect(); clearTimeout(waiting); clearTimeout(said); model.off("change:seq", read); model.off("msg:custom", receive); };
}
export default { render };
