// The second view: why do the designs differ? A frame that its panels share: one design and what it is set against, a
// moment on the time line, and sections that can be folded.
//
// A panel is made by a function of (page, host), listed in EXPLAINING, and gives null where the study has nothing for
// it, or
//   { name, title, element, folded, layout(), refresh(), moved(), receive(content, arrays), picked(), begin(), stop() }
//   name       what its messages bear: `content.panel`, and the key of its other half in policy_lab/lab/explain.py
//   title      the heading of its section; `folded`: true where the section is closed at first
//   element    what the section holds
//   layout()   its room has changed: build anew what is drawn (its element is in the page and visible)
//   refresh()  the design, what it is set against or what the screen stands at have changed: ask Python, or draw
//   moved()    the moment has changed; called while it plays, so it must be quick and ask nothing
//   picked()   another feedback loop is meant, or none: host.loop(); may be left out, as may begin() and stop()
//   begin()    once, when the view is shown first, folded or not
//   receive()  what Python told this panel alone
//   stop()     at the end
// While its section is folded a panel is left alone; when it is opened it gets refresh() and layout().
// The host gives
//   design(), against()   names of designs; the same one where only one is on screen
//   time()                saved times since the start, in the model's unit; at(): the moment, a place in them
//   moment(k)             a moment in words: "month 36 (year 3)"
//   go(k)                 move the moment
//   loops                 what is known of the named feedback loops: name -> what policy_lab/lab/loop_panel.py tells
//   loop(), pick(name), hover(name)   the loop that is meant; picked for good, or while something points at it
//   chosen()              the loop that is picked for good
//   request(content)      ask Python for this panel: `answer(content, screen)` there gets design and against as well.
//                         One request is under way at a time; of those that wait only the newest is sent.
const EXPLAINING = [whyPanel, flowPanel, loopPanel];
const PLAYED = 12000; // ms in which the whole time line is played
const LEAP = 1500; // ms between years, for those who want no motion

// The view is built when it is shown first, so that the page's first picture does not wait for it.
function explainView(page) {
  const main = H("div", { class: "pl-explain" });
  let built = null;
  return {
    name: "explain", title: "Explain", main,
    layout() { built ??= explained(page, main); built.layout(); },
    draw: () => built?.draw(), receive: (content, arrays) => built?.receive(content, arrays), stop: () => built?.stop(),
  };
}

