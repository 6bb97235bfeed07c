"""Every chapter in real JupyterLab in real Chromium, used as a learner uses it."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from . import lab

CHAPTERS = sorted(path.name for path in (lab.REPOSITORY / "notebooks").glob("[0-9]*.ipynb"))
PANEL = lab.PANEL
ARTIFACTS = Path(os.environ.get("ARTIFACTS", lab.REPOSITORY / "artifacts"))

# what a panel shows: its words, its SVG and equations, and the bytes of its images
LOOK = """async panel => {
    let look = [...panel.querySelectorAll('.widget-html-content, .plot > div')].map(e => e.innerHTML).join();
    for (const image of panel.querySelectorAll('img')) {
        const bytes = await (await fetch(image.src)).arrayBuffer();
        const hash = await crypto.subtle.digest('SHA-1', bytes);
        look += [...new Uint8Array(hash)].join();
    }
    return look;
}"""


def run(page, address, name):
    lab.open_notebook(page, address, name)
    lab.run_all(page)
    page.wait_for_timeout(500)
    assert lab.errors(page) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_control_changes_its_picture(browser_page, address, name):
    page = browser_page
    run(page, address, name)
    panels = page.locator(PANEL).all()
    assert panels, f"{name} has no panel"
    ARTIFACTS.mkdir(exist_ok=True)
    for i, panel in enumerate(panels):
        panel.scroll_into_view_if_needed()
        panel.screenshot(path=ARTIFACTS / f"{Path(name).stem}_panel{i}.png")
        for handle in panel.locator(".noUi-handle").all():
            assert handle.get_attribute("aria-label"), f"{name}, panel {i}: a slider without a name"
        for act, kind in ((press, ".noUi-handle"), (choose, "select")):
            for k, control in enumerate(panel.locator(kind).all()):
                panel.locator("button", has_text="Reset").click()
                settle(page, panel)
                if not moves(page, panel, act, control):  # a walk starts before the event that it acts on
                    panel.locator('.noUi-handle[aria-label="step"]').press("End")
                    settle(page, panel)
                    assert moves(page, panel, act, control), f"{name}, panel {i}, {kind} {k} changes nothing"
        assert "can't be drawn" not in panel.inner_text()
    assert lab.errors(page) == []


def press(handle):
    """Move a slider by the keyboard, to the end where it does not stand."""
    now, top = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    handle.press("Home" if now >= top else "End")


def choose(select):
    """Take another option of a drop-down list."""
    options = select.locator("option").all_inner_texts()
    current = select.evaluate("s => s.selectedIndex")
    select.select_option(options[(current + 1) % len(options)])


def settle(page, panel):
    """Wait until the panel no longer changes: an earlier move must not count as this one's."""
    before, now = None, panel.evaluate(LOOK)
    while before != now:
        page.wait_for_timeout(150)
        before, now = now, panel.evaluate(LOOK)


def moves(page, panel, act, control):
    """Act on a control, and say whether the panel looks different within two seconds."""
    before = panel.evaluate(LOOK)
    act(control)
    for _ in range(40):
        page.wait_for_timeout(50)
        if panel.evaluate(LOOK) != before:
            return True
    return False


def chapter(prefix):
    return next(name for name in CHAPTERS if name.startswith(prefix))


def training_panel(page):
    return page.locator(PANEL).filter(has=page.locator("button", has_text="Train"))


def test_training_stops_within_a_second(browser_page, address):
    page = browser_page
    run(page, address, chapter("09"))
    panel = training_panel(page)
    panel.scroll_into_view_if_needed()
    train, stop = (panel.locator("button", has_text=word) for word in ("Train", "Stop"))
    train.click()
    words = panel.locator("p[role=status]")
    lab.wait_for(lambda: "Training: iteration" in words.inner_text(), 20, "training")
    first = iteration(words)
    lab.wait_for(lambda: iteration(words) > first, 10, "the curve to grow")
    stop.click()
    lab.wait_for(lambda: "Stopped after" in words.inner_text(), 1, "Stop to stop")
    assert train.is_enabled()


def iteration(words):
    found = re.search(r"([\d,]+)(?: iterations?\b|, loss)", words.inner_text())
    return int(found[1].replace(",", "")) if found else 0  # 0: stopped before the first iteration


