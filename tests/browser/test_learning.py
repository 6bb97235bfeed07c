"""Every chapter as a learner takes it: outputs cleared, cell by cell, by keyboard, in real JupyterLab.

Each question is answered wrong, then right; each Your turn is checked untouched, then solved. Chapter 06
leaves my_layers.py, and chapter 09 trains it.
"""

import re

import pytest
from asked import ALL, parts, turns, written, wrong_answer

from . import lab
from .test_chapters import ARTIFACTS, CHAPTERS

RUN = re.compile(r"\[\d+\]")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_cell_by_cell(browser_page, address, folder, name):
    page, chapter = browser_page, name[:2]
    lab.open_notebook(page, address, name)
    lab.clear(page)
    cells = page.locator(".jp-NotebookPanel .jp-Cell")
    mine = {i: parts(chapter, i) for there, i in turns() if there == chapter}
    asked = solved = 0
    for i in range(cells.count()):
        cell = cells.nth(i)
        if "jp-CodeCell" not in cell.get_attribute("class"):
            continue
        run(page, cell)
        source = cell.locator(".cm-content").inner_text().strip()
        if source.startswith("ask("):
            answer(page, cell, ALL[source[4:-1]], f"{chapter}_question{asked}")
            asked += 1
        if i - 1 in mine:
            stub, _, solution = mine[i - 1]
            wait_for_text(cell, "Not written yet" if "..." in stub else "")
            photograph(cell, f"{chapter}_turn{solved}_before")
            write(page, cells.nth(i - 1), solution)
            run(page, cells.nth(i - 1))
            run(page, cell)
            wait_for_text(cell, "✓ Right.")
            photograph(cell, f"{chapter}_turn{solved}_right")
            solved += 1
    assert lab.errors(page) == []
    assert asked == sum(key.startswith(f"ch{chapter}.") for key in ALL) and solved == len(mine)
    tally = page.locator(".jp-OutputArea-output", has_text="right at first try").last
    assert f"{asked} made, 0 right at first try" in tally.inner_text()
    if chapter == "06":
        assert "class MyAffine" in (folder / "my_layers.py").read_text(encoding="utf-8")
    if chapter == "09":
        words = " ".join(page.locator(".jp-OutputArea-output").all_inner_texts())
        assert "There is no my_layers.py" not in words and "yours" in words.lower()


def run(page, cell):
    """Select a cell and press Shift+Enter; wait until it has run."""
    prompt = cell.locator(".jp-InputArea-prompt")
    prompt.click()
    page.keyboard.press("Shift+Enter")
    lab.wait_for(lambda: RUN.search(prompt.inner_text()), 120, "the cell to run")


def write(page, cell, code):
    """Replace a cell's source by typing."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code.rstrip())
    page.keyboard.press("Escape")


def answer(page, cell, question, name):
    """Answer a question wrong, then right, by keyboard, and look at each reply."""
    box = cell.locator(".question")
    box.scroll_into_view_if_needed()
    photograph(cell, f"{name}_before")
    for text, reply in ((wrong_answer(question), "Not yet"), (written(question.answer), "Right")):
        if question.choices:
            box.locator("button", has_text=re.compile(f"^{re.escape(text)}$")).press("Enter")
        else:
            field = box.get_by_label(question.label, exact=True)  # as a screen reader finds it
            field.fill(text)
            field.press("Enter")
        wait_for_text(box, reply)
        photograph(cell, f"{name}_{reply.replace(' ', '').lower()}")


def wait_for_text(part, text):
    lab.wait_for(lambda: text in part.inner_text(), 10, f"the words {text!r}")


def photograph(cell, name):
    ARTIFACTS.mkdir(exist_ok=True)
    cell.screenshot(path=ARTIFACTS / f"learning_{name}.png")
