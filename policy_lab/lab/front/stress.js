// The third view: a whole ensemble, shocks placed by hand, what the answer hangs on.
function stressView(page) {
  const main = H("div", { class: "pl-main" });
  return { name: "stress", title: "Batch and stress", main, layout() {}, draw() {}, receive() {}, stop() {} };
}
