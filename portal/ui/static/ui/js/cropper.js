// Chooses what of a picture becomes the portrait. Without this file the server cuts the middle out, which is shown.
for (const form of document.querySelectorAll("[data-cropper]")) {
  const stage = form.querySelector(".th-cropper__stage");
  const picture = stage.querySelector("img");
  const box = stage.querySelector(".th-cropper__box");
  const size = stage.querySelector("input[type=range]");
  const [left, top, width] = ["left", "top", "width"].map((name) => form.elements[name]);
  const [high, wide] = width.dataset.ratio.split("/").map(Number);
  const whole = { width: Number(picture.getAttribute("width")), height: Number(picture.getAttribute("height")) };
  const widest = Math.min(whole.width, Math.floor((whole.height * wide) / high));
  size.max = widest;

  // All numbers are pixels of the picture; the page shows them as parts of it.
  const place = (x, y, w) => {
    const cut = Math.round(Math.max(Number(size.min), Math.min(widest, w)));
    const height = Math.round((cut * high) / wide);
    left.value = Math.round(Math.max(0, Math.min(whole.width - cut, x)));
    top.value = Math.round(Math.max(0, Math.min(whole.height - height, y)));
    width.value = size.value = cut;
    box.style.left = `${(left.value / whole.width) * 100}%`;
    box.style.top = `${(top.value / whole.height) * 100}%`;
    box.style.width = `${(cut / whole.width) * 100}%`;
    box.style.height = `${(height / whole.height) * 100}%`;
    box.setAttribute("aria-valuenow", Math.round((left.value / Math.max(1, whole.width - cut)) * 100));
  };
  const now = () => [Number(left.value), Number(top.value), Number(width.value)];
  const about = (change) => {
    const [x, y, w] = now();
    place(x - change / 2, y - ((change / 2) * high) / wide, w + change);
  };

  let held = null;
  box.addEventListener("pointerdown", (event) => {
    held = { id: event.pointerId, x: event.clientX, y: event.clientY, from: now() };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    const scale = whole.width / picture.clientWidth;
    place(held.from[0] + (event.clientX - held.x) * scale, held.from[1] + (event.clientY - held.y) * scale, held.from[2]);
  });
  const release = () => { held = null; };
  box.addEventListener("pointerup", release);
  box.addEventListener("pointercancel", release);
  box.addEventListener("keydown", (event) => {
    const step = whole.width / 50;
    const [x, y, w] = now();
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (moves[event.key]) place(x + moves[event.key][0], y + moves[event.key][1], w);
    else if (event.key === "+" || event.key === "=") about(step);
    else if (event.key === "-") about(-step);
    else return;
    event.preventDefault();
  });
  size.addEventListener("input", () => about(Number(size.value) - Number(width.value)));
  stage.hidden = false;
  place(...now());
}
