// One part of the model as stocks and flows, with the values of one moment: boxes are stocks, hourglasses on pipes are
// flows, plain words are auxiliaries. The places of all of them come from the model's own sketch.
const FLOW_ROW = 1.18, FLOW_LEAST = 1, FLOW_MOST = 1.75; // px, and px for each pixel of the sketch
const SUM_OF_ALL = "sum of all"; // as policy_lab/lab/averaged.py knows it
const PIPE = [1.5, 9]; // px: the width of a pipe that carries nothing, and of one that carries its most

// A number of three figures, with thousands separated.
const three = v => !known(v) ? "not known" : v === 0 ? "0" : Math.abs(v) >= 1000 ? (+v.toPrecision(3)).toLocaleString("en-GB") : Math.abs(v) < 1e-3 ? v.toPrecision(2) : String(+v.toPrecision(3));
const inUnit = (v, unit) => `${three(v)}${unit && unit !== "no unit" && known(v) ? ` ${unit}` : ""}`;

const drawable = values => values.every(Number.isFinite); // a run that failed is told as not known, and not drawn
const inWords = names => names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

const ruler = document.createElement("canvas").getContext("2d");
const FONT = '"Inter","Segoe UI",system-ui,-apple-system,"Helvetica Neue",Arial,sans-serif';
const wide = (text, px, weight = 400) => { ruler.font = `${weight} ${px}px ${FONT}`; return ruler.measureText(text).width; };
function flowLines(text, room, px, weight) { // words in lines that are no wider than the room
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && wide(longer, px, weight) <= room) lines[lines.length - 1] = longer; else lines.push(word);
  }
  return lines;
}

