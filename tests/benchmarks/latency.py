"""From keypress to painted picture, per panel, in real JupyterLab in a real Chromium.

    python -m tests.benchmarks.latency [--presses 30] [notebooks/03_*.ipynb …]

Prints, in ms, the median and the 95th percentile for the first slider of each panel, and its ratio to
the floor: a slider that only rewrites one word. ipywidgets' interact with inline matplotlib stands
beside them. The floor and interact are measured between the chapters, in the same run.
"""

import argparse
import contextlib
import json
import statistics
from pathlib import Path

from playwright.sync_api import Error

from tests.browser import lab

FLOOR = """import ipywidgets as widgets
slider, word = widgets.IntSlider(max=100), widgets.HTML("word 0")
slider.observe(lambda change: setattr(word, "value", f"word {change.new}"), "value")
widgets.VBox([slider, word])"""
INTERACT = """%matplotlib inline
import matplotlib.pyplot as plt, numpy as np, ipywidgets as widgets
x = np.linspace(-6, 6, 241)
def draw(w):
    plt.figure(figsize=(7.6, 3.2), dpi=100); plt.plot(x, 1 / (1 + np.exp(-w * x))); plt.show()
widgets.interact(draw, w=(0, 100));"""

MEASURE = """async ([panel, watched]) => {
    const frames = () => new Promise(done => requestAnimationFrame(() => {
        const channel = new MessageChannel();   // its message comes after the frame is painted
        channel.port1.onmessage = done; channel.port2.postMessage(0);
    }));
    // a plot's image is its background, and seldom changes
    const images = () => [...panel.querySelectorAll('img:not(.plot img)')].map(i => i.src).join();
    const before = images();
    const places = [...panel.querySelectorAll(watched)].filter(e => !e.querySelector('p[role=status]'));
    window.__time = new Promise((done, fail) => {
        let start = null;
        const pressed = () => { start = performance.now(); };
        window.addEventListener('keydown', pressed, { capture: true, once: true });
        const observer = new MutationObserver(async () => {
            if (start === null || (before && [before, ''].includes(images()))) return;  // not redrawn yet
            observer.disconnect();
            await Promise.all([...panel.querySelectorAll('img')].map(i => i.decode().catch(() => 0)));
            await frames();
            done(performance.now() - start);
        });
        for (const place of places)
            observer.observe(place, { subtree: true, childList: true, characterData: true, attributes: true,
                                      attributeFilter: ['src'] });
        setTimeout(() => fail(new Error('no change within 3 s')), 3000);
    });
}"""


def measure(page, panel, presses, watched=".widget-html-content, .plot, img"):
    """Milliseconds of key presses on the panel's first slider that has an effect, up and down in turn."""
    panel.scroll_into_view_if_needed()
    element = panel.element_handle()
    for handle in panel.locator(".noUi-handle").all():
        with contextlib.suppress(Error):  # a slider that has no effect at this place: take the next
            return timed(page, handle, element, presses, watched)
    raise TimeoutError(f"no slider of the panel changes it: {panel.inner_text()[:80]}")


def timed(page, handle, element, presses, watched):
    """Milliseconds of so many key presses on one slider."""
    now, top = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    keys = ["ArrowLeft", "ArrowRight"] if now >= top else ["ArrowRight", "ArrowLeft"]
    times = []
    for press in range(presses + 3):
        page.evaluate(MEASURE, [element, watched])
        handle.press(keys[press % 2])
        times.append(page.evaluate("window.__time"))
        page.wait_for_timeout(40)
    return times[3:]  # the first three warm up


def report(name, times, floor=None):
    median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    ratio = f"{median / floor:8.2f}" if floor else ""
    print(f"{name:50} {median:8.1f} {slow:8.1f} {ratio}", flush=True)
    return median


def baseline(page, address, presses):
    """Times of the floor and of interact."""
    lab.open_notebook(page, address, "baseline.ipynb")
    lab.run_all(page)
    page.wait_for_timeout(1000)
    floor, interact = page.locator(".jp-CodeCell").all()
    return (
        measure(page, floor.locator(".widget-vbox").first, presses),
        measure(page, interact.locator(".widget-interact").first, presses, ".jp-OutputArea"),
    )


def write_baseline(folder):
    cells = [
        {"cell_type": "code", "id": f"cell{i}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for i, source in enumerate((FLOOR, INTERACT))
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / "baseline.ipynb").write_text(json.dumps(notebook))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--presses", type=int, default=30)
    arguments = parser.parse_args()
    chapters = sorted((lab.REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
    names = [path.name for path in arguments.notebooks or chapters]
    print(f"{'panel':50} {'median':>8} {'95 %':>8} {'× floor':>8}")
    with lab.jupyterlab() as (address, folder), lab.chromium() as page:
        write_baseline(folder)
        floors, interacts = baseline(page, address, arguments.presses)
        results = []
        for name in names:
            lab.open_notebook(page, address, name)
            lab.run_all(page)
            page.wait_for_timeout(1500)
            for i, panel in enumerate(page.locator(".jp-OutputArea-output > .widget-vbox").all()):
                trains = panel.locator("button", has_text="Train").count()  # its picture waits for Train
                if panel.locator(".noUi-handle").count() and not trains:
                    kind = "plot" if panel.locator("img").count() else "equations"
                    kind = "diagram" if panel.locator(".widget-html-content > svg").count() else kind
                    label = f"{Path(name).stem} {i} ({kind})"
                    results.append((label, measure(page, panel, arguments.presses)))
        again = baseline(page, address, arguments.presses)
    floor = report("floor: one word", floors + again[0])
    report("interact with inline matplotlib", interacts + again[1], floor)
    for name, times in results:
        report(name, times, floor)


if __name__ == "__main__":
    main()
