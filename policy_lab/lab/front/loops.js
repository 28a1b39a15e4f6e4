// The named feedback loops: what each says, which way it works and how long it takes; and a switch for each. Switched
// off, a loop is cut at one link, and every design runs without it.
function loopPanel(page, host) {
  const { o, designs } = page;
  const element = H("div", { class: "pl-loops" });
  const hint = H("p", { class: "pl-hint" }, element, "R: reinforcing, a change comes back as more of itself. B: balancing, a change comes back as its opposite. Point at a loop to light it in the diagram above. Switch it off to see every design without it.");
  const body_ = H("div", { class: "pl-loopbody" }, element), list = H("ul", { class: "pl-looplist" }, body_), side = H("div", { class: "pl-cutside" }, body_);
  const status = H("p", { class: "pl-says", role: "status" }, side), cut = H("p", { class: "pl-hint" }, side), results = H("div", { class: "pl-without" }, side);
  const riskWords = H("p", { class: "pl-says" }, side), fig = H("div", {}, side);
  const fill = dataTable(fig, "with and without the loops that are switched off", () => table());
  const rows = new Map(), off = new Set();
  let drawn = null, last_ = ""; // the switch that was moved last
  const idle = "Switch a loop off to see the central path of every design with it (full line) and without (dashed), and what that does to the risk in a small sample.";
  fig.hidden = results.hidden = cut.hidden = riskWords.hidden = true; write(status, idle);

  // ---------- the list
  function listed(loops) {
    host.loops.clear(); list.replaceChildren(); rows.clear(); off.clear();
    for (const loop of loops) {
      host.loops.set(loop.name, loop);
      const item = H("li", { class: loop.kind }, list), id = fresh();
      const toggle = H("button", { type: "button", role: "switch", "aria-checked": "true", "aria-labelledby": id, class: "pl-switch" }, item); H("i", {}, toggle);
      const body = H("div", {}, item), head = H("div", { id, class: "pl-loophead" }, body);
      H("b", { class: "pl-badge" }, head, loop.name); H("b", {}, head, ` ${loop.title}`); H("span", { class: "pl-whyhome" }, head, ` ${loop.kind}`);
      H("span", {}, body, loop.meaning); const note = H("span", { class: "pl-hint" }, body), here = H("p", { class: "pl-here" }, body), fold = H("details", {}, body);
      H("summary", {}, fold, "Link by link, and how long it takes"); const along = H("span", { class: "pl-hint" }, fold), steps = H("ol", {}, fold);
      rows.set(loop.name, { item, toggle, along, steps, note, here }); note.hidden = true;
      toggle.onclick = () => { if (off.has(loop.name)) off.delete(loop.name); else off.add(loop.name); last_ = loop.name; switched(); };
      item.onpointerenter = () => host.hover(loop.name); item.onpointerleave = () => host.hover("");
      item.onfocusin = () => host.hover(loop.name); item.onfocusout = () => host.hover("");
    }
    hint.hidden = !loops.length;
    describe();
  }
  function describe() {
    for (const [name, row] of rows) {
      const loop = host.loops.get(name), parts = [...new Set(loop.homes)];
      write(row.along, `${loop.words || ""} Runs through ${parts.join("; ")}.`.trim());
      row.steps.replaceChildren();
      for (const step of loop.steps || loop.path.map((one, k) => `${one} acts on ${loop.path[(k + 1) % loop.path.length]}`)) H("li", {}, row.steps, step);
    }
  }

  // ---------- switches
  function switched() {
    for (const [name, row] of rows) {
      const is = !off.has(name), beside = is && [...off].some(one => host.loops.get(one).also.includes(name));
      set(row.toggle, { "aria-checked": String(is) }); row.item.classList.toggle("out", !is); row.item.classList.toggle("beside", beside);
      row.note.hidden = !beside; write(row.note, beside ? `Cut too: it goes over the same link as ${[...off].filter(one => host.loops.get(one).also.includes(name)).join(", ")}.` : "");
    }
    ask();
  }
  function ask() {
    if (!off.size) { drawn = null; for (const part of [fig, results, cut, riskWords]) part.hidden = true; say(idle); } else if (!drawn) say("…");
    host.request({ what: "cut", loops: [...off] });
  }

  // What is found is said beside the list; where the page is narrow, at the switch that was moved last too.
  function say(words) {
    write(status, words);
    for (const [name, row] of rows) write(row.here, name === last_ && off.has(name) ? words : "");
  }

  function receive(content, arrays) {
    if (content.what === "list") { listed(content.loops); host.hover(""); return; }
    if (content.what === "found") { for (const [name, found] of Object.entries(content.loops)) Object.assign(host.loops.get(name), found); describe(); host.hover(""); return; }
    if (content.what === "fault") { say(content.words); return; }
    if (!off.size) return;
    if (content.what === "wait") { say(`${drawn ? `${drawn.words} ` : ""}${content.words}`); return; }
    if ([...content.loops].sort().join() !== [...off].sort().join()) return; // of what was asked before
    if (content.what === "paths") { drawn = { ...content, ...arrays, risk: null }; write(cut, content.cut); cut.hidden = false; riskWords.hidden = true; }
    else { drawn.risk = { ...content, ...arrays }; write(riskWords, content.words); riskWords.hidden = false; }
    say(drawn.words); fig.hidden = results.hidden = false;
    layout();
  }

  // ---------- every design with (full line) and without (dashed line), on one scale
  const path = (values, k) => { const n = host.time().length; return values.subarray(k * n, (k + 1) * n); };
  function layout() {
    if (!drawn || results.hidden) return;
    results.replaceChildren(); fill();
    const names = drawn.designs, room = results.clientWidth || 700, cols = Math.max(1, Math.min(names.length, Math.floor(room / 168)));
    results.style.gridTemplateColumns = `repeat(${cols},minmax(0,1fr))`;
    let low = o.measure.bar, high = o.measure.bar;
    for (const values of [drawn.whole, drawn.without]) for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
    const span = high - low || 1, marks = ticks(low, high, 2), W = Math.floor((room - (cols - 1) * 18) / cols), tall = 116, L = 36, R = W - 8, T = 8, B = tall - 20, last = host.time().length - 1;
    const x = t => L + (R - L) * t / (last || 1), y = v => B - (B - T) * (v - low) / span;
    drawn.cursors = [];
    names.forEach((name, k) => {
      const d = designs.get(name), one = H("figure", { class: "sm" }, results), head = H("figcaption", {}, one), whole = path(drawn.whole, k), without = path(drawn.without, k);
      H("b", { style: `color:${d.ink}` }, head, d.short);
      H("span", {}, head, `at the end ${apart_(whole[last], without[last]).join(" → ")}`);
      const r = drawn.risk, risk = r ? [`risk ${percent(r.risk[k])} → ${percent(r.risk_without[k])}`, `9 in 10 worlds ${points(r.low[k])} to ${points(r.high[k])} pts`] : ["risk follows", "\u00a0"];
      for (const words of risk) H("span", {}, head, words);
      const s = S("svg", { viewBox: `0 0 ${W} ${tall}`, width: "100%", role: "img", "aria-label": `${d.short}: ${o.measure.outcome} ends at ${three(whole[last])} in the whole model and at ${three(without[last])} without ${inWords(drawn.loops)}; ${risk.join(", ")}.` }, one);
      for (const v of marks) { S("line", { class: "gr", x1: L, x2: R, y1: y(v), y2: y(v) }, s); S("text", { class: "t", x: L - 5, y: y(v) + 4, "text-anchor": "end" }, s, String(v)); }
      S("line", { class: "bar", x1: L, x2: R, y1: y(o.measure.bar), y2: y(o.measure.bar) }, s);
      S("text", { class: "t", x: L, y: tall - 4 }, s, "0"); S("text", { class: "t", x: R, y: tall - 4, "text-anchor": "end" }, s, host.moment(last).split(" (")[0]);
      S("path", { class: "ln", style: `stroke:${d.colour}`, d: drawable(whole) ? line(whole, x, y) : "" }, s); S("path", { class: "ln", style: `stroke:${d.colour}`, "stroke-dasharray": "5 3", d: drawable(without) ? line(without, x, y) : "" }, s);
      drawn.cursors.push([S("line", { class: "cu", y1: T, y2: B }, s), x]);
    });
    moved();
  }
  const points = v => known(v) ? signed(100 * v, 0).replace("±", "") : "not known";
  const apart_ = (a, b) => { for (let digits = 2; digits < 4; digits += 1) { const pair = [a, b].map(v => known(v) ? v.toPrecision(digits) : "not known"); if (pair[0] !== pair[1]) return pair; } return [two(a), two(b)]; };
  function moved() { for (const [node, x] of drawn?.cursors || []) set(node, { x1: x(host.at()), x2: x(host.at()) }); }
  const table = () => {
    if (!drawn) return [["Design"]];
    const last = host.time().length - 1, r = drawn.risk;
    return [["Design", `${o.measure.variable} at the end`, "without", "risk", "risk without", "change (points)", "9 in 10 worlds"], ...drawn.designs.map((name, k) => [designs.get(name).short, three(path(drawn.whole, k)[last]), three(path(drawn.without, k)[last]), ...(r ? [percent(r.risk[k]), percent(r.risk_without[k]), points(r.change[k]), `${points(r.low[k])} to ${points(r.high[k])}`] : ["follows", "follows", "follows", "follows"])])];
  };
  const picked = () => { for (const [name, row] of rows) row.item.classList.toggle("hot", name === host.loop()); };

  return {
    name: "loops", title: "Feedback loops, and the designs without them", element, layout, receive, moved, picked,
    begin: () => host.request({ what: "list" }),
    refresh() { if (off.size) ask(); },
  };
}