function flowPanel(page, host) {
  const element = H("div", { class: "pl-flow" });
  const bar = H("div", { class: "pl-row2" }, element), rest = H("span", { class: "pl-dims" });
  const label = H("label", { class: "pl-choice" }, bar); H("span", {}, label, "Part of the model");
  const views = H("select", {}, label); bar.appendChild(rest);
  views.onchange = () => { asked.part = views.value; asked.picks = {}; host.request(asking()); };
  const chips = H("div", { class: "pl-chips", role: "group", "aria-label": "Highlight a feedback loop" }, element);
  const loopWords = H("p", { class: "pl-loopwords", "aria-live": "polite" }, element);
  const words = H("p", { class: "pl-says" }, element);
  const fig = H("figure", {}, element);
  const box = H("div", { class: "pl-scroll", tabindex: "0", role: "region", "aria-label": "Diagram; scroll sideways where it is wider than the page" }, fig);
  const key = H("p", { class: "pl-hint" }, fig, "Boxes are stocks: full line up to the moment, dashed what this is set against. Hourglasses on pipes are flows: the wider the pipe, the nearer to the most that it carries; a dashed pipe runs backwards. Plain words are auxiliaries, ‹words in brackets› belong to other parts. Bars across an arrow: the effect takes time.");
  const fill = dataTable(fig, "values at this moment", () => table());

  const asked = { part: "", picks: {} };
  let pointed = ""; // the loop whose button something points at
  let drawn = null; // the diagram, the paths of what it shows, and what changes with the moment
  const asking = () => ({ part: asked.part, picks: asked.picks, has: drawn ? drawn.part : "" });
  const short = name => page.designs.get(name).short;

  // ---------- what comes from Python
  function receive(content, arrays) {
    if (asked.part && content.part !== asked.part) return; // an answer to what was asked before
    const fresh_ = Boolean(content.diagram), n = host.time().length, rows = new Map(content.shown.map((at, k) => [at, k]));
    const diagram = content.diagram || (drawn && drawn.part === content.part && drawn.diagram);
    if (!diagram) return;
    const row = (values, at) => rows.has(at) ? values.subarray(rows.get(at) * n, (rows.get(at) + 1) * n) : null;
    drawn = { ...(fresh_ ? {} : drawn), part: content.part, diagram, designs: content.designs, mine: at => row(arrays.series, at), other: at => row(arrays.other, at) };
    asked.part = content.part; asked.picks = content.picks;
    if (views.options.length !== content.parts.length) { views.replaceChildren(); for (const view of content.parts) H("option", { value: view }, views, view); }
    views.value = content.part;
    if (fresh_) { dimensions(); layout(); } else { measure(); moved(); }
  }
  function dimensions() {
    rest.replaceChildren();
    for (const [name, elements] of Object.entries(drawn.diagram.dimensions)) {
      const wrap = H("label", { class: "pl-choice" }, rest); H("span", {}, wrap, name);
      const select = H("select", {}, wrap); H("option", { value: "" }, select, "mean of all"); H("option", { value: SUM_OF_ALL }, select, SUM_OF_ALL);
      for (const one of elements) H("option", { value: one }, select, one);
      select.value = asked.picks[name] || "";
      select.onchange = () => { asked.picks = { ...asked.picks, [name]: select.value }; host.request(asking()); };
    }
  }

  // ---------- places: from pixels of the sketch to those of the page
  function placed() {
    const { nodes, links } = drawn.diagram, xs = nodes.map(n => n.x), left = Math.min(...xs), top = Math.min(...nodes.map(n => n.y)), right = Math.max(...xs);
    const piped = new Set(links.filter(link => link[2]).flatMap(link => [link[0], link[1]])), room = Math.max(320, box.clientWidth || 900) - 20;
    const within = scale => nodes.map((node, at) => { // how much room the words of each node take
      const stock = node.kind === "stock" && !node.guest, flow = node.kind === "flow" && piped.has(at);
      if (!node.name) return { at, node, w: 13, h: 10, cloud: true };
      const lines = flowLines(node.guest ? `‹${node.name}›` : node.name, Math.min(136, 132 * scale), 11.5, stock ? 600 : 400);
      const w = Math.max(...lines.map(text => wide(text, 11.5, stock ? 600 : 400)), stock ? 92 : 40, wide(inUnit(most(at), node.unit), 11.5, 600)) / 2 + (stock ? 8 : 3);
      return { at, node, w, h: lines.length * 7 + 8 + (stock ? 14 : 0), lines, stock, flow, upright: flow && upright(at) };
    });
    // Half of the widest words stands out on either side; what is left for the places gives the scale.
    const first = within(1), beyond = side => Math.max(...first.filter(m => Math.abs(m.node.x - side) < 70).map(m => m.w));
    const scale = Math.max(FLOW_LEAST, Math.min(FLOW_MOST, (room - beyond(left) - beyond(right)) / (right - left || 1)));
    const marks = within(scale).map(m => ({ ...m, x: (m.node.x - left) * scale, y: 46 + (m.node.y - top) * FLOW_ROW })), start = 8 - Math.min(...marks.map(m => m.x - m.w));
    for (const m of marks) m.x += start;
    return { marks, size: { W: Math.ceil(Math.max(...marks.map(m => m.x + m.w)) + 8), H: Math.ceil(Math.max(...marks.map(m => m.y + (m.flow ? 12 + 2 * m.h : m.h))) + 14) } };
  }
  const most = at => [drawn.mine(at), drawn.other(at)].reduce((a, values) => (values || []).reduce((b, v) => Math.abs(v) > Math.abs(b) ? v : b, a), -88.8); // the longest figure to come, about
  function upright(at) { // do the pipes of a flow run up and down rather than from side to side?
    const { nodes, links } = drawn.diagram;
    let across = 0, down = 0;
    for (const [a, b, pipe] of links) if (pipe && (a === at || b === at)) { const one = nodes[a === at ? b : a]; across += Math.abs(one.x - nodes[at].x); down += Math.abs(one.y - nodes[at].y); }
    return down > across;
  }
  const centre = m => [m.x, m.y];
  const below = m => ({ ...m, y: m.y + 12 + m.h }); // the words of a flow stand below its valve
  const valve = m => ({ ...m, w: 9, h: 9 });
  const edge = (m, [x, y], gap = 1) => { // where a line from the middle to a point leaves the words
    const dx = x - m.x, dy = y - m.y;
    if (!dx && !dy) return centre(m);
    const share = Math.min(dx ? (m.w + gap) / Math.abs(dx) : Infinity, dy ? (m.h + gap) / Math.abs(dy) : Infinity);
    return [m.x + dx * share, m.y + dy * share];
  };
  const on = (first, control, last, t) => [0, 1].map(k => (1 - t) ** 2 * first[k] + 2 * t * (1 - t) * control[k] + t ** 2 * last[k]);
  const xy = p => `${p[0].toFixed(1)},${p[1].toFixed(1)}`;

  // ---------- drawing: links under pipes under nodes
  function layout() {
    if (!drawn) return;
    fig.querySelector("svg")?.remove();
    const { marks, size } = placed(), { links, nodes } = drawn.diagram;
    const s = S("svg", { viewBox: `0 0 ${size.W} ${size.H}`, width: size.W, height: size.H, role: "img", class: "pl-sf" }, box);
    s.style.maxWidth = "none";
    const under = S("g", {}, s), middle = S("g", {}, s), over = S("g", {}, s);
    const pairs = new Set(links.filter(link => link[2]).map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`));
    const arrows = links.map(([a, b, pipe, delayed]) => pipe ? pipeOf(middle, marks, a, b) : linkOf(under, marks, a, b, delayed, pairs.has(`${Math.min(a, b)} ${Math.max(a, b)}`)));
    const shapes = marks.map(m => nodeOf(over, m));
    for (const shape of shapes) if (shape.g) {
      shape.g.onpointerenter = () => { for (const a of arrows) a.g.classList.toggle("near", a.start === shape.m.at || a.end === shape.m.at); };
      shape.g.onpointerleave = () => { for (const a of arrows) a.g.classList.remove("near"); };
    }
    Object.assign(drawn, { s, marks, arrows, shapes, nodes });
    measure(); chipsOf(); moved(); picked();
  }

  function linkOf(parent, marks, a, b, delayed, piped) {
    let start = marks[a], end = marks[b], bend = piped ? 0.3 : 0.12;
    if (end.flow && !end.upright && Math.abs(end.x - start.x) > Math.abs(end.y - start.y)) bend = bend * Math.sign(end.x - start.x); // over the pipe: its words stand below
    if (start.flow) start = below(start);
    if (end.flow) end = marks[a].y < end.y + 8 ? valve(end) : below(end);
    const control = [(start.x + end.x) / 2 + (end.y - start.y) * bend, (start.y + end.y) / 2 - (end.x - start.x) * bend];
    const first = edge(start, control), last = edge(end, control, 3), g = S("g", { class: "lk" }, parent);
    const back = Math.hypot(last[0] - control[0], last[1] - control[1]) || 1, ux = (last[0] - control[0]) / back, uy = (last[1] - control[1]) / back;
    const stop = [last[0] - ux * 6, last[1] - uy * 6];
    S("path", { d: `M${xy(first)}Q${xy(control)} ${xy(stop)}` }, g);
    S("path", { class: "hd", d: `M${xy(last)}L${xy([last[0] - ux * 8 - uy * 3.4, last[1] - uy * 8 + ux * 3.4])}L${xy([last[0] - ux * 8 + uy * 3.4, last[1] - uy * 8 - ux * 3.4])}Z` }, g);
    if (delayed) {
      const at = on(first, control, stop, 0.5), to = on(first, control, stop, 0.55), run = Math.hypot(to[0] - at[0], to[1] - at[1]) || 1, vx = (to[0] - at[0]) / run, vy = (to[1] - at[1]) / run;
      for (const d of [-2, 2]) S("path", { class: "dy", d: `M${xy([at[0] + vx * d - vy * 5, at[1] + vy * d + vx * 5])}L${xy([at[0] + vx * d + vy * 5, at[1] + vy * d - vx * 5])}` }, g);
    }
    const side = bend >= 0 ? 1 : -1, near = on(first, control, last, 0.86);
    const sign = S("text", { class: "sg", x: near[0] + side * uy * 9, y: near[1] - side * ux * 9 + 4, "text-anchor": "middle" }, g);
    return { start: a, end: b, g, sign, pipe: false };
  }

  function pipeOf(parent, marks, a, b) {
    const flow = marks[a].flow ? a : b, start = marks[a], end = marks[b], into = !end.flow, g = S("g", { class: "pp" }, parent);
    const first = start.flow ? centre(start) : edge(start, centre(end), 0), last = end.flow ? centre(end) : edge(end, centre(start), 0);
    const run = Math.hypot(last[0] - first[0], last[1] - first[1]) || 1, ux = (last[0] - first[0]) / run, uy = (last[1] - first[1]) / run;
    const stop = into ? [last[0] - ux * 9, last[1] - uy * 9] : last, d = `M${xy(first)}L${xy(stop)}`;
    const wall = S("path", { class: "wall", d }, g), bore = S("path", { class: "bore", d }, g);
    const head = into ? S("path", { class: "hd" }, g) : null;
    const wide_ = w => {
      set(wall, { "stroke-width": (w + 2.4).toFixed(1) }); set(bore, { "stroke-width": w.toFixed(1) });
      if (head) { const wing = w / 2 + 4.5; set(head, { d: `M${xy(last)}L${xy([stop[0] - uy * wing, stop[1] + ux * wing])}L${xy([stop[0] + uy * wing, stop[1] - ux * wing])}Z` }); }
    };
    const sign = S("text", { class: "sg", x: (first[0] + last[0]) / 2 - uy * 13, y: (first[1] + last[1]) / 2 + ux * 13 + 4, "text-anchor": "middle" }, g);
    return { start: a, end: b, g, sign, pipe: true, flow, wide: wide_, bore };
  }

  function nodeOf(parent, m) {
    const g = S("g", { class: `nd${m.node.guest ? " guest" : ""}${m.stock ? " stock" : ""}` }, parent);
    if (m.cloud) { for (const [dx, dy, r] of [[-6, 1, 5], [6, 1, 5], [0, -3, 6], [0, 2, 6]]) S("circle", { class: "cl", cx: m.x + dx, cy: m.y + dy, r }, g); S("circle", { class: "in", cx: m.x, cy: m.y, r: 6.5 }, g); return { m }; }
    S("title", {}, g, `${m.node.name}${m.node.meaning ? `: ${m.node.meaning}` : ""}${m.node.unit ? ` (${m.node.unit})` : ""}`);
    const at = m.flow ? below(m) : m, top = at.y - at.h;
    if (m.stock) S("rect", { class: "bx", x: m.x - m.w, y: m.y - m.h, width: 2 * m.w, height: 2 * m.h, rx: 2 }, g);
    else S("rect", { class: "pa", x: at.x - at.w + 1, y: top + 1, width: 2 * at.w - 2, height: 2 * at.h - 2 }, g);
    if (m.flow) { const [p, q] = m.upright ? [6, 8] : [8, 6]; S("path", { class: "vl", d: m.upright ? `M${m.x - p},${m.y - q}H${m.x + p}L${m.x - p},${m.y + q}H${m.x + p}Z` : `M${m.x - p},${m.y - q}V${m.y + q}L${m.x + p},${m.y - q}V${m.y + q}Z` }, g); }
    m.lines.forEach((text, k) => S("text", { class: "nm", x: at.x, y: top + 12 + 14 * k, "text-anchor": "middle" }, g, text));
    const value = S("text", { class: "vu", x: at.x, y: top + 12.5 + 14 * m.lines.length, "text-anchor": "middle" }, g);
    const number = S("tspan", { class: "b" }, value), unit = S("tspan", { class: "un" }, value);
    if (m.node.unit && m.node.unit !== "no unit") unit.textContent = ` ${m.node.unit}`;
    if (!m.stock) return { g, m, number };
    const spark = S("g", { class: "sp" }, g);
    return { g, m, number, spark, all: S("path", { class: "al" }, spark), other: S("path", { class: "ot" }, spark), now: S("path", { class: "nw" }, spark), dot: S("circle", { class: "dt", r: 2.4 }, spark) };
  }

  // ---------- what changes with the numbers, and what with the moment
  function measure() { // scales of sparklines and pipes; the lines that do not follow the moment
    if (!drawn.s) return;
    const last = host.time().length - 1;
    for (const shape of drawn.shapes) if (shape.all) {
      const { m } = shape, mine = drawn.mine(m.at), other = drawn.other(m.at);
      if (!mine) continue;
      let low = Infinity, high = -Infinity;
      for (const values of [mine, other]) for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
      const flat = high - low < 1e-6 * Math.abs(high) || high === low, L = m.x - m.w + 6, R = m.x + m.w - 6, T = m.y + m.h - 21, B = m.y + m.h - 5;
      shape.x = t => L + (R - L) * t / (last || 1); shape.y = v => flat ? (T + B) / 2 : B - (B - T) * (v - low) / (high - low);
      shape.good = drawable(mine); shape.spark.style.display = shape.good ? "" : "none";
      set(shape.all, { d: shape.good ? line(mine, shape.x, shape.y) : "" });
      set(shape.other, { d: drawn.designs[0] === drawn.designs[1] || !drawable(other) ? "" : line(other, shape.x, shape.y) });
    }
    for (const arrow of drawn.arrows) if (arrow.pipe) { const values = drawn.mine(arrow.flow); arrow.most = values ? values.reduce((a, v) => known(v) ? Math.max(a, Math.abs(v)) : a, 0) : 0; }
  }
  let spoken = 0;
  function moved() {
    if (!drawn?.s) return;
    const at = host.at();
    for (const shape of drawn.shapes) {
      const values = shape.g && drawn.mine(shape.m.at);
      if (!values) continue;
      write(shape.number, three(values[at]));
      if (shape.x && shape.good) { set(shape.now, { d: line(values, shape.x, shape.y, 0, at + 1) }); set(shape.dot, { cx: shape.x(at), cy: shape.y(values[at]) }); }
    }
    for (const arrow of drawn.arrows) if (arrow.pipe) {
      const values = drawn.mine(arrow.flow), v = values && known(values[at]) ? values[at] : 0;
      arrow.wide(PIPE[0] + (PIPE[1] - PIPE[0]) * (arrow.most ? Math.abs(v) / arrow.most : 0)); arrow.bore.classList.toggle("back", v < 0);
    }
    clearTimeout(spoken); spoken = setTimeout(say, 150);
  }

  // ---------- words: the moment in a sentence, the picture for those who do not see it, the table
  function say() {
    if (!drawn?.s) return;
    const at = host.at(), [mine, other] = drawn.designs, stocks = drawn.shapes.filter(shape => shape.x);
    const change = shape => { const v = drawn.mine(shape.m.at); return Math.abs(v[at] - v[0]) / (Math.abs(v[0]) || 1); };
    const told = [...stocks].sort((a, b) => change(b) - change(a)).slice(0, 2).map(({ m }) => {
      const v = drawn.mine(m.at), against = mine === other ? "" : `, and ${three(drawn.other(m.at)[at])} under ${short(other)}`;
      return `${m.node.name} stands at ${inUnit(v[at], m.node.unit)} (${three(v[0])} at the start${against})`;
    });
    const over = pick => Object.keys(drawn.diagram.dimensions).filter(name => (asked.picks[name] || "") === pick), whole = name => !asked.picks[name] || asked.picks[name] === SUM_OF_ALL;
    const kept = Object.entries(asked.picks).filter(([name]) => !whole(name)), paired = drawn.nodes.some(node => { const left = node.dimensions.filter(whole).map(name => drawn.diagram.dimensions[name].join()); return new Set(left).size < left.length; });
    const all = [["", "mean"], [SUM_OF_ALL, "sum"]].filter(([pick]) => over(pick).length).map(([pick, word]) => `the ${word} over ${inWords(over(pick))}`);
    const which = [kept.length ? `Shown: ${kept.map(([name, one]) => `${name} ${one}`).join(", ")}.` : "", all.length ? `Of a variable with several values ${all.join(" and ")} is shown${paired ? ", nobody paired with themselves" : ""}.` : ""];
    write(words, `${titled(host.moment(at))} under ${short(mine)}, central path: ${told.length ? `${told.join("; ")}.` : "no stock in this part."} ${which.filter(Boolean).join(" ")}`);
    const flows = (place, inward) => drawn.arrows.filter(a => a.pipe && (inward ? a.end : a.start) === place).map(a => drawn.nodes[a.flow].name);
    const parts = stocks.map(({ m }) => { const into = flows(m.at, true), out = flows(m.at, false); return `${m.node.name} ${inUnit(drawn.mine(m.at)[at], m.node.unit)}${into.length ? `, in by ${inWords(into)}` : ""}${out.length ? `, out by ${inWords(out)}` : ""}`; });
    drawn.s.setAttribute("aria-label", `Stock-and-flow diagram of ${drawn.part} at ${host.moment(at)}. ${parts.join("; ")}. The data table lists every variable; the list of loops below says how they hang together.`);
    fill();
  }
  const table = () => {
    if (!drawn?.s) return [["Variable"]];
    const [mine, other] = drawn.designs, at = host.at(), rows = drawn.shapes.filter(shape => shape.g && drawn.mine(shape.m.at));
    const heads = ["Variable", "what it is", "unit", `${short(mine)}, ${host.moment(at)}`, ...(mine === other ? [] : [short(other)]), "at the start", "acted on by"];
    const causes = place => drawn.arrows.filter(a => !a.pipe && a.end === place).map(a => drawn.nodes[a.start].name).join(", ");
    return [heads, ...rows.map(({ m }) => [m.node.name, m.node.kind, m.node.unit, three(drawn.mine(m.at)[at]), ...(mine === other ? [] : [three(drawn.other(m.at)[at])]), three(drawn.mine(m.at)[0]), causes(m.at)])];
  };

  // ---------- loops
  function chipsOf() {
    const inSight = new Set(drawn.nodes.map(node => node.name));
    chips.replaceChildren(); chips.hidden = !host.loops.size;
    if (host.loops.size) H("span", { class: "pl-chiplab" }, chips, "Loops");
    for (const loop of host.loops.values()) {
      const here = hits(loop).length, chip = H("button", { type: "button", class: `pl-chip2 ${loop.kind}${here ? "" : " off"}`, "aria-pressed": "false", "aria-label": `${loop.name} ${loop.title}: ${here ? "highlight in this picture" : `in other parts of the model, ${loop.path.some(name => inSight.has(name)) ? "no link of it here" : "nothing of it here"}`}`, title: loop.title }, chips, loop.name);
      chip.dataset.loop = loop.name;
      chip.onclick = () => host.pick(host.chosen() === loop.name ? "" : loop.name);
      const over = name => { pointed = name; host.hover(name); };
      chip.onpointerenter = () => over(loop.name); chip.onpointerleave = () => over("");
      chip.onfocus = () => { if (chip.matches(":focus-visible")) over(loop.name); }; chip.onblur = () => over("");
    }
  }
  const links_ = loop => loop.path.map((name, k) => [name, loop.path[(k + 1) % loop.path.length]]);
  const hits = loop => links_(loop).map(([cause, effect], k) => { // the drawn arrow of each link of a loop that is in sight
    const is = a => drawn.nodes[a.start].name === cause && drawn.nodes[a.end].name === effect, turned = a => drawn.nodes[a.end].name === cause && drawn.nodes[a.start].name === effect;
    const arrow = drawn.arrows.find(a => !a.pipe && is(a)) || drawn.arrows.find(a => a.pipe && (is(a) || turned(a)));
    return arrow && [arrow, k];
  }).filter(Boolean);
  function picked() {
    if (!drawn?.s) return;
    const loop = host.loops.get(host.loop());
    if (host.loops.size !== chips.querySelectorAll("button").length) chipsOf();
    for (const chip of chips.querySelectorAll("button")) { set(chip, { "aria-pressed": String(host.chosen() === chip.dataset.loop) }); chip.classList.toggle("hot", loop?.name === chip.dataset.loop); }
    drawn.s.classList.toggle("lit", Boolean(loop));
    for (const a of drawn.arrows) { a.g.classList.remove("on"); write(a.sign, ""); }
    for (const shape of drawn.shapes) shape.g?.classList.toggle("on", Boolean(loop?.path.includes(shape.m.node.name)));
    tell(host.loops.get(pointed || host.chosen()));
    if (!loop) return;
    for (const [arrow, k] of hits(loop)) { arrow.g.classList.add("on"); arrow.g.parentNode.appendChild(arrow.g); write(arrow.sign, loop.signs ? loop.signs[k] : ""); }
  }
  // Said of a loop that one of these buttons means. The list below lights the picture too, but its rows say the same
  // themselves, and what stands above a pointer must not grow.
  function tell(loop) {
    loopWords.hidden = !host.loops.size;
    if (!loop) { write(loopWords, "Point at a loop, or choose one, to light it in the picture."); return; }
    const here = new Set(drawn.nodes.map(node => node.name)), away = loop.path.map((name, k) => [name, loop.homes[k]]).filter(([name]) => !here.has(name));
    const elsewhere = [...new Set(away.map(pair => pair[1]))].map(home => `${away.filter(pair => pair[1] === home).map(pair => pair[0]).join(", ")} (${home})`);
    write(loopWords, `${loop.name} ${loop.title}, ${loop.kind}. ${loop.meaning} ${elsewhere.length ? `Not in this picture: ${elsewhere.join("; ")}.` : "All of it is in this picture."}${loop.words ? ` ${loop.words}` : ""}`);
  }

  return { name: "flow", title: "Stocks and flows", element, layout, receive, moved, picked, refresh: () => host.request(asking()), stop: () => clearTimeout(spoken) };
}
