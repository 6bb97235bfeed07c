// Gives each slider's handle of the panel around this widget its label, for screen readers.
function render({ el }) {
  el.style.display = "none";
  const label = () => {
    const panel = el.closest(".widget-vbox");
    if (!panel) { setTimeout(label, 100); return; }
    for (const slider of panel.querySelectorAll(".widget-inline-hbox:has(.noUi-handle)"))
      for (const handle of slider.querySelectorAll(".noUi-handle"))
        handle.setAttribute("aria-label", slider.querySelector(".widget-label").textContent);
  };
  label();
}
export default { render };
