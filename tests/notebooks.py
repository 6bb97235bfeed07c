"""Where the chapters are, how to run one without Jupyter, and every place of its panels' sliders."""

import contextlib
import io
import json
import math
import os
from functools import cache
from itertools import product
from pathlib import Path
from unittest.mock import patch

import numpy as np
from backprop.explore import Panel
from backprop.explore.widgets.pad import SIDE, DrawingPad

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
COMMITTED = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("homework/**/*.ipynb")])


def read(path):
    """A notebook as a dict."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sources(path, cell_type):
    """The texts of a notebook's cells of one type."""
    return ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == cell_type]


def run(path):
    """Run a chapter's code cells in this process, in its folder; returns its names."""
    names = {}
    before = os.getcwd()
    os.chdir(Path(path).parent)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for i, source in enumerate(sources(path, "code")):
                exec(compile(source, f"{Path(path).name}, cell {i}", "exec"), names)
    finally:
        os.chdir(before)
    return names


@cache
def ran(chapter):
    """A chapter's names and its Panels in order, once it has run; chapter: its two digits, such as "04"."""
    (path,) = NOTEBOOKS.glob(f"{chapter}_*.ipynb")
    found, start = [], Panel.__init__

    def remember(self, *arguments, **settings):
        found.append(self)
        start(self, *arguments, **settings)

    with patch.object(Panel, "__init__", remember):
        return run(path), found


def panels(chapter):
    """The Panels of a chapter in its order."""
    return ran(chapter)[1]


def positions(panel, most=2000, seed=0):
    """Values for a panel's draw: every place of its controls, or, where these are more than most,
    both ends of each control from the start, every combination of ends, and random places.
    """
    places = {name: every_place(control) for name, control in panel.controls.items()}
    if math.prod(map(len, places.values())) <= most:
        return [dict(zip(places, values, strict=True)) for values in product(*places.values())]
    rng, start = np.random.default_rng(seed), panel.values()
    ends = {name: [values[0], values[-1]] for name, values in places.items()}
    chosen = [start, *({**start, name: value} for name, values in ends.items() for value in values)]
    corners = list(product(*ends.values()))
    picked = rng.permutation(len(corners))[: most // 4]
    chosen += [dict(zip(places, corners[i], strict=True)) for i in picked]
    while len(chosen) < most:
        chosen.append({name: values[rng.integers(len(values))] for name, values in places.items()})
    return chosen


def every_place(control):
    """Every value that a control can take, from one end to the other."""
    if isinstance(control, DrawingPad):
        return [b"", np.tril(np.full((SIDE, SIDE), 255, np.uint8)).tobytes()]
    if hasattr(control, "options"):
        return [option[1] if isinstance(option, tuple) else option for option in control.options]
    if isinstance(control.value, bool):
        return [False, True]
    steps = round((control.max - control.min) / control.step)
    values = [control.min + i * (control.max - control.min) / steps for i in range(steps + 1)]
    if hasattr(control, "base"):
        return [control.base**value for value in values]
    return [round(value, 9) if isinstance(control.value, float) else round(value) for value in values]


def said(picture):
    """The sentence of what a draw function returned."""
    return " ".join(p.sentence for p in picture) if isinstance(picture, tuple) else picture.sentence