function explained(page, main) {
  const { o, designs } = page;
  const headline = H("h2", {}, main);
  H("p", { class: "pl-sub" }, main, "Central paths: every constant at its central value, without luck and without a scenario's shocks. They show how the model works, not how likely anything is.");
  const state = { design: "", against: "", at: -1, loop: "", hover: "" }; // at: -1 stands for the end until the times are known
  const loops = new Map();

  // ---------- what is shared: two designs and a moment
  const bar = H("div", { class: "pl-when", role: "group", "aria-label": "What is explained, and when" }, main);
  const chosen = (label, key) => {
    const wrap = H("label", { class: "pl-choice" }, bar); H("span", {}, wrap, label);
    const box = H("select", {}, wrap);
    box.onchange = () => { state[key] = box.value; named(); refresh(); };
    return box;
  };
  const boxes = { design: chosen("Explain", "design"), against: chosen("Set against", "against") };
  const clock = H("div", { class: "pl-clock" }, bar), play = button(clock, "Play", "Play the time line", () => playing ? pause() : begin());
  const wrap = H("label", { class: "pl-moment" }, clock), said = H("span", { "aria-hidden": "true" }, wrap), range = H("input", { type: "range", min: 0, step: 1, "aria-label": "Moment" }, wrap);
  range.oninput = () => { pause(); go(+range.value); };

  const time = () => page.now.arrays.time, last = () => time().length - 1;
  const unit = o.time.unit.toLowerCase();
  const moment = k => {
    const value = time()[k], years = page.period > 1 ? ` (year ${figure(+(value / page.period).toFixed(1))})` : "";
    return `${unit} ${figure(value)}${years}`;
  };
  function go(k) {
    const next = Math.max(0, Math.min(last(), Math.round(k)));
    if (next === state.at) return;
    state.at = next; now();
    for (const one of sections) if (one.open() && one.ready) one.panel.moved();
  }
  function now() {
    set(range, { max: last(), "aria-valuetext": moment(state.at) }); range.value = state.at;
    range.style.setProperty("--f", state.at / (last() || 1)); write(said, titled(moment(state.at)));
  }

  // ---------- playing: frame by frame, or year by year for those who want no motion
  let playing = 0, from = null;
  function begin() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches, end = last();
    if (state.at >= end) go(0);
    write(play, "Pause"); set(play, { "aria-label": "Pause the time line" });
    from = null;
    const start = state.at, year = Math.max(1, Math.round(page.period * end / (time()[end] || 1))) || Math.ceil(end / 10);
    const step = at => {
      if (main.hidden) { pause(); return; } // another view is shown
      from ??= at;
      go(calm ? start + year * Math.floor((at - from) / LEAP) : start + end * (at - from) / PLAYED);
      if (state.at >= last()) pause(); else playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  }
  function pause() { cancelAnimationFrame(playing); playing = 0; write(play, "Play"); set(play, { "aria-label": "Play the time line" }); }

  // ---------- the panels, each in a section of its own
  const sections = [];
  for (const make_ of EXPLAINING) {
    const queue = { busy: 0, next: null };
    const send = content => { queue.busy = performance.now(); page.request("explain", { ...content, panel: one.panel.name, design: state.design, against: state.against }); };
    const host = {
      design: () => state.design, against: () => state.against, at: () => state.at, time, moment, go,
      loops, loop: () => state.hover || state.loop, chosen: () => state.loop,
      pick: name => { state.loop = name || ""; state.hover = ""; picked(); }, hover: name => { state.hover = name || ""; picked(); },
      request: (content = {}) => { if (queue.busy && performance.now() - queue.busy < SILENCE) queue.next = content; else send(content); },
    };
    const one = { panel: make_(page, host), ready: false, stale: true, answered() { queue.busy = 0; if (queue.next) { const { next } = queue; queue.next = null; send(next); } } };
    if (!one.panel) continue;
    const section = H("section", { class: "pl-part", "data-panel": one.panel.name }, main), id = fresh();
    set(section, { "aria-labelledby": id });
    const fold = H("details", {}, section), head = H("summary", {}, fold); H("h3", { id }, head, one.panel.title);
    fold.appendChild(one.panel.element); fold.open = !one.panel.folded;
    one.open = () => fold.open;
    fold.ontoggle = () => { if (fold.open && page.now) { refreshOne(one, one.stale); one.panel.layout(); } };
    sections.push(one);
  }
  function refreshOne(one, stale = true) {
    if (!one.open()) { one.stale = true; return; }
    if (stale) { one.stale = false; one.panel.refresh(); }
    one.ready = true;
  }
  const refresh = () => { for (const one of sections) refreshOne(one); };
  const picked = () => { for (const one of sections) if (one.open()) one.panel.picked?.(); };
  let begun = false;
  const begin_ = () => { if (!begun) { begun = true; for (const one of sections) one.panel.begin?.(); } };

  // An answer at rest comes in several steps; the central paths under it are those of the movement before.
  let stands = "";
  function renewed() {
    const now_ = JSON.stringify(page.now.told.screen);
    if (now_ === stands) return false;
    stands = now_; for (const one of sections) one.stale = true;
    return true;
  }

  // ---------- which designs there are to explain
  function named() {
    const d = designs.get(state.design), a = designs.get(state.against);
    write(headline, state.design === state.against ? `How ${d.short} works` : `What sets ${d.short} apart from ${a.short}`);
  }
  function offered() {
    const names = page.screen.designs.filter(name => designs.has(name)), base = names.includes(o.base) ? o.base : names[0];
    if (!names.includes(state.against)) state.against = base;
    if (!names.includes(state.design)) state.design = names.find(name => name !== state.against && designs.get(name).group === designs.get(state.against).group) || names.find(name => name !== state.against) || state.against;
    for (const [key, box] of Object.entries(boxes)) {
      if (box.dataset.names !== names.join()) { box.replaceChildren(); for (const name of names) H("option", { value: name }, box, designs.get(name).short); box.dataset.names = names.join(); }
      box.value = state[key];
    }
    if (state.at < 0 || state.at > last()) state.at = last();
    named(); now();
  }

  return {
    layout() { offered(); begin_(); renewed(); for (const one of sections) { refreshOne(one, one.stale); if (one.open()) one.panel.layout(); } },
    draw() { offered(); if (renewed()) refresh(); },
    receive(content, arrays) {
      const one = sections.find(each => each.panel.name === content.panel);
      if (!one) return;
      if (content.answered) one.answered(); else one.panel.receive(content, arrays);
    },
    stop() { pause(); for (const one of sections) one.panel.stop?.(); },
  };
}
