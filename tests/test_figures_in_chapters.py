"""Every figure of the sources is printed by a cell of its chapter.

A figure is one number or a row of numbers. It counts as printed where the same numbers, digit for
digit and in the same order, stand in one stored text output of the chapter's code cells. Brackets,
words and white space between them do not matter: [[ 9. ...]] is read as its numbers.
"""

import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECTIONS = json.loads((HERE / "seed_figures.json").read_text(encoding="utf-8"))
# a number that is not part of a word (w1) or of a longer number; NumPy's "9." is read as 9
NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:[eE][-+]\d+)?(?!\w)")


def numbers(text):
    """The numbers of a text as they are written."""
    return [number.replace("−", "-") for number in NUMBER.findall(text)]


def outputs(notebook):
    """The stored text of every output of every code cell: streams and text/plain."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            yield "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))


def stands_in(figure, text):
    """Whether the figure's numbers stand one after another in the text."""
    wanted, found = figure.split(), numbers(text)
    return any(found[i : i + len(wanted)] == wanted for i in range(len(found)))


def not_printed(section, texts):
    """The figures of a section that none of the texts holds."""
    return [
        f"{name}: {figure}"
        for name, figure in section["figures"].items()
        if not any(stands_in(figure, text) for text in texts)
    ]


@pytest.mark.parametrize("name", [name for name in SECTIONS if "figures" in SECTIONS[name]])
def test_chapter_prints_every_figure(name):
    section = SECTIONS[name]
    (path,) = (HERE.parent / "notebooks").glob(f"{section['chapter']}_*.ipynb")
    texts = list(outputs(json.loads(path.read_text(encoding="utf-8"))))
    missing = not_printed(section, texts)
    assert not missing, f"{path.name} does not print " + ", ".join(missing)


@pytest.mark.parametrize(
    ("figure", "text", "found"),
    [
        ("9 12", "dx = [[ 9. 12.]\n [18. 24.]]", True),
        ("9 12", "dx = [[9, 12], [18, 24]]", True),
        ("0.238731 0.17752054", "300  [0.238731   0.17752054]  loss 0.003754762373", True),
        ("5.38261034817e-04", "loss 5.38261034817e-04", True),
        ("2.2", "apple price 2.2 won", True),
        ("2.2", "2.20", False),
        ("2.2", "12.2 or 2.21 or 2.2e-04 or -2.2", False),
        ("0.02592286", "0.025922864", False),
        ("9 12", "12 9", False),
        ("9 12", "9 0 12", False),
        ("1", "w1, h1 and 1.1", False),
    ],
)
def test_the_comparison_is_strict(figure, text, found):
    assert stands_in(figure, text) is found


def test_only_text_outputs_count():
    """Neither a cell's source, nor prose, nor a picture prints a figure."""
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": "220"},
            {"cell_type": "code", "source": "print(220)", "outputs": []},
            {"cell_type": "code", "outputs": [{"data": {"image/svg+xml": "<svg>220</svg>"}}]},
            {"cell_type": "code", "outputs": [{"text": ["71", "5\n"]}]},
            {"cell_type": "code", "outputs": [{"data": {"text/plain": ["3.3"]}}]},
        ]
    }
    section = {"figures": {"total 1": "220", "total 2": "715", "price": "3.3"}}
    assert not_printed(section, list(outputs(notebook))) == ["total 1: 220"]
