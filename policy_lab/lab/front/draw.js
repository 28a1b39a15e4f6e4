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

// Arrays by name, as `described` lists them with their shapes, from the bytes in which they lie one after the other.
function arraysOf(described, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength); // its offset need not be a multiple of 4
  const arrays = {};
  let at = 0;
  for (const [name, ...shape] of described) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = new Float32Array(bytes, at * 4, size);
    at += size;
  }
  return arrays;
}

const caption = (fig, big, small) => { const c = H("figcaption", {}, fig); H("b", {}, c, big); return H("span", {}, c, small); };
const titled = words => words[0].toUpperCase() + words.slice(1);
const button = (parent, text, label, act, kind = "") => { const b = H("button", { type: "button", class: kind, "aria-label": label }, parent, text); b.onclick = act; return b; };

// A table of what a chart shows, folded away. Returns what fills it anew; `content` gives rows, the first of them heads.
function dataTable(fig, label, content) {
  const fold = H("details", { class: "pl-data" }, fig);
  H("summary", {}, fold, `Data table: ${label}`);
  const table = H("table", { tabindex: "0" }, fold);
  const fill = () => {
    if (!fold.open) return;
    table.replaceChildren(); H("caption", {}, table, label);
    content().forEach((cells, k) => {
      const row = H("tr", {}, k ? (table.tBodies[0] || H("tbody", {}, table)) : H("thead", {}, table));
      cells.forEach((cell, at) => H(k && at ? "td" : "th", k ? (at ? {} : { scope: "row" }) : { scope: "col" }, row, cell));
    });
  };
  fold.ontoggle = fill;
  return fill;
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
