"""Run notebooks again and store their outputs: an unchanged tree stays unchanged, to the byte.

python -m tests.rerun            every chapter and every homework solution
python -m tests.rerun 03 hw1     those whose names begin so
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from rich.progress import track

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
RUN = sorted([*NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"), *NOTEBOOKS.glob("homework/solutions/*.ipynb")])
WIDGET = "application/vnd.jupyter.widget-view+json"  # its random id is of no use without its kernel


def rerun(path):
    """Run one notebook top to bottom in a fresh kernel, in its folder, and write it back.

    Raises CellExecutionError, with the traceback, where a cell fails; the file then stays as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    settings = {"record_timing": False, "store_widget_state": False, "coalesce_streams": True}
    settings |= {"kernel_name": "python3", "timeout": 600, "resources": {"metadata": {"path": path.parent}}}
    NotebookClient(notebook, **settings).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata.get("language_info", {}).pop("version", None)  # of the Python that ran it
    nbformat.write(notebook, path)
    return path


def main(prefixes):
    """Run those whose names begin with one of the prefixes, two at a time; all where there is none."""
    chosen = [path for path in RUN if not prefixes or path.name.startswith(tuple(prefixes))]
    if not chosen:
        raise SystemExit(f"no notebook begins with {' or '.join(prefixes)}; there are "
                         + ", ".join(path.stem for path in RUN))  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        for _ in track(pool.map(rerun, chosen), description="Running", total=len(chosen)):
            pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("prefixes", nargs="*")
    main(parser.parse_args().prefixes)
