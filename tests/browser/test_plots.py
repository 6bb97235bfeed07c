"""A plot in two layers looks like the same plot drawn whole, and equations fit their panel."""

import base64
from io import BytesIO

import numpy as np
import pytest
from backprop.chapters import ch00_start, ch01_descend, ch02_fire, ch05_measure, ch07_work, ch09_read
from backprop.explore.figures import layers, png
from PIL import Image, ImageFilter

from notebooks import every_place, panels

WEEKS, HEIGHTS = np.arange(4.0), np.array([1.0, 2.0, 4.0, 5.0])
IMAGES = np.random.default_rng(0).integers(256, size=(20, 784), dtype=np.uint8)
IMAGES[:, :280] = 255  # dark above: an image that is upside down is seen
DRAWS = {
    "neuron": lambda: ch00_start.make_neuron()(),
    "bars and dots": lambda: ch01_descend.make_line_and_surface(WEEKS, HEIGHTS, "x", "y")(a=3.0),
    "a path that leaves the map": lambda: ch01_descend.make_descent(WEEKS, HEIGHTS)(alpha=0.3, steps=9),
    "tangents": lambda: ch02_fire.make_maxout()(),
    "the V of the error": lambda: ch05_measure.make_errors()(),
    "epochs": lambda: ch07_work.make_epochs()(),
    "images": lambda: ch09_read.make_gallery(IMAGES, np.arange(20) % 10)(first=0),
}
PAGE = """<body style="margin:0"><img src="data:image/png;base64,{}" style="position:absolute">
<div style="position:relative">{}</div>"""


@pytest.mark.parametrize("name", DRAWS)
def test_the_layers_together_are_the_whole_plot(browser_page, name):
    figure = DRAWS[name]().content
    background, overlay = layers(figure)
    whole = pixels(png(figure))
    browser_page.set_content(PAGE.format(base64.b64encode(background).decode(), overlay))
    high, wide = whole.shape[:2]
    both = pixels(browser_page.screenshot(clip={"x": 0, "y": 0, "width": wide, "height": high}))
    assert np.abs(pixels(background) - whole).max() > 60, "something moves in it"
    assert np.abs(both - whole).max() < 75, "Agg also moves edges to whole pixels: hence the blur"


def pixels(data):
    """The colors of a PNG, blurred over 9 × 9 pixels: (height, width, 3)."""
    return np.asarray(Image.open(BytesIO(data)).convert("RGB").filter(ImageFilter.BoxBlur(4))).astype(int)


@pytest.mark.parametrize("width", [640, 760])  # a notebook's cell in a window of 800 px, and a wide one
@pytest.mark.parametrize(("chapter", "n"), [("01", 3), ("03", 2), ("04", 2), ("07", 1)])
@pytest.mark.parametrize("end", [0, -1])
def test_equations_fit_their_panel(browser_page, chapter, n, end, width):
    panel = panels(chapter)[n]
    content = panel.draw(**{name: every_place(c)[end] for name, c in panel.controls.items()}).content
    browser_page.set_viewport_size({"width": width, "height": 600})
    browser_page.set_content(f'<body style="margin:0">{content._repr_html_()}')
    over, wide = browser_page.evaluate(
        "(page => [page.scrollWidth - page.clientWidth, page.firstChild.offsetWidth])"
        "(document.querySelector('[role=group]'))"
    )
    assert over == 0 and 300 < wide <= width
