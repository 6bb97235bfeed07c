"""What learners do to a notebook that nobody planned: run it twice, out of order, restart in mid-training.

python -m pytest tests/browser/test_robust.py
"""

import json
import re

import pytest

from . import lab
from .test_chapters import LOOK, PANEL, chapter, iteration, moves, press, run, training_panel

TWICE = [  # the cells of a notebook that shows one panel twice
    "from backprop import Value\n"
    "from backprop.explore import explore, graph_picture\n"
    "def bill(price=100, apples=2, step=2):\n"
    "    return graph_picture(Value(price, 'price') * Value(apples, 'apples'), step, unit='won')\n"
    "panel = explore(bill, price=(10, 300, 10), apples=(0, 10), step=(0, 2))",
    "panel",
    "panel",
]


def kernel_menu(page, command):
    """Choose from the Kernel menu, and say yes if JupyterLab asks."""
    lab.menu(page, "Kernel", command)
    sure = page.locator(".jp-Dialog button.jp-mod-accept")
    try:
        sure.click(timeout=3000)
    except Exception as error:
        if "Timeout" not in type(error).__name__:
            raise


def restart(page):
    """A new kernel for the open notebook."""
    kernel_menu(page, "kernelmenu:restart")
    page.wait_for_timeout(500)
    page.wait_for_selector('.jp-NotebookPanel [data-status="idle"]', timeout=60_000)


def words(panel):
    return panel.locator("p[role=status]").inner_text()


def value(handle):
    return handle.get_attribute("aria-valuenow")


# any chapter


def test_run_all_twice(browser_page, address):
    page = browser_page
    run(page, address, chapter("03"))
    count = page.locator(PANEL).count()
    lab.run_all(page)
    assert lab.errors(page) == []
    lab.wait_for(lambda: page.locator(PANEL).count() == count, 10, "the panels to come back")
    panel = page.locator(PANEL).first
    assert moves(page, panel, press, panel.locator(".noUi-handle").first)


def test_cells_out_of_order_say_what_is_missing_and_running_from_the_top_mends_it(browser_page, address):
    page = browser_page
    run(page, address, chapter("03"))
    restart(page)
    cell = page.locator(".jp-CodeCell", has_text="ch03.graph_1")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    lab.wait_for(lambda: lab.errors(page), 20, "the error")
    (error,) = lab.errors(page)
    assert re.search(r"NameError: name '(explore|Value)' is not defined", error)
    lab.run_all(page)
    assert lab.errors(page) == []
    panel = cell.locator(PANEL)
    assert moves(page, panel, press, panel.locator(".noUi-handle").first)


def test_a_long_slider_and_its_number_field_say_the_same(browser_page, address):
    run(browser_page, address, chapter("05"))
    panel = browser_page.locator(PANEL, has=browser_page.locator(".stepped"))
    slider, field = panel.locator(".noUi-handle"), panel.locator(".stepped input")
    field.fill("2500")
    field.press("Enter")
    lab.wait_for(lambda: "iteration 2500" in words(panel), 5, "the picture to follow the field")
    assert float(value(slider)) == 2500
    slider.press("ArrowRight")
    lab.wait_for(lambda: field.input_value() == "2501", 5, "the field to follow the slider")
    assert "iteration 2501" in words(panel)


