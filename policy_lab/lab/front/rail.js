// The controls beside every view: designs, place, scenario, sliders and judged levers. Returns what brings them into
// line with the screen.
function addRail(page) {
  const { o, side, designs, groupKeys } = page;
  const controls = []; // each brings itself into line with the screen
  const choice = (label, name, options, first) => {
    const wrap = H("label", { class: "pl-choice" }, side); H("span", {}, wrap, label);
    const box = H("select", {}, wrap);
    if (first) H("option", { value: "" }, box, first);
    for (const [key, text, hint] of options) H("option", { value: key, title: hint }, box, text);
    box.onchange = () => { page.screen[name] = box.value; page.ask("move", { keep: true }); };
    controls.push(() => { box.value = page.screen[name]; });
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
        const on = new Set(page.screen.designs); box.checked ? on.add(d.name) : on.delete(d.name);
        if (!on.size) { box.checked = true; return; } // one at least
        page.screen.designs = o.designs.map(one => one.name).filter(name => on.has(name)); page.ask("move", { keep: true });
      };
      // One with an addition stands among the others as long as it is chosen.
      controls.push(() => { box.checked = page.screen.designs.includes(d.name); if (d.of) label.hidden = !box.checked; });
    }
  }
  const combined = [...designs.values()].filter(d => d.of);
  if (combined.length) {
    const wrap = H("div", { class: "pl-with" }, picker), label = H("label", { class: "pl-choice" }, wrap); H("span", {}, label, "Add a design with an addition");
    const box = H("select", {}, label), add = button(wrap, "Add", "Add this design with its addition", () => {
      if (!box.value) return;
      const on = new Set([...page.screen.designs, box.value]);
      page.screen.designs = o.designs.map(one => one.name).filter(name => on.has(name)); page.ask("move", { keep: true }); sync();
    });
    let shown = "";
    controls.push(() => { // what is chosen already is not offered again
      const left = combined.filter(d => !page.screen.designs.includes(d.name)), key = left.map(d => d.name).join();
      if (key === shown && box.childElementCount) return;
      shown = key; const kept = box.value; box.replaceChildren();
      for (const d of left) H("option", { value: d.name, title: d.title }, box, d.short);
      if (left.some(d => d.name === kept)) box.value = kept;
      box.disabled = add.disabled = !left.length;
    });
  }
  if (o.areas.length) choice("Start from the figures of", "area", o.areas, "no one place");
  choice("Scenario", "scenario", o.scenarios);
  if (o.stress.kinds.length) {
    const fold = H("details", { class: "pl-calendar" }, side), heading = H("summary", {}, fold), placed = calendar(page);
    fold.appendChild(placed.element);
    controls.push(() => { const n = page.screen.events.length; write(heading, n ? `Stress calendar: ${n} placed` : "Stress calendar"); placed.sync(); });
  }
  const held = (name, base) => name in page.screen.settings ? page.screen.settings[name] : base;
  const setTo = (p, value, keep) => {
    if (Math.abs(value - p.base) < 1e-12 * Math.abs(p.base || 1)) delete page.screen.settings[p.name]; else page.screen.settings[p.name] = value;
    page.ask("move", keep ? { keep: true } : {});
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
      controls.push(() => { const v = held(p.name, p.base); write(text, `${figure(v)} · ${p.unit}`); row.classList.toggle("chg", p.name in page.screen.settings); });
      return;
    }
    const number = H("input", { type: "number", min: p.low, max: p.high, step: "any", "aria-label": `${p.name}, ${p.unit}, typed` }, top);
    const wrap = H("div", { class: "pl-range" }, row), range = H("input", { type: "range", id, min: p.low, max: p.high, step: p.step }, wrap);
    const mark = H("i", { class: "tick" }, wrap), [text, reset] = foot();
    const show = () => {
      const base = (page.now?.told.bases || {})[p.name] ?? p.base, v = held(p.name, base), share = at => (at - p.low) / (p.high - p.low);
      range.value = v; if (document.activeElement !== number) number.value = figure(v).replace(/,/g, "");
      set(range, { "aria-valuetext": `${figure(v)} ${p.unit}; base ${figure(base)}` });
      range.style.setProperty("--f", share(v)); mark.style.left = `calc(8px + (100% - 16px)*${share(base)})`; mark.title = `Base ${figure(base)}`;
      write(text, `base ${figure(base)} · ${p.unit}`); row.classList.toggle("chg", p.name in page.screen.settings);
    };
    const snapped = () => Math.abs(range.value - p.base) < p.step / 2 ? p.base : +range.value; // the base need not lie on a step
    range.oninput = () => { setTo(p, snapped(), false); show(); };
    range.onchange = () => { setTo(p, snapped(), true); show(); };
    number.onchange = () => { const v = +number.value; if (number.value === "" || !Number.isFinite(v)) { show(); return; } setTo(p, Math.min(p.high, Math.max(p.low, v)), true); number.value = figure(held(p.name, p.base)).replace(/,/g, ""); show(); };
    number.onblur = show;
    reset.onclick = () => { delete page.screen.settings[p.name]; page.ask("move", { keep: true }); show(); range.focus(); };
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
    steps(row, lever.name, lever.title, () => page.screen.levers[lever.name] || "typical", step => { if (step === "typical") delete page.screen.levers[lever.name]; else page.screen.levers[lever.name] = step; page.ask("move", { keep: true }); });
    controls.push(() => row.classList.toggle("chg", lever.name in page.screen.levers));
  }
  const all = H("button", { type: "button", class: "lnk all" }, side, "Reset all to base");
  all.onclick = () => { page.screen.settings = {}; page.screen.levers = {}; page.screen.events = []; page.screen.area = ""; page.ask("move", { keep: true }); sync(); };
  const sync = () => { for (const control of controls) control(); all.hidden = !Object.keys(page.screen.settings).length && !Object.keys(page.screen.levers).length && !page.screen.events.length && !page.screen.area; };
  return sync;
}
