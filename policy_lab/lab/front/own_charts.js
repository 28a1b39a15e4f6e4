// Small charts of one's own model: a variable each, a line for each element, the file's own run and pinned ones beside it.
const LINES = 4; // colours of lines; more elements than this are drawn in one colour, and only their ends are named
const NAMED = 6; // lines whose ends are named

// Draws all charts anew, and returns what moves their lines at the next message.
function ownCharts(grid, page) {
  const { o, now, kept } = page, last = now.arrays.time.length - 1;
  const byName = new Map(o.charts.map(one => [one.name, one])), scales = page.scales;
  const rowsOf = name => now.told.rows.map((row, at) => row[0] === name ? at : -1).filter(at => at >= 0);
  const row = (values, at) => values.subarray(at * (last + 1), (at + 1) * (last + 1));
  const beside = () => [["base", kept.base], ...page.screen.scenarios.map((one, k) => [one.name, kept[`pinned${k}`]])].filter(pair => pair[1]);
  const updates = [];
  grid.replaceChildren();
  const room = grid.clientWidth || 700, columns = Math.max(1, Math.min(page.screen.shown.length, Math.floor((room + 18) / 290)));
  grid.style.gridTemplateColumns = `repeat(${columns},minmax(0,1fr))`;
  const W = Math.max(220, Math.floor((room - (columns - 1) * 18) / columns)), high = 168, T = 8, B = high - 22;
  for (const name of page.screen.shown) {
    const one = byName.get(name), rows = rowsOf(name), many = rows.length > LINES, words = many ? 66 : rows.length > 1 ? 86 : 6, L = 46, R = W - words - 6;
    const fig = H("figure", { class: "sm pl-own", tabindex: "0", title: one.about || null }, grid), cap = H("figcaption", {}, fig);
    H("b", {}, cap, name); const said = H("span", {}, cap);
    const drop = H("button", { type: "button", class: "lnk pl-drop", "aria-label": `Hide ${name}` }, fig, "Hide");
    drop.hidden = page.screen.shown.length < 2;
    drop.onclick = () => { page.screen.shown = page.screen.shown.filter(other => other !== name); page.ask("move", { keep: true }); };
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: "100%", role: "img" }, fig), time = now.arrays.time;
    const x = t => L + (R - L) * (time[t] - time[0]) / ((time[last] - time[0]) || 1);
    const runs = () => [["now", now.arrays.now], ...beside()];
    const needed = () => {
      let low = Infinity, top = -Infinity;
      for (const [, values] of runs()) for (const at of rows) for (const v of row(values, at)) if (Number.isFinite(v)) { low = Math.min(low, v); top = Math.max(top, v); }
      if (!Number.isFinite(low)) return [0, 1];
      if (low === top) { const pad = Math.abs(low) * 0.1 || 1; low -= pad; top += pad; }
      const was = scales.get(name);
      if (was && low >= was[0] && top <= was[1] && top - low > 0.35 * (was[1] - was[0])) return was;
      if (low > 0 && low < 0.5 * top) low = 0;
      const marks = ticks(low, top, 3), step = marks.length > 1 ? marks[1] - marks[0] : (top - low) || 1;
      return [Math.floor(low / step + 1e-6) * step, Math.ceil(top / step - 1e-6) * step];
    };
    const scale = needed(); scales.set(name, scale);
    const y = v => B - (B - T) * (v - scale[0]) / (scale[1] - scale[0]);
    for (const v of ticks(scale[0], scale[1], 3)) { S("line", { class: "gr", x1: L, x2: R, y1: y(v), y2: y(v) }, s); S("text", { class: "t", x: L - 6, y: y(v) + 4, "text-anchor": "end" }, s, figure(v)); }
    for (const [k, anchor] of [[0, "start"], [last, "end"]]) S("text", { class: "t", x: x(k), y: high - 5, "text-anchor": anchor }, s, k ? figure(time[k]) : `${o.time.unit.toLowerCase()} ${figure(time[k])}`);
    const others = beside().map(([, values], k) => rows.map(at => S("path", { class: k ? "pn" : "pn base", style: "stroke:var(--fg)", "stroke-dasharray": k ? DASHES[1 + (k - 1) % 5] : "2 3", d: clean(row(values, at), x, y) }, s)));
    const paths = rows.map((at, k) => S("path", { class: "ln", style: `stroke:var(--g${many ? 0 : k % GROUPS})`, "stroke-width": many ? 1.2 : 2 }, s));
    const labels = rows.slice(0, rows.length > 1 ? NAMED : 0).map((at, k) => S("text", { class: "dl", x: R + 6, style: `fill:var(--t${many ? 0 : k % GROUPS})` }, s, now.told.rows[at][1].slice(0, 12)));
    const fill = dataTable(fig, `${name} over time`, () => {
      const every = Math.max(1, Math.round(last / 10)), shownAt = [...time.keys()].filter(k => k % every === 0 || k === last);
      const table = [["Run", ...(rows.length > 1 ? ["Element"] : []), ...shownAt.map(k => figure(time[k]))]];
      for (const [run, values] of runs()) for (const at of rows) table.push([run === "base" ? "as the file has it" : run, ...(rows.length > 1 ? [now.told.rows[at][1]] : []), ...shownAt.map(k => known(row(values, at)[k]) ? figure(row(values, at)[k]) : "no number")]);
      return table;
    });
    updates.push(() => {
      const at = rows.map(place => row(page.now.arrays.now, place));
      paths.forEach((path, k) => set(path, { d: clean(at[k], x, y) }));
      const ends = at.map(values => values[last]), spoken = v => known(v) ? figure(v) : "no usable number";
      const order = labels.map((_, k) => k).sort((a, b) => ends[b] - ends[a]), at_ = []; // no two names on one another
      for (const k of order) at_.push(Math.max(at_.length ? at_[at_.length - 1] + 13 : T, known(ends[k]) ? y(ends[k]) + 4 : B));
      for (let k = at_.length - 1, limit = B + 4; k >= 0; k -= 1) { at_[k] = Math.min(at_[k], limit); limit = at_[k] - 13; }
      order.forEach((k, place) => set(labels[k], { y: at_[place] }));
      const unit = one.unit === "no unit" ? "" : ` ${one.unit}`;
      write(said, rows.length === 1 ? `ends at ${spoken(ends[0])}${unit}` : `${rows.length} lines, which end at ${spoken(Math.min(...ends))} to ${spoken(Math.max(...ends))}${unit}`);
      const base = kept.base ? rows.map(place => row(kept.base, place)[last]) : [];
      s.setAttribute("aria-label", `${name}${unit ? ` in${unit}` : ""} from ${o.time.unit.toLowerCase()} ${figure(time[0])} to ${figure(time[last])}. ${rows.map((place, k) => `${now.told.rows[place][1] ? `${now.told.rows[place][1]} ` : ""}starts at ${spoken(at[k][0])} and ends at ${spoken(ends[k])}${base.length ? `, ${spoken(base[k])} as the file has it` : ""}`).slice(0, 8).join("; ")}.`);
      if (!document.activeElement?.closest?.(".pl-data")) fill();
      const next = needed();
      return next[0] === scale[0] && next[1] === scale[1] && others.length === beside().length;
    });
  }
  return () => { const fits = updates.map(update => update()); return fits.every(Boolean); };
}

// A line with gaps where there is no number.
function clean(values, x, y) {
  let path = "", pen = "M";
  for (let t = 0; t < values.length; t += 1) if (Number.isFinite(values[t])) { path += `${pen}${x(t).toFixed(1)},${y(values[t]).toFixed(1)}`; pen = "L"; } else pen = "M";
  return path;
}
