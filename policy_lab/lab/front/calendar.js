// The stress calendar: events placed by hand. What stands on it takes the place of every time that a scenario sets or
// draws for these kinds of event; Python says so in words, and refuses what does not fit. It changes `page.screen.events`
// ({ event, at, size }, times in the model's unit since the start) and asks for a movement, as a slider does.
//
// `calendar(page, { wide })` gives { element, sync() }; several may stand on one page.
function calendar(page, { wide = false } = {}) {
  const { o } = page, { kinds, first, last } = o.stress, unit = o.time.unit.toLowerCase().replace(/s$/, "");
  const element = H("div", { class: wide ? "pl-cal wide" : "pl-cal" }), byName = new Map(kinds.map(kind => [kind.name, kind]));
  if (!kinds.length) { element.hidden = true; return { element, sync: () => {} }; }
  const leap = page.period > first ? page.period : 10 * first; // a year, where that makes sense
  const fit = at => { const near = Math.round(at / first) * first; return +Math.min(last, Math.max(first, near)).toPrecision(9); };
  const when = at => `${unit} ${figure(at)}`;
  const named = one => { const kind = byName.get(one.event); return `${kind.title}${kind.sizes.length ? `, ${one.size}` : ""}, ${when(one.at)}`; };
  const count = name => page.screen.events.filter(one => one.event === name).length;
  const marks = [], rows = [];
  let dirty = false;

  // A movement that goes on is merged on the way; `keep` makes it a step that can be undone.
  const move = () => { dirty = true; page.ask("move"); sync(); };
  const keep = () => { if (dirty) { dirty = false; page.ask("move", { keep: true }); } };
  const change = act => { act(); dirty = true; keep(); sync(); };
  const place = (event, at, size) => {
    const kind = byName.get(event);
    if (count(event) >= kind.room) { write(said, `${kind.title}: the model holds ${kind.room === 1 ? "one" : kind.room}. Move or remove ${kind.room === 1 ? "it" : "one of them"} instead.`); return; }
    change(() => page.screen.events.push({ event, at: fit(at), size: kind.sizes.length ? size : "typical" }));
    write(said, `${named(page.screen.events[page.screen.events.length - 1])}: placed.`);
  };
  const remove = at => {
    const words = named(page.screen.events[at]);
    change(() => page.screen.events.splice(at, 1));
    write(said, `${words}: removed.`);
    (marks[Math.min(at, page.screen.events.length - 1)]?.node || button_).focus();
  };

  // ---------- lines of time, one for each kind
  const rule = H("p", { class: "pl-hint" }, element);
  const lanes = H("div", { class: "pl-lanes", role: "group", "aria-label": `Stress calendar, ${when(first)} to ${when(last)}` }, element), tracks = new Map();
  for (const kind of kinds) {
    const lane = H("div", { class: "pl-lane" }, lanes), name = H("span", { class: "pl-lane-name", title: kind.meaning }, lane, kind.title);
    if (kind.grade) H("abbr", { class: `ev ev${kind.grade}`, title: kind.evidence, "aria-label": `Evidence grade ${kind.grade}` }, name, kind.grade);
    const track = H("div", { class: "pl-track", title: `Click to place: ${insideSentence(kind.title)}. ${kind.meaning}` }, lane);
    track.onclick = event => { if (event.target === track) place(kind.name, timeAt(track, event), "typical"); };
    tracks.set(kind.name, track);
  }
  const scale = H("div", { class: "pl-lane pl-cal-axis", "aria-hidden": "true" }, lanes);
  H("span", {}, scale); const axis = H("div", { class: "pl-track" }, scale);
  const years = page.period ? ticks(0, last / page.period, wide ? 10 : 5).map(v => [v * page.period, v]) : ticks(0, last, 5).map(v => [v, v]);
  for (const [at, text] of years) if (at <= last + 1e-9) H("i", { style: `left:${100 * at / last}%` }, axis, at === 0 && page.period ? "year 0" : String(text));
  const timeAt = (track, event) => { const box = track.getBoundingClientRect(); return last * (event.clientX - box.left) / box.width; };

  function mark(at) { // the mark of the event at a place of the list: a slider along its line
    const node = H("div", { class: "pl-mark", role: "slider", tabindex: "0", "aria-valuemin": first, "aria-valuemax": last });
    H("i", {}, node);
    const here = () => page.screen.events[at];
    node.onkeydown = event => {
      const to = { ArrowRight: here().at + first, ArrowUp: here().at + first, ArrowLeft: here().at - first, ArrowDown: here().at - first, PageUp: here().at + leap, PageDown: here().at - leap, Home: first, End: last }[event.key];
      if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); remove(at); return; }
      if (to == null || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (fit(to) !== here().at) { here().at = fit(to); move(); }
    };
    node.onkeyup = node.onblur = keep;
    node.onpointerdown = event => { if (event.button === 0) { node.setPointerCapture(event.pointerId); node.focus(); event.preventDefault(); } };
    node.onpointermove = event => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const to = fit(timeAt(tracks.get(here().event), event));
      if (to !== here().at) { here().at = to; move(); }
    };
    node.onpointerup = node.onpointercancel = keep;
    return { node, show() {
      const one = here(), track = tracks.get(one.event);
      if (node.parentNode !== track) track.appendChild(node);
      node.style.left = `${100 * one.at / last}%`;
      set(node, { "aria-label": named(one), "aria-valuenow": one.at, "aria-valuetext": when(one.at), title: named(one), "data-size": one.size });
    } };
  }

  // ---------- the same events as a list: everything that a drag does can be typed or chosen
  const list = H("ul", { class: "pl-placed", "aria-label": "What is placed" }, element);
  const sizes = (box, kind) => { box.replaceChildren(); for (const size of kind.sizes) H("option", { value: size.name, title: size.meaning }, box, wide ? `${size.name}: ${size.meaning}` : size.name); };
  function row(at) {
    const node = H("li"), title = H("span", {}, node), here = () => page.screen.events[at];
    const time = H("input", { type: "number", min: first, max: last, step: first }, node), size = H("select", {}, node);
    const away = H("button", { type: "button", class: "lnk" }, node, "Remove");
    let of = null;
    time.onchange = () => { const v = +time.value; if (time.value !== "" && Number.isFinite(v)) change(() => { here().at = fit(v); }); time.value = here().at; };
    size.onchange = () => change(() => { here().size = size.value; });
    away.onclick = () => remove(at);
    return { node, show() {
      const one = here(), kind = byName.get(one.event);
      if (of !== kind) { of = kind; sizes(size, kind); size.hidden = !kind.sizes.length; }
      write(title, wide ? kind.title : kind.short); set(title, { title: kind.meaning });
      if (document.activeElement !== time) time.value = one.at;
      size.value = one.size; const meaning = kind.sizes.find(each => each.name === one.size)?.meaning; if (meaning) set(size, { title: meaning });
      set(time, { "aria-label": `${kind.title}, ${unit}` }); set(size, { "aria-label": `${kind.title}, size at ${when(one.at)}` }); set(away, { "aria-label": `Remove ${named(one)}` });
    } };
  }

  // ---------- one more
  const form = H("div", { class: "pl-cal-add", role: "group", "aria-label": "Place an event" }, element);
  const field = (label, tag, attributes = {}) => { const wrap = H("label", { class: "pl-choice" }, form); H("span", {}, wrap, label); return H(tag, attributes, wrap); };
  const what = field("Event", "select"), at_ = field(titled(unit), "input", { type: "number", min: first, max: last, step: first }), how = field("Size", "select");
  for (const kind of kinds) H("option", { value: kind.name, title: kind.meaning }, what, kind.title);
  at_.value = fit(page.period > first ? 2 * page.period : last / 5);
  const button_ = button(form, "Place", "Place this event on the calendar", () => place(what.value, +at_.value || first, how.value || "typical"));
  what.onchange = () => { const kind = byName.get(what.value); sizes(how, kind); how.value = "typical"; how.parentNode.hidden = !kind.sizes.length; };
  what.onchange();
  const clear = H("button", { type: "button", class: "lnk" }, element, "Clear the calendar");
  clear.onclick = () => { change(() => { page.screen.events = []; }); write(said, "The calendar is empty."); button_.focus(); };
  const said = H("p", { class: "pl-sr", role: "status" }, element);

  function sync() {
    const { events } = page.screen;
    for (const [made, make, parent] of [[marks, mark, null], [rows, row, list]]) {
      while (made.length > events.length) made.pop().node.remove();
      while (made.length < events.length) { const one = make(made.length); made.push(one); if (parent) parent.appendChild(one.node); }
      for (const one of made) one.show();
    }
    const all = kinds.map(kind => insideSentence(kind.title)).join(", ");
    write(rule, events.length
      ? `This calendar holds in every future: what is not on it does not come (${all}), whatever the scenario says. Events that the model itself brings about still come.`
      : `Nothing is placed: the scenario says what comes. Once you place an event, only what stands here comes (${all}).`);
    clear.hidden = list.hidden = !events.length;
  }
  sync();
  return { element, sync };
}

