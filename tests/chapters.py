"""Where the chapters are, and how to run one without Jupyter."""

import contextlib
import io
import json
import os
from pathlib import Path

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
