// The charts of the third view. Each is drawn whole from what Python told, and gives the words of its aria-label.

// Two figures of any number, however small: an input may be a share of a millionth.
const brief2 = v => !known(v) ? "not known" : Math.abs(v) >= 1e-4 || v === 0 ? two(v) : v.toLocaleString("en-GB", { maximumSignificantDigits: 2 });
const spread = (low, high) => `${percent(low)} to ${percent(high)}`;
const designOf = (page, name) => page.designs.get(name) || { name, short: name, title: name, group: "", colour: "var(--mut)", ink: "var(--fg)" };

// The ranking of a batch, lowest risk first inside each group: dot, half of the worlds, nine in ten of them.
function batchChart(page, fig, told) {
  fig.querySelector("svg")?.remove();
  const W = Math.max(300, fig.clientWidth || 600), rh = 36, gh = 22, L = 2, wide = W > 520;
  const ends = told.whole ? [W - (wide ? 172 : 128), W - (wide ? 84 : 62), W - 2] : [W - 2], heads = told.whole ? [["± simulation", "error"], ["chance", "it is lowest"], ["if wrong,", "worse by"]] : [["± simulation", "error"]];
  const R = ends[0] - (wide ? 96 : 78), top = 34, x = v => L + (R - L) * v;
  const rows = told.rows.map(r => ({ ...r, d: designOf(page, r.design) }));
  const keys = [...new Set([...page.groupKeys, ...rows.map(r => r.d.group)])].filter(key => rows.some(r => r.d.group === key));
  const high = top + keys.length * gh + rows.length * rh + 22, B = high - 20;
  const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }); fig.insertBefore(s, fig.querySelector("details"));
  heads.forEach((words, k) => words.forEach((word, at) => S("text", { class: "t", x: ends[k], y: 12 + at * 13, "text-anchor": "end" }, s, word)));
  for (const v of [0, 0.25, 0.5, 0.75, 1]) { S("line", { class: "gr", x1: x(v), x2: x(v), y1: top - 4, y2: B }, s); S("text", { class: "t", x: x(v), y: B + 15, "text-anchor": v === 0 ? "start" : "middle" }, s, v === 1 ? "100%" : String(v * 100)); }
  let at = top;
  const spoken = [];
  for (const key of keys) {
    S("text", { class: "gh", x: L, y: at + 13 }, s, page.o.groups[key] || ""); at += gh;
    for (const r of rows.filter(one => one.d.group === key).sort((a, b) => (a.risk ?? 2) - (b.risk ?? 2))) {
      const y = at + 24, text = S("text", { class: "dl", x: L, y: at + 13 }, s);
      S("tspan", { class: "b", style: `fill:${r.d.ink}` }, text, `${r.d.short} `); S("tspan", {}, text, percent(r.risk));
      for (const [kind, a, b] of [["i90", r.risk_q05, r.risk_q95], ["i50", r.risk_q25, r.risk_q75]]) if (known(a)) S("line", { class: kind, style: `stroke:${r.d.colour}`, x1: x(a), x2: x(b), y1: y, y2: y }, s);
      if (known(r.risk)) S("circle", { class: told.whole ? "md" : "md soft", r: 4.5, cx: x(r.risk), cy: y, style: `stroke:${r.d.colour}` }, s);
      const cells = [known(r.simulation_error) ? `± ${two(100 * r.simulation_error)} pts` : "–", r.withheld === "put in" ? "put in" : r.withheld ? "–" : percent(r.chance_best), known(r.regret_1_in_20) ? `${Math.round(100 * r.regret_1_in_20)} pts` : "–"];
      ends.forEach((right, k) => S("text", { class: "num", x: right, y: y + 4, "text-anchor": "end" }, s, cells[k]));
      spoken.push(`${r.d.short} ${percent(r.risk)}${known(r.risk_q05) ? `, 9 in 10 worlds ${spread(r.risk_q05, r.risk_q95)}` : ""}`);
      at += rh;
    }
  }
  s.setAttribute("aria-label", `${told.whole ? "Ranking" : "Ranking so far, partial"} inside each group, lowest risk first: ${spoken.join("; ")}.`);
}

