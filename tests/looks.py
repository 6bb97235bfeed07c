"""The looks of every panel, at the start and at both ends of each control, as short fingerprints.

    python tests/looks.py        writes tests/looks.json anew: look at the pictures first

tests/test_looks.py compares. A fingerprint says how many shapes there are, which colors, kinds and texts'
places they have (a checksum), and the sum of all coordinates and sizes, once of the even and once of the
odd ones. So nothing moves, grows or changes its color unseen; what the numbers in a picture are, other
tests say.
"""

import collections
import json
import re
import zlib
from pathlib import Path
from weakref import WeakKeyDictionary

from backprop.explore.figures import layers
from backprop.explore.overlay import Overlay
from backprop.explore.svg import shaded
from matplotlib.figure import Figure

from notebooks import CHAPTERS, every_place, panels

STORE = Path(__file__).with_name("looks.json")
SKIPPED = {"09"}  # its pictures are of trained networks, and differ between machines
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
SIZED = {"x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points", "d", "viewBox",
         "font-size", "stroke-width", "stroke-dasharray", "transform", "opacity"}  # fmt: skip


def fingerprint(content):
    """Of a picture's content: [shapes, checksum, sum of the even numbers, sum of the odd ones]."""
    kinds, numbers = collections.Counter(), []
    markup = markup_of(content)
    for tag in re.findall(r"<(\w+)", markup):
        kinds[tag] += 1
    for name, value in ATTRIBUTE.findall(markup):
        if name in SIZED:
            numbers += map(float, NUMBER.findall(value))
        elif name not in ("aria-label", "href"):
            kinds[f"{name}={value}"] += 1
    checksum = zlib.crc32(repr(sorted(kinds.items())).encode())
    return [kinds.total(), checksum, round(sum(numbers[::2]), 1), round(sum(numbers[1::2]), 1)]


def markup_of(content):
    """What is seen, as markup: of a plot all that matplotlib draws, as SVG."""
    if isinstance(content, Figure):
        if content.stale or content not in _backgrounds:
            content.canvas.draw()  # lays the axes out
            background = Overlay(*content.bbox.size, content.dpi)
            content.draw(background)
            _backgrounds[content] = "".join(background.shapes)
        return _backgrounds[content] + layers(content)[1]
    if isinstance(content, str):
        return shaded(content)
    return content._repr_html_()


_backgrounds = WeakKeyDictionary()  # Figure -> what does not move in it


def looks(chapter):
    """{panel: {state: fingerprints}} of a chapter; each control at its ends, all others at the start."""
    found = {}
    for number, panel in enumerate(panels(chapter)):
        panel.reset()
        states = {"start": {}}
        for name, control in panel.controls.items():
            places = every_place(control)
            states |= {f"{name} = {value!r}": {name: value} for value in (places[0], places[-1])}
        start, found[f"{chapter}.{number}"] = panel.values(), {}
        for state, values in states.items():
            drawn = panel.draw(**{**start, **values})
            pictures = drawn if isinstance(drawn, (tuple, list)) else [drawn]
            contents = [getattr(picture, "content", picture) for picture in pictures]
            found[f"{chapter}.{number}"][state] = [fingerprint(content) for content in contents]
        panel.reset()
    return found


def main():
    found = {}
    for path in CHAPTERS:
        if path.stem[:2] not in SKIPPED:
            found |= looks(path.stem[:2])
    lines = [
        f"{json.dumps(panel)}: {json.dumps(states, ensure_ascii=False)}" for panel, states in found.items()
    ]
    STORE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
