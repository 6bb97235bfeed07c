// A square to draw a digit on; sends the drawing as side × side bytes.
function render({ model, el }) {
  const side = 140, size = 280, canvas = document.createElement("canvas");
  const scale = window.devicePixelRatio || 1, pen = canvas.getContext("2d");
  canvas.width = canvas.height = size * scale;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Drawing pad: draw one digit");
  Object.assign(canvas.style, { width: size + "px", height: size + "px", background: "#fff",
    border: "2px solid #000", borderRadius: "6px", touchAction: "none", cursor: "crosshair" });
  el.append(canvas);
  const small = document.createElement("canvas");
  const reader = small.getContext("2d", { willReadFrequently: true });
  small.width = small.height = side;
  function clear() { pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); }
  function send() {
    reader.drawImage(canvas, 0, 0, side, side);
    const rgba = reader.getImageData(0, 0, side, side).data, ink = new Uint8Array(side * side);
    for (let i = 0; i < ink.length; i++) ink[i] = 255 - rgba[4 * i];
    model.set("value", new DataView(ink.buffer));
    model.save_changes();
  }
  let last = null, timer = null;
  function place(event) {
    const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  }
  function stroke(to) {
    Object.assign(pen, { strokeStyle: "#000", lineWidth: 22 * scale, lineCap: "round" });
    pen.beginPath(); pen.moveTo(...last); pen.lineTo(...to); pen.stroke();
    last = to;
    timer ??= setTimeout(() => { timer = null; send(); }, 100);
  }
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId); last = place(event); stroke(last);
  });
  canvas.addEventListener("pointermove", event => { if (last) stroke(place(event)); });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => { last = null; send(); });
  model.on("change:value", () => { if (model.get("value").byteLength === 0) clear(); });
  clear();
}
export default { render };