// What matters: a bar an input, its interval, and the line that an input without effect could reach.
function sensitivityChart(fig, told) {
  fig.querySelector("svg")?.remove();
  const rows = told.rows.slice(0, told.top), W = Math.max(300, fig.clientWidth || 600), rh = 38, L = 2, R = W - 84;
  const most = Math.max(told.floor || 0, ...rows.map(r => r.q95 ?? r.size ?? 0)) || 1, x = v => L + (R - L) * Math.min(1, v / most), high = rows.length * rh + 30, B = high - 22;
  const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }); fig.insertBefore(s, fig.querySelector("details"));
  const marks = ticks(0, most, 4).filter(v => v <= most);
  for (const v of marks) { S("line", { class: "gr", x1: x(v), x2: x(v), y1: 0, y2: B }, s); S("text", { class: "t", x: x(v), y: B + 15, "text-anchor": v === 0 ? "start" : "middle" }, s, brief2(v)); }
  rows.forEach((r, k) => {
    const y = k * rh, kind = r.verdict === "matters" ? "sure" : r.verdict === "may matter" ? "may" : "none";
    const mark = S("g", { class: `st-ev st-ev${r.grade[0]}` }, s); S("rect", { x: L, y: y + 3, width: 17, height: 15, rx: 3 }, mark); S("text", { x: L + 8.5, y: y + 14.5, "text-anchor": "middle" }, mark, r.grade[0] || "–");
    const text = S("text", { class: "dl", x: L + 24, y: y + 15 }, s);
    S("tspan", { class: "b" }, text, r.input); S("tspan", { class: "q" }, text, known(r.direction) && Math.abs(r.direction) >= 0.5 ? (r.direction > 0 ? " more of it raises" : " more of it lowers") : " either way");
    S("rect", { class: `st-bar ${kind}`, x: L, y: y + 22, width: Math.max(1, x(r.size || 0) - L), height: 8 }, s);
    if (known(r.q05)) for (const kind of ["st-halo", "st-whisker"]) S("path", { class: kind, d: `M${x(r.q05)},${y + 26}H${x(r.q95)}M${x(r.q05)},${y + 22}v8M${x(r.q95)},${y + 22}v8` }, s);
    if (known(told.floor) && told.floor > 0) for (const kind of ["st-halo", "bar"]) S("line", { class: kind, x1: x(told.floor), x2: x(told.floor), y1: y + 19, y2: y + 33 }, s);
    S("text", { class: "num", x: W - 2, y: y + 30, "text-anchor": "end" }, s, brief2(r.size));
  });
  s.setAttribute("aria-label", `Bars, largest effect first. ${rows.map(r => `${r.input}, evidence ${r.grade}: ${brief2(r.size)}, 9 in 10 of it ${brief2(r.q05)} to ${brief2(r.q95)}, ${r.verdict}`).join("; ")}. ${told.floor_words} reaches ${brief2(told.floor)}.`);
}

// The limits of a box: for each input all its values, those where it happens, and the part that lies in the box.
function boxChart(fig, told) {
  fig.querySelector("svg")?.remove();
  if (!told.limits.length) return;
  const W = Math.max(300, fig.clientWidth || 600), rh = 112, L = 2, R = W - 2, high = told.limits.length * rh;
  const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }); fig.insertBefore(s, fig.querySelector("details"));
  const spoken = [];
  told.limits.forEach((one, k) => {
    const y = k * rh, [low, up] = one.range, x = v => L + (R - L) * (v - low) / (up - low || 1), base = y + 86, tall = 46;
    const side = name => one.limits.find(limit => limit.side === name), from = side("above")?.value ?? low, to = side("below")?.value ?? up;
    const unit = one.unit ? ` ${one.unit}` : "", words = [side("above") && `above ${brief2(from)}`, side("below") && `below ${brief2(to)}`].filter(Boolean).join(" and ") + unit;
    const text = S("text", { class: "dl", x: L, y: y + 14 }, s); S("tspan", { class: "b" }, text, `${one.input} `); S("tspan", {}, text, words);
    S("text", { class: "t", x: L, y: y + 30 }, s, `${one.kind}${one.grade ? `, evidence ${one.grade}` : ""}; ${one.limits.map(limit => `the limit ${limit.side === "above" ? "from below" : "from above"} came again in ${percent(limit.again)} of ${told.resamples} resamples`).join("; ")}`);
    S("rect", { class: "st-in", x: x(from), y: base - tall - 2, width: Math.max(1, x(to) - x(from)), height: tall + 4 }, s);
    const most = Math.max(1, ...one.all), step = (R - L) / one.all.length;
    one.all.forEach((count, at) => { const h = tall * count / most, hit = tall * one.hits[at] / most; if (count) S("rect", { class: "st-all", x: L + at * step + 0.5, y: base - h, width: Math.max(1, step - 1), height: h }, s); if (one.hits[at]) S("rect", { class: "st-hit", x: L + at * step + 0.5, y: base - hit, width: Math.max(1, step - 1), height: hit }, s); });
    for (const limit of one.limits) S("line", { class: "st-cut", x1: x(limit.value), x2: x(limit.value), y1: base - tall - 4, y2: base + 4 }, s);
    S("line", { class: "gr", x1: L, x2: R, y1: base, y2: base }, s);
    for (const [v, anchor] of [[low, "start"], [up, "end"]]) S("text", { class: "t", x: x(v), y: base + 15, "text-anchor": anchor }, s, brief2(v));
    spoken.push(`${one.input} ${words}, of a range from ${brief2(low)} to ${brief2(up)}`);
  });
  s.setAttribute("aria-label", `The limits of the box, each on the range of its input: ${spoken.join("; ")}.`);
}
