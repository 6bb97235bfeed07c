"""A real JupyterLab and a real Chromium for the browser tests, and a command that takes pictures.

    python tests/browser/lab.py notebooks/03_*.ipynb --width 1300 --folder artifacts

runs the notebooks in JupyterLab and saves a picture of each panel and of the whole chapter.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PANEL = ".jp-OutputArea-output > .widget-vbox:not(.question)"
PAGE = 850  # px of a chapter on one picture
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}  # fmt: skip


@contextlib.contextmanager
def jupyterlab(theme="JupyterLab Light"):
    """Start JupyterLab on a copy of the notebooks; gives its address and the copy's folder."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copytree(REPOSITORY / "notebooks", folder / "notebooks")
        settings = folder / "settings"
        settings.mkdir()
        overrides = {**OVERRIDES, "@jupyterlab/apputils-extension:themes": {"theme": theme}}
        (settings / "overrides.json").write_text(json.dumps(overrides))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
            f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'notebooks'}",
            f"--LabApp.app_settings_dir={settings}", f"--LabApp.workspaces_dir={folder / 'workspaces'}",
            f"--LabApp.user_settings_dir={folder / 'user'}",
        ]  # fmt: skip
        environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config")}
        with open(folder / "log", "w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(lambda: answers(f"{address}/api"), 60, "JupyterLab to start")
            yield address, folder / "notebooks"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextlib.contextmanager
def chromium(width=1300, height=1000, flags=()):
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def wait_for(condition, seconds, what):
    """Wait until condition() is true; TimeoutError that says what did not happen."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def open_notebook(page, address, name):
    """Open a notebook in JupyterLab with the side bar closed, and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    page.evaluate("window.jupyterapp?.shell?.collapseLeft?.()")
    if page.locator("#jp-left-stack").is_visible():
        page.keyboard.press("Control+b")
    page.wait_for_selector('.jp-NotebookPanel [data-status="idle"]', timeout=60_000)


def clear(page):
    """Clear the outputs of all cells, as every chapter asks for."""
    page.locator(".jp-NotebookPanel .jp-Cell").first.click()
    page.keyboard.press("Escape")
    menu(page, "Edit", "editmenu:clear-all")
    wait_for(lambda: not re.search(r"\d", "".join(prompts(page))), 20, "the outputs to be cleared")


def run_all(page, seconds=120):
    """Clear the stored outputs, Run All Cells, and wait until each code cell has its number again."""
    clear(page)
    for _ in range(2):  # JupyterLab may drop the first while it still connects to the kernel
        menu(page, "Run", "runmenu:run-all")
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: re.search(r"[\d*]", "".join(prompts(page))), 20, "the first cell to begin")
            break
    wait_for(lambda: all(re.search(r"\d", prompt) for prompt in prompts(page)), seconds, "all cells to run")


def menu(page, name, command):
    """Choose an item of JupyterLab's menu bar."""
    page.locator(f'.lm-MenuBar-item >> text="{name}"').first.click()
    page.locator(f'li[data-command="{command}"]').click()


def prompts(page):
    """The texts left of the code cells: [1]:, [*]: or [ ]:."""
    return page.locator(".jp-CodeCell .jp-InputArea-prompt").all_inner_texts()


def errors(page):
    """The texts of all error outputs of the open notebook."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    outputs = ",".join(f'.jp-RenderedText[data-mime-type="{kind}"]' for kind in kinds)
    return page.locator(outputs).all_text_contents()


def photograph(notebooks, folder, width, theme):
    """Run each notebook and save a picture of every panel, and of the whole chapter."""
    folder.mkdir(parents=True, exist_ok=True)
    with jupyterlab(theme) as (address, _), chromium(width) as page:
        for path in notebooks:
            name = Path(path).resolve().relative_to(REPOSITORY / "notebooks")
            open_notebook(page, address, name)
            run_all(page)
            page.wait_for_timeout(1500)
            print(name, "errors:", errors(page))
            for i, panel in enumerate(
                page.locator(".jp-OutputArea-output > .widget-vbox:not(.question)").all()
            ):
                panel.scroll_into_view_if_needed()
                page.wait_for_timeout(150)
                panel.screenshot(path=folder / f"{Path(name).stem}_{width}_panel{i}.png")
            outer, top = page.locator(".jp-WindowedPanel-outer"), 0
            while top < outer.evaluate("o => o.scrollHeight"):
                outer.evaluate("(o, top) => { o.scrollTop = top }", top)
                page.wait_for_timeout(200)
                page.screenshot(path=folder / f"{Path(name).stem}_{width}_page{top // PAGE:02d}.png")
                top += PAGE


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("notebooks", nargs="+")
    parser.add_argument("--width", type=int, default=1300)
    parser.add_argument("--folder", type=Path, default=Path("artifacts"))
    parser.add_argument("--theme", default="JupyterLab Light", help='or "JupyterLab Dark"')
    arguments = parser.parse_args()
    photograph(arguments.notebooks, arguments.folder, arguments.width, arguments.theme)
