// The page as a whole: its head, the tabs of its views, what is asked of Python and what comes back.
//
// A view is made by a function of `page` and gives: `name` and `title`; `main`, its element; `layout()`, called when it
// is shown or its room changes; `draw(same)`, called when a movement was answered (`same`: the designs are those drawn
// before); `receive(content, arrays)`, what Python told this view alone; `stop()`, at the end. It asks by `page.request`.
const VIEWS = { compare: compareView, explain: explainView, stress: stressView };

function render({ model, el }) {
  const o = model.get("opening");
  const groupKeys = Object.keys(o.groups), designs = new Map();
  for (const key of groupKeys) o.designs.filter(d => d.group === key).forEach((d, k) => {
    designs.set(d.name, { ...d, colour: `var(--g${groupKeys.indexOf(key) % GROUPS})`, ink: `var(--t${groupKeys.indexOf(key) % GROUPS})`, dash: DASHES[k % DASHES.length] });
  });
  let asks = Math.max(model.get("told").n || 0, (model.get("asked") || {}).n || 0), waiting = 0, drawn = 0, pending = false, width = 0;

  const root = H("section", { class: "pl", "aria-label": o.title }, el);
  // In its command mode JupyterLab takes arrow keys away from a native slider unless they stop here.
  root.addEventListener("keydown", event => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !event.target.matches("input[type=number]")) {
      event.preventDefault(); event.stopPropagation();
      ask(key === "y" || event.shiftKey ? "redo" : "undo", { keep: true });
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });

  // ---------- asking: movements are merged on the way, everything else is sent as it is
  function ask(action, extra = {}) {
    asks = Math.max(asks, model.get("told").n || 0, (model.get("asked") || {}).n || 0) + 1; // another copy of the screen may have asked
    const content = { n: asks, do: action, screen: structuredClone(page.screen), ...extra };
    if (action === "move" && !extra.keep) { model.set("asked", content); model.save_changes(); } else model.send(content);
    clearTimeout(waiting);
    if (action !== "file") waiting = setTimeout(() => alert_("No answer: the kernel is busy or has stopped. What you see belongs to where the sliders stood before."), SILENCE);
  }
  // What one view alone asks for; the answer comes to its `receive`.
  const request = (view, content = {}) => model.send({ view, screen: structuredClone(page.screen), ...content });

  // ---------- the frame of the page
  const head = H("header", { class: "pl-head" }, root);
  const title = H("div", { class: "pl-title" }, head);
  H("b", {}, title, o.title); H("span", {}, title, o.question);
  const acts = H("div", { class: "pl-acts", role: "toolbar", "aria-label": "Actions" }, head);
  const undo = button(acts, "Undo", "Undo the last change", () => ask("undo", { keep: true }));
  const redo = button(acts, "Redo", "Redo what was undone", () => ask("redo", { keep: true }));
  const pin = button(acts, "Pin", "Pin what is shown, to compare with what comes next", () => togglePin(), "pri");
  H("span", { class: "lab" }, acts, "Save");
  for (const [kind, what] of [["csv", "every number drawn, as a table"], ["png", "the ranking as a picture"], ["svg", "the ranking as a drawing"], ["yaml", "what was chosen, to open again or to run in a batch"], ["docx", "a briefing on the full answer as a Word document, a draft"]])
    button(acts, kind.toUpperCase(), `${kind.toUpperCase()}: save ${what}`, () => ask("file", { kind }));
  const chooser = H("input", { type: "file", accept: ".yaml,.yml", hidden: "", tabindex: "-1", "aria-label": "A file that was saved (YAML)" }, acts);
  button(acts, "Open", "Open a file that was saved here", () => chooser.click());
  chooser.onchange = async () => {
    const file = chooser.files[0]; if (!file) return;
    const text = await file.text(); chooser.value = ""; // the same file can be opened again
    ask("open", { text: text.slice(0, 100000) });
  };
  const tabs = H("div", { class: "pl-tabs", role: "tablist", "aria-label": "Views" }, root);
  const alarm = H("p", { class: "pl-alarm", role: "alert", hidden: "" }, root);
  const alert_ = words => { write(alarm, words || ""); alarm.hidden = !words; };
  const body = H("div", { class: "pl-body" }, root);
  const side = H("form", { class: "pl-side", "aria-label": "What to compare, and under which assumptions" }, body);
  side.onsubmit = event => event.preventDefault();

  const page = {
    model, o, root, side, designs, groupKeys, ask, request, alert: alert_,
    screen: structuredClone(model.get("told").screen), now: null, pinned: null,
    period: YEAR[o.time.unit.toLowerCase().replace(/s$/, "")] || 0, // units of time in a year; 0 where that makes no sense
  };
  const sync = addRail(page);
  const views = o.views.map(name => VIEWS[name](page));
  let shown = views[0];
  const show = view => {
    shown = view;
    for (const one of views) { one.main.hidden = one !== view; set(one.tab, { "aria-selected": String(one === view), tabindex: one === view ? "0" : "-1" }); }
    set(root, { "data-view": view.name });
    if (page.now) view.layout();
  };
  for (const view of views) {
    const tab = view.tab = H("button", { type: "button", role: "tab", id: fresh() }, tabs, view.title);
    const id = fresh(); set(view.main, { role: "tabpanel", id, "aria-labelledby": tab.id, tabindex: "-1" }); set(tab, { "aria-controls": id });
    tab.onclick = () => show(view);
    tab.onkeydown = event => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -views.indexOf(view), End: views.length - 1 - views.indexOf(view) }[event.key];
      if (step == null) return;
      event.preventDefault();
      const next = views[(views.indexOf(view) + step + views.length) % views.length];
      show(next); next.tab.focus();
    };
    body.appendChild(view.main);
  }
  tabs.hidden = views.length < 2;
  const note = H("p", { class: "pl-note" }, root);

  function togglePin() {
    page.pinned = page.pinned ? null : page.now;
    write(pin, page.pinned ? "Pin ✓" : "Pin"); set(pin, { title: page.pinned ? "Take the pin away" : "", "aria-pressed": String(!!page.pinned) });
    shown.layout();
  }

  function words() {
    const { told } = page.now;
    undo.disabled = !told.undo; redo.disabled = !told.redo;
    const changed = told.changes.length ? `Changed from base: ${told.changes.join("; ")}. ` : "Everything at base. ";
    write(note, `${changed}Risk: ${o.measure.variable} below ${two(o.measure.bar)} for ${o.measure.periods} saved periods in a row. Conditional on the model. ${o.not_a_forecast} Model ${o.digest}, seed ${told.draws[2]}, ${told.draws[0]} worlds × ${told.draws[1]} futures. ${told.failed ? `${told.failed} cases could not be used. ` : ""}Source: ${o.sources}.`);
  }

  // ---------- what comes in
  function read() {
    const told = model.get("told");
    if (!told || !told.arrays) return;
    const before = page.now;
    page.now = { told, arrays: arraysOf(told.arrays, model.get("numbers")) };
    clearTimeout(waiting); alert_(told.fault);
    if (before && told.quiet) { undo.disabled = !told.undo; redo.disabled = !told.redo; return; } // no number has changed
    if (told.set || told.n > asks) page.screen = structuredClone(told.screen); // the second: another copy of the screen has moved
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      shown.draw(before && before.told.designs.join() === page.now.told.designs.join());
      words(); sync(); drawn += 1;
      const { told } = page.now;
      set(root, { "data-seq": model.get("seq"), "data-drawn": drawn, "data-n": told.n, "data-kind": told.kind, "data-whole": String(!!told.whole) });
    });
  }
  const receive = (content, buffers) => {
    if (content.kind === "wait") { alert_(content.words); setTimeout(() => alert_(""), 6000); return; }
    if (content.kind === "file") {
      const link = H("a", { download: content.name, href: URL.createObjectURL(new Blob([buffers[0]])) });
      link.click(); setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      return;
    }
    const view = views.find(one => one.name === content.view);
    if (view) view.receive(content, buffers && buffers.length ? arraysOf(content.arrays, buffers[0]) : {});
  };
  // Where the page's host says that the kernel has gone, nobody has to wait for silence to tell.
  const gone = () => { clearTimeout(waiting); alert_("The kernel has stopped or begun anew: run the cell again. What you see belongs to where the sliders stood before."); };
  const status = (_, state) => { if (["restarting", "autorestarting", "terminating", "dead"].includes(state)) gone(); };
  const kernel = model.widget_manager?.kernel;
  kernel?.statusChanged?.connect(status); model.on("comm_live_update", gone);
  model.on("change:seq", read); model.on("msg:custom", receive);
  const observer = new ResizeObserver(() => {
    const w = Math.round(root.clientWidth);
    if (w && Math.abs(w - width) > 4) { width = w; root.classList.toggle("nar", w < 860); root.classList.toggle("mid", w >= 860 && w < 1180); if (page.now) shown.layout(); }
  });
  observer.observe(root);
  show(shown); sync(); read();
  return () => { observer.disconnect(); clearTimeout(waiting); for (const view of views) view.stop(); model.off("change:seq", read); model.off("msg:custom", receive); model.off("comm_live_update", gone); kernel?.statusChanged?.disconnect(status); };
}
export default { render };
