"""A pad to draw a digit on, and what MNIST would have made of the drawing."""

import anywidget
import numpy as np
import traitlets
from ipywidgets import ValueWidget
from PIL import Image

SIDE = 140  # the drawing comes as SIDE × SIDE bytes


class DrawingPad(anywidget.AnyWidget, ValueWidget):
    """A square to draw on with mouse, pen or finger; a control like any other.

    value: SIDE × SIDE bytes, row by row, 0 paper to 255 ink; b"" while nothing is drawn.
    """

    value = traitlets.CBytes(b"").tag(sync=True)

    _esm = """
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
    """


def as_mnist(drawing):
    """A drawing as MNIST would hold it, (28, 28) uint8, or None where nothing is drawn.

    drawing: (H, W) uint8, 0 paper to 255 ink. The ink's longer side is scaled to 20 pixels, gray
    where strokes cover a part of a pixel; its center of mass is then put in the middle.
    """
    rows, columns = np.nonzero(drawing > 40)
    if rows.size < 20:
        return None
    ink = drawing[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = 20 / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    ink = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))
    mass = ink.sum(dtype=float)
    image = np.zeros((28, 28), dtype=np.uint8)
    top = round(13.5 - float(ink.sum(axis=1) @ np.arange(height)) / mass)
    left = round(13.5 - float(ink.sum(axis=0) @ np.arange(width)) / mass)
    top, left = min(max(top, 0), 28 - height), min(max(left, 0), 28 - width)
    image[top : top + height, left : left + width] = ink
    return image
