// The second view: why do the designs differ?
function explainView(page) {
  const main = H("div", { class: "pl-main" });
  return { name: "explain", title: "Explain", main, layout() {}, draw() {}, receive() {}, stop() {} };
}
