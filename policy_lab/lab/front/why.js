// Why does this design do better? What was put in, in a sentence; then the few variables whose central paths differ most,
// in words with a line for each of the two designs. Python chooses them and writes the words (policy_lab/lab/why.py).
function whyPanel(page, host) {
  const element = H("div", { class: "pl-whys" });
  const put = H("p", { class: "pl-put" }, element), lead = H("p", { class: "pl-says" }, element), list = H("ol", { class: "pl-whylist" }, element);
  const fig = H("div", {}, element);
  const span = H("p", { class: "pl-hint" }, fig);
  const about = "How far apart: the mean distance of the two central paths over time, as a share of the variable's range over all designs shown (or of half its size where it hardly moves). It says where they differ, not how much each difference does. What follows from the levers alone is left out: it was put in.";
  const fill = dataTable(fig, "variables that differ most", () => table());
  let drawn = null;

  function receive(content, arrays) {
    const n = host.time().length;
    drawn = { ...content, rows: content.items.map((item, k) => ({ ...item, one: arrays.one.subarray(k * n, (k + 1) * n), other: arrays.other.subarray(k * n, (k + 1) * n) })) };
    write(put, content.put); write(lead, content.lead); lead.hidden = !content.lead;
    layout();
  }
  function layout() {
    if (!drawn) return;
    list.replaceChildren(); fig.hidden = !drawn.rows.length;
    write(span, `Lines run from the start to ${host.moment(host.time().length - 1)}; full ${page.designs.get(drawn.designs[0]).short}, dashed ${page.designs.get(drawn.designs[1]).short}. ${about}`);
    for (const row of drawn.rows) {
      const item = H("div", { class: "pl-whyrow" }, H("li", {}, list)), said = H("div", { class: "pl-whyword" }, item);
      H("b", {}, said, row.name); H("span", { class: "pl-whyhome" }, said, row.view);
      H("span", {}, said, `${row.words}.`); if (row.meaning) H("span", { class: "pl-hint" }, said, row.meaning);
      spark(item, row);
    }
    moved();
  }
  function spark(parent, row) {
    const names = drawn.designs.map(name => page.designs.get(name).short), W = 190 + Math.max(...names.map(name => wide(`−0.0000 ${name}`, 12.5))), high = 62, L = 4, R = 168, T = 8, B = high - 8, last = host.time().length - 1;
    let low = Infinity, top = -Infinity;
    for (const values of [row.one, row.other]) for (const v of values) { low = Math.min(low, v); top = Math.max(top, v); }
    const flat = top === low, x = t => L + (R - L) * t / (last || 1), y = v => flat ? (T + B) / 2 : B - (B - T) * (v - low) / (top - low);
    const s = S("svg", { viewBox: `0 0 ${W} ${high}`, width: W, height: high, role: "img" }, parent);
    row.cursor = S("line", { class: "gr", y1: T - 4, y2: B + 4 }, s);
    row.marks = [[drawn.designs[1], row.other], [drawn.designs[0], row.one]].map(([name, values]) => {
      const d = page.designs.get(name), g = S("g", {}, s);
      // The two may be of one group, and so of one colour: what the first is set against is dashed.
      S("path", { class: "ln", style: `stroke:${d.colour}`, "stroke-dasharray": values === row.other ? "5 3" : null, d: line(values, x, y) }, g);
      return { values, name, dot: S("circle", { r: 3, style: `fill:${d.colour}` }, g), text: S("text", { class: "dl", x: R + 8, style: `fill:${d.ink}` }, g) };
    });
    Object.assign(row, { s, x, y, T, B });
  }
  function moved() {
    if (!drawn) return;
    const at = host.at();
    for (const row of drawn.rows) {
      if (!row.s) continue;
      set(row.cursor, { x1: row.x(at), x2: row.x(at) });
      const ys = row.marks.map(mark => row.y(mark.values[at]));
      if (Math.abs(ys[0] - ys[1]) < 14) { const middle = (ys[0] + ys[1]) / 2, up = ys[0] <= ys[1] ? -7 : 7; ys[0] = middle + up; ys[1] = middle - up; }
      row.marks.forEach((mark, k) => { set(mark.dot, { cx: row.x(at), cy: row.y(mark.values[at]) }); set(mark.text, { y: ys[k] + 4 }); write(mark.text, `${three(mark.values[at])} ${page.designs.get(mark.name).short}`); });
      row.s.setAttribute("aria-label", `${row.name} over time: ${row.words}. At ${host.moment(at)} ${row.marks.map(mark => `${inUnit(mark.values[at], row.unit)} under ${page.designs.get(mark.name).short}`).reverse().join(", ")}.`);
    }
    fill();
  }
  const table = () => {
    if (!drawn) return [["Variable"]];
    const [one, other] = drawn.designs.map(name => page.designs.get(name).short), at = host.at();
    return [["Variable", "part of the model", "unit", `${one}, ${host.moment(at)}`, other, "how far apart", "links to the outcome"],
      ...drawn.rows.map(row => [row.name, row.view, row.unit, three(row.one[at]), three(row.other[at]), percent(row.size), String(row.steps)])];
  };
  return { name: "why", title: "Why does one design do better?", element, layout, receive, moved, refresh: () => host.request() };
}
