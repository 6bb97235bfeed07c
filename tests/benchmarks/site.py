"""The course in a browser: how much a visit loads, and how fast it is.

    python -m tests.benchmarks.site _site

Prints megabytes and seconds of a first and a second visit of chapter 00 (to a panel that answers),
of chapter 09, and of training; and milliseconds from keypress to painted picture.
"""

import argparse
import os
import statistics
import threading
import time
from pathlib import Path

from tests.browser import lab
from tests.browser.site import ALONE, open_notebook, run_all, serve, wait_for_kernel
from tests.browser.test_chapters import PANEL, chapter, training_panel

from .latency import measure


def visit(page, address, traffic, what):
    """Open chapter 00, run it, and wait until its panel stands there."""
    traffic.clear()
    start = time.monotonic()
    page.goto(f"{address}/lab/index.html?path={chapter('00')}")
    wait_for_kernel(page)
    python = time.monotonic() - start
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells').then(() => {})")
    page.locator(f"{PANEL} .noUi-handle").first.wait_for(timeout=300_000)
    report(f"{what}: Python is ready", python, "s")
    report(f"{what}: the first panel", time.monotonic() - start, "s")
    report(f"{what}: transferred", sum(traffic) / 1e6, "MB")


def report(what, value, unit):
    print(f"{what:45} {value:8.1f} {unit}   (load {os.getloadavg()[0]:.1f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--presses", type=int, default=30)
    arguments = parser.parse_args()
    traffic = []  # bytes of the answers' bodies, as the server sends them

    class Counting(serve.Handler):
        def send_header(self, name, value):
            if name == "Content-Length":
                traffic.append(int(value))
            super().send_header(name, value)

    server = serve.server(arguments.site, handler=Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with lab.chromium(flags=[ALONE]) as page:
        visit(page, address, traffic, "first visit")
        page.wait_for_timeout(5000)
        visit(page, address, traffic, "second visit")
        for name in (chapter("00"), chapter("03")):
            open_notebook(page, address, name)
            run_all(page)
            page.wait_for_timeout(1000)
            times = measure(page, page.locator(PANEL).first, arguments.presses)
            report(f"{name}: key to paint, median", statistics.median(times), "ms")
        start, loaded = time.monotonic(), sum(traffic)
        open_notebook(page, address, chapter("09"))
        run_all(page, 900)
        report("chapter 09: opened and run", time.monotonic() - start, "s")
        report("chapter 09: transferred", (sum(traffic) - loaded) / 1e6, "MB")
        panel, start = training_panel(page), time.monotonic()
        panel.locator("button", has_text="Train").click()
        panel.locator("p[role=status]", has_text="Done after").wait_for(timeout=300_000)
        report("Train, 3,000 iterations", time.monotonic() - start, "s")


if __name__ == "__main__":
    main()