// A title as it stands inside a sentence; an abbreviation keeps its capitals.
const insideSentence = title => /^.[A-Z]/.test(title) ? title : title[0].toLowerCase() + title.slice(1);

// What stands on the calendar, in a sentence for a chart's description.
function eventWords(page) {
  const unit = page.o.time.unit.toLowerCase().replace(/s$/, ""), { events } = page.now.told.screen;
  return events.length ? ` Placed by hand: ${events.map(one => `${insideSentence(page.o.stress.kinds.find(kind => kind.name === one.event).title)} at ${unit} ${figure(one.at)}`).join("; ")}.` : "";
}

// Light upright lines where events are placed, with their names where there is room. `x` takes a time since the start.
function eventMarks(page, group, x, top, bottom, words) {
  const { events } = page.now.told.screen, key = JSON.stringify([events, x(0), x(1), top, bottom]);
  if (group.dataset.key === key) return;
  group.dataset.key = key; group.replaceChildren();
  for (const one of events) S("line", { class: "evl", x1: x(one.at), x2: x(one.at), y1: top, y2: bottom }, group);
  const ends = []; // how far each row of names is taken
  for (const one of words ? events : []) {
    const at = x(one.at), kind = page.o.stress.kinds.find(each => each.name === one.event);
    let row = 0; while (ends[row] > at) row += 1;
    ends[row] = at + 12 + 6.4 * kind.short.length;
    S("text", { class: "t evt", x: at + 4, y: top + 10 + 13 * row }, group, kind.short);
  }
}