def test_one_panel_shown_twice_moves_in_both_places(browser_page, address, folder):
    page = browser_page
    cells = [
        {"cell_type": "code", "id": f"cell{i}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for i, source in enumerate(TWICE)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / "twice.ipynb").write_text(json.dumps(notebook))
    run(page, address, "twice.ipynb")
    lab.wait_for(lambda: page.locator(PANEL).count() == 2, 10, "two panels")
    panels = page.locator(PANEL).all()
    for touched, other in (panels, panels[::-1]):
        handle, twin = (panel.locator(".noUi-handle").first for panel in (touched, other))
        before = other.evaluate(LOOK)
        assert moves(page, touched, press, handle)
        lab.wait_for(lambda before=before, other=other: other.evaluate(LOOK) != before, 5, "the other panel")
        lab.wait_for(lambda: len({panel.evaluate(LOOK) for panel in panels}) == 1, 5, "one picture in both")
        assert value(handle) == value(twin)
    ids = page.locator(f"{PANEL} [id]").evaluate_all("elements => elements.map(e => e.id)")
    assert len(ids) == len(set(ids)), "an id stands twice in the page"
    assert not any("url(#" in panel.inner_html() for panel in panels)
    assert lab.errors(page) == []


def test_a_panel_outlives_its_kernel(browser_page, address):
    """The slider still moves, the last picture stays, and a new kernel brings the panel back to life."""
    page, crashes = browser_page, []
    page.on("crash", lambda page: crashes.append(page.url))
    run(page, address, chapter("03"))
    panel = page.locator(PANEL).first
    handle = panel.locator(".noUi-handle").first
    picture = panel.evaluate(LOOK)
    kernel_menu(page, "kernelmenu:shutdown")
    page.wait_for_timeout(1500)
    before = value(handle)
    press(handle)
    page.wait_for_timeout(1000)
    assert value(handle) != before
    same = panel.evaluate(LOOK) == picture  # pytest would compare the long texts for minutes
    assert same, "the last picture is gone"
    assert panel.is_visible() and not crashes
    assert page.locator(".jp-Dialog").count() == 0, page.locator(".jp-Dialog").inner_text()
    restart(page)
    lab.run_all(page)
    assert lab.errors(page) == []
    panel = page.locator(PANEL).first
    assert moves(page, panel, press, panel.locator(".noUi-handle").first)


# training


@pytest.fixture(scope="module")
def training_chapter(browser_page, address):
    """The page with chapter 09, run once for the tests that follow."""
    run(browser_page, address, chapter("09"))
    return browser_page


def train(page, start):
    """Set the longest training, start it, and wait until the curve grows. -> the panel"""
    panel = training_panel(page)
    panel.scroll_into_view_if_needed()
    panel.locator("button", has_text="Reset").click()
    panel.locator(".noUi-handle").last.press("End")  # 10,000 iterations
    lab.wait_for(lambda: panel.locator("button", has_text="Train").is_enabled(), 20, "Train to be free")
    start(panel.locator("button", has_text="Train"))
    lab.wait_for(lambda: "Training: iteration" in words(panel), 20, "training")
    first = iteration(panel.locator("p[role=status]"))
    lab.wait_for(lambda: iteration(panel.locator("p[role=status]")) != first, 10, "the curve to grow")
    return panel


def button(panel, word):
    return panel.locator("button", has_text=word)


def test_train_pressed_twice_and_stop_pressed_twice(training_chapter):
    page = training_chapter
    panel = train(page, lambda button: button.dblclick())
    assert not button(panel, "Train").is_enabled()
    button(panel, "Train").dispatch_event("click")  # as if the click had come before it was disabled
    page.wait_for_timeout(300)
    lab.wait_for(lambda: "Training: iteration" in words(panel), 5, "training again")
    button(panel, "Stop").dblclick()
    lab.wait_for(lambda: "Stopped after" in words(panel), 3, "Stop to stop")
    stopped = words(panel)
    page.wait_for_timeout(500)
    assert words(panel) == stopped, "a second training was still going on"
    assert button(panel, "Train").is_enabled() and not button(panel, "Stop").is_enabled()
    assert lab.errors(page) == []


def test_the_learning_rate_acts_at_once_in_mid_training(training_chapter):
    page = training_chapter
    panel = train(page, lambda button: button.click())
    blamed = "with a learning rate of 1,000"  # the loss rose, or was no longer a finite number
    panel.locator(".noUi-handle").first.press("End")

    def explodes():
        loss = re.search(r"loss (\d+\.?\d*)", words(panel))
        return blamed in words(panel) or (loss and float(loss[1]) > 2.6)

    lab.wait_for(explodes, 3, "a learning rate of 1,000 to blow up the loss")
    if "Training" in words(panel):
        button(panel, "Stop").click()
    lab.wait_for(lambda: blamed in words(panel), 5, "the verdict")
    assert lab.errors(page) == []


def test_a_kernel_restarted_in_mid_training(training_chapter):
    page = training_chapter
    train(page, lambda button: button.click())
    restart(page)
    lab.run_all(page)
    assert lab.errors(page) == []
    panel = train(page, lambda button: button.click())
    button(panel, "Stop").click()
    lab.wait_for(lambda: "Stopped after" in words(panel), 3, "Stop to stop")
