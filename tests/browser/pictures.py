"""Make the README's pictures from the real course: python -m tests.browser.pictures"""

from . import lab
from .test_chapters import DRAWINGS, PANEL, draw

FOLDER = lab.REPOSITORY / "notebooks" / "pictures"
PICTURES = {  # file name: chapter, words in the panel's cell
    "apples": ("03", "ch03.graph_2"),
    "one_step": ("07", "ch07.worked_network"),
    "bug_lab": ("08", "ch08.bug_lab"),
    "your_digit": ("09", "DrawnReading"),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    with lab.jupyterlab() as (address, folder), lab.chromium(height=1400) as page:
        for name, (chapter, words) in PICTURES.items():
            lab.open_notebook(page, address, next(folder.glob(f"{chapter}_*.ipynb")).name)
            lab.run_all(page)
            panel = page.locator(".jp-CodeCell", has_text=words).locator(PANEL).last
            panel.scroll_into_view_if_needed()
            page.wait_for_timeout(1000)
            if name == "apples":
                panel.locator(".noUi-handle").last.press("End")  # the whole walk
            if name == "one_step":
                panel.locator(".noUi-handle").first.focus()
                for _ in range(7):  # on to the step in which the hidden weights get their gradients
                    page.keyboard.press("ArrowRight")
            if name == "your_digit":
                draw(page, panel.locator("canvas"), DRAWINGS[7])
            page.wait_for_timeout(1000)
            panel.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