def test_a_learning_rate_of_1000_gets_one_clear_sentence(browser_page, address):
    page = browser_page
    panel = training_panel(page)
    handle = panel.locator(".noUi-handle").first
    handle.focus()
    handle.press("End")
    panel.locator("button", has_text="Train").click()
    words = panel.locator("p[role=status]")
    lab.wait_for(
        lambda: "with a learning rate of 1,000, the loss rose" in words.inner_text(), 60, "the verdict"
    )


def test_a_drawn_digit_is_read(browser_page, address):
    page = browser_page
    run(page, address, chapter("09"))
    pad = page.locator("canvas[aria-label^='Drawing pad']")
    pad.scroll_into_view_if_needed()
    words = page.locator(PANEL).filter(has=pad).locator("p[role=status]")
    for digit, strokes in DRAWINGS.items():
        draw(page, pad, strokes)
        lab.wait_for(lambda: "The network reads" in words.inner_text(), 5, "a reading")
        lab.wait_for(lambda d=digit: f"reads {d}" in words.inner_text(), 5, f"{digit} to be read")
        page.locator(PANEL).filter(has=pad).locator("button", has_text="Reset").click()
        lab.wait_for(lambda: "Draw one digit" in words.inner_text(), 5, "Reset to clear the pad")


RING = [(140 + 60 * math.cos(a / 10), 140 + 85 * math.sin(a / 10)) for a in range(64)]
DRAWINGS = {
    0: [RING],
    1: [[(140, 50), (140, 230)]],
    7: [[(80, 60), (200, 60), (130, 230)]],
}


def draw(page, pad, strokes):
    """Draw with the mouse; points are in px from the pad's corner."""
    box = pad.bounding_box()
    for stroke in strokes:
        (x, y), *rest = stroke
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
        page.mouse.up()


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_static_page_shows_every_picture(browser_page, address, name, tmp_path):
    """nbconvert's HTML of the committed notebook: each panel is a picture that has loaded."""
    source = lab.REPOSITORY / "notebooks" / name
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    panels = source.read_text(encoding="utf-8").count("application/vnd.jupyter.widget-view+json")
    page = browser_page
    page.goto((tmp_path / name).with_suffix(".html").as_uri(), wait_until="domcontentloaded")
    images = page.locator(".jp-OutputArea-output img, .jp-OutputArea-output > svg")
    assert images.count() >= panels
    for i, image in enumerate(images.all()):
        assert image.evaluate(IS_DRAWN), f"{name}, picture {i} is not drawn"
    page.screenshot(path=ARTIFACTS / f"{Path(name).stem}_static.png", full_page=True)


# an image has loaded and has pixels; an inline SVG has a size and at least one shape with a size
IS_DRAWN = """async picture => {
    const sized = e => Math.max(e.getBoundingClientRect().width, e.getBoundingClientRect().height) > 0;
    const { width, height } = picture.getBoundingClientRect();
    if (!(width > 100 && height > 10)) return false;
    if (picture.tagName === 'IMG')
        return picture.decode().then(() => picture.naturalWidth > 100, () => false);
    const shapes = 'path, line, polyline, polygon, circle, ellipse, rect, text';
    return [...picture.querySelectorAll(shapes)].some(sized);
}"""


@pytest.mark.parametrize(
    ("picture", "drawn"),
    [
        ("<svg width='200' height='40'><circle cx='9' cy='9' r='5'/></svg>", True),
        ("<svg width='200' height='40'></svg>", False),
        ("<svg width='200' height='40'><defs><path d='M0 0 L9 9'/></defs></svg>", False),
        ("<svg width='200' height='40'><circle r='0'/></svg>", False),
        ("<svg width='0' height='40'><circle cx='9' cy='9' r='5'/></svg>", False),
        ("<img width='200' height='40' src='data:image/png;base64,iVBORw0KGgo='>", False),
        ("<img width='200' height='40' src='no_such_file.png'>", False),
    ],
)
def test_an_empty_or_broken_picture_is_not_drawn(browser_page, picture, drawn):
    browser_page.set_content(picture)
    assert browser_page.locator("img, svg").evaluate(IS_DRAWN) is drawn
