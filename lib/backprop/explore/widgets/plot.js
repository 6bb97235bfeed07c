// A plot in two layers: a background that seldom changes, and what a slider moves, as SVG above it.
function render({ model, el }) {
  el.innerHTML = '<div class="plot" style="position:relative"><img alt=""><div></div></div>';
  const [image, overlay] = el.firstChild.children;
  image.style = "position:absolute;height:100%";
  overlay.style.position = "relative"; // above the image
  const background = () => {
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([model.get("background")], { type: "image/png" }));
  };
  const move = () => { overlay.innerHTML = model.get("overlay"); };
  model.on("change:background", background);
  model.on("change:overlay", move);
  background();
  move();
  return () => URL.revokeObjectURL(image.src);
}
export default { render };
