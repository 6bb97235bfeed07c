"""The course in a browser, from the static site: every chapter, homework, and what goes wrong.

SITE=_site python -m pytest tests/browser/test_site.py    takes a site that is built; else one is built here,
with Pyodide's wheels from the folder WHEELS or, where that is not set, downloaded.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from asked import ALL, parts, turns, written
from backprop.grading import notebook, release

from . import lab
from .site import ALONE, NOTEBOOK, TOOLS, open_notebook, run_all, serve, wait_for_kernel
from .test_chapters import CHAPTERS, DRAWINGS, PANEL, chapter, draw, iteration, moves, press, training_panel

WORDS = ("text/plain", "text/html", "text/latex", "image/svg+xml")  # what nbval compares
# where a browser's output may differ: words in the cell, words in the stored text, and why
EXCEPTIONS = {
    "00": [("version(package)", "", "other versions of the packages")],
    "05": [("", "array of int64", "whole numbers are int32 here")],
}


@pytest.fixture(scope="module")
def site(chromium, tmp_path_factory):
    """The built site's folder."""
    if "SITE" in os.environ:
        return Path(os.environ["SITE"]).absolute()
    folder = tmp_path_factory.mktemp("site") / "course"
    if not importlib.util.find_spec("jupyterlite_core") and not os.environ.get("CI"):
        pytest.skip("JupyterLite is not installed: pip install -e .[site]")
    wheels = ["--wheels", os.environ["WHEELS"]] if "WHEELS" in os.environ else []
    command = [sys.executable, str(TOOLS / "build.py"), "--to", str(folder), *wheels]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


class Spoiled(serve.Handler):
    """The site's server, which a test can have lose or damage a file."""

    missing = damaged = "no such name"

    def do_GET(self):
        if self.missing in self.path:
            return self.send_error(404)
        if self.damaged not in self.path:
            return super().do_GET()
        data = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:5000] + b"?" + data[5001:])


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served: under a path, as page hosts do."""
    server = serve.server(site.parent, handler=Spoiled)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{site.name}"
    server.shutdown()


@pytest.fixture(scope="module")
def page(address):
    """A page of a Chromium that reaches no other host; a request to one fails the test."""
    with lab.chromium(flags=[ALONE]) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        yield page
        here = address.rpartition("/")[0]
        elsewhere = [url for url in asked if not url.startswith((here, "data:", "blob:"))]
        assert elsewhere == []


def text(value):
    return value if isinstance(value, str) else "".join(value)


def said(cell):
    """What nbval compares of a cell's outputs: the streams' texts, the words of the rest, the errors."""
    found = {}
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            found[output["name"]] = found.get(output["name"], "") + text(output["text"])
        elif output["output_type"] == "error":
            found["error"] = f"{output['ename']}: {output['evalue']}".replace("<class '", "").replace(
                "'>", ""
            )
        else:
            for kind in set(output["data"]).intersection(WORDS):
                found[kind] = found.get(kind, "") + text(output["data"][kind])
    return found


def stored(name):
    cells = json.loads((lab.REPOSITORY / "notebooks" / name).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def differences(name, now):
    """The cells that say something else than the stored ones: source, stored, now."""
    for before, cell in zip(stored(name), now, strict=True):
        old, new = said(before), said(cell)
        excused = any(
            words in text(before["source"]) and there in str(old)
            for words, there, _ in EXCEPTIONS.get(name[:2], [])
        )
        if old != new and not excused:
            yield text(before["source"]), old, new


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_says_what_is_stored_and_its_sliders_and_questions_answer(page, address, name):
    open_notebook(page, address, name)
    assert list(differences(name, run_all(page))) == []
    move_a_slider(page, name)
    answer_a_question(page, name)


def move_a_slider(page, name):
    panel = page.locator(PANEL).filter(has=page.locator(".noUi-handle")).first
    panel.scroll_into_view_if_needed()
    assert moves(page, panel, press, panel.locator(".noUi-handle").first), f"{name}: a slider changes nothing"


def answer_a_question(page, name):
    """Give the first question its right answer."""
    questions = {question.label: question for key, question in ALL.items() if key[2:4] == name[:2]}
    box = page.locator(".question").first
    box.scroll_into_view_if_needed()
    question = questions[box.locator(".widget-label").first.inner_text()]
    if question.choices:
        box.locator("button", has_text=re.compile(f"^{re.escape(question.answer)}$")).click()
    else:
        box.locator("input").fill(written(question.answer))
        box.locator("input").press("Enter")
    reply = box.locator("p[role=status]")
    lab.wait_for(lambda: reply.count() and "✓ Right" in reply.inner_text(), 10, f"{name}: the reply")


def test_train_and_stop(page, address):
    """In chapter 09, which the test before it has run."""
    panel = training_panel(page)
    panel.scroll_into_view_if_needed()
    train, stop = (panel.locator("button", has_text=word) for word in ("Train", "Stop"))
    words = panel.locator("p[role=status]")
    train.click()
    lab.wait_for(lambda: "Training: iteration" in words.inner_text(), 30, "training")
    first = iteration(words)
    lab.wait_for(lambda: iteration(words) > first, 20, "the curve to grow")
    handle = panel.locator(".noUi-handle").last
    before = handle.get_attribute("aria-valuenow")
    press(handle)  # a slider is alive while training goes on
    lab.wait_for(lambda: handle.get_attribute("aria-valuenow") != before, 3, "a slider to move")
    train.dispatch_event("click")  # as if the click had come before the button was off
    lab.wait_for(lambda: "Training: iteration" in words.inner_text(), 20, "training again")
    stop.click()
    lab.wait_for(lambda: "Stopped after" in words.inner_text(), 3, "Stop to stop")
    lab.wait_for(train.is_enabled, 3, "Train to be free")


def test_a_drawn_digit_is_read(page, address):
    pad = page.locator("canvas[aria-label^='Drawing pad']")
    pad.scroll_into_view_if_needed()
    draw(page, pad, DRAWINGS[7])
    words = page.locator(PANEL).filter(has=pad).locator("p[role=status]")
    lab.wait_for(lambda: "reads 7" in words.inner_text(), 20, "7 to be read")


def fill_in(page, sources):
    """Write these texts, {cell id: source}, into the open notebook's cells."""
    page.evaluate(
        f"sources => [...{NOTEBOOK}.content.model.cells].forEach(cell => {{"
        "if (sources[cell.id]) cell.sharedModel.setSource(sources[cell.id]) })",
        sources,
    )


def test_the_learners_own_layers_learn_to_read(page, address):
    """What is solved in chapter 06 lies in the browser as my_layers.py, and chapter 09 trains it."""
    open_notebook(page, address, chapter("06"))
    cells = json.loads((lab.REPOSITORY / "notebooks" / chapter("06")).read_text(encoding="utf-8"))["cells"]
    fill_in(page, {cells[i]["id"]: parts("06", i)[2] for there, i in turns() if there == "06"})
    words = str([said(cell) for cell in run_all(page)])
    assert "my_layers.py now holds MyAffine, MyRelu and MySigmoid" in words
    open_notebook(page, address, chapter("09"))
    run_all(page)
    words = page.locator(PANEL, has_text="digits right, and has never seen one").inner_text()
    assert re.search(r"Your own network reads 9,[45]\d\d of 10,000", words), words


def test_homework_is_solved_here_downloaded_and_graded(page, address, tmp_path):
    name = "hw1_apples_and_tangerines.ipynb"
    solution = lab.REPOSITORY / "notebooks" / "homework" / "solutions" / name
    open_notebook(page, address, f"homework/{name}")
    answers = {}
    for exercise in notebook.exercises(notebook.read(solution)):
        lines = notebook.source(exercise.answer).split("\n")
        kept = [line for line in lines if line.strip() not in (release.BEGIN, release.END)]
        answers[exercise.answer["id"]] = "\n".join(kept)
    fill_in(page, answers)
    checks = [cell for cell in run_all(page) if cell["id"].endswith("-check")]
    assert all("✓" in str(said(cell)) for cell in checks), [said(cell) for cell in checks]
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    with page.expect_download() as download:
        page.evaluate("jupyterapp.commands.execute('docmanager:download')")
    (tmp_path / "handed_in" / "ada").mkdir(parents=True)
    download.value.save_as(tmp_path / "handed_in" / "ada" / name)
    command = [
        shutil.which("homework", path=Path(sys.executable).parent),
        "grade",
        str(tmp_path / "handed_in"),
    ]
    command += ["--solution", str(solution), "--to", str(tmp_path / "graded")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "5" in done.stdout, done.stdout + done.stderr


def test_a_renamed_copy_lets_the_published_notebook_come_back(page, address):
    """As the front page says: so a learner gets a newer edition and keeps the answers."""
    contents = "jupyterapp.serviceManager.contents"
    path = chapter("03")
    page.evaluate(
        f"""async path => {{
            const mine = await {contents}.get(path, {{ content: true }});
            mine.content.cells[0].source = 'mine';
            await {contents}.save(path, mine);
            await {contents}.rename(path, 'my_03.ipynb');
        }}""",
        path,
    )
    sources = page.evaluate(
        f"""paths => Promise.all(paths.map(
            async path => (await {contents}.get(path, {{ content: true }})).content.cells[0].source))""",
        ["my_03.ipynb", path],
    )
    assert sources[0] == "mine" and text(sources[1]).startswith("# ")


def test_the_front_page_links_every_notebook(page, address, site):
    page.goto(f"{address}/")
    links = page.locator("main a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    paths = {link.partition("path=")[2] for link in links}
    published = {path.relative_to(site / "files").as_posix() for path in (site / "files").rglob("*.ipynb")}
    assert paths == published
    assert page.locator("img").evaluate_all("images => images.every(image => image.naturalWidth > 100)")


def test_the_second_visit_transfers_nothing(page, address):
    """All of a chapter that is opened again comes from what the browser has kept, with no network at all."""
    page.goto(f"{address}/lab/index.html?path={chapter('01')}")
    wait_for_kernel(page)
    page.wait_for_function("document.body.dataset.kept", timeout=60_000)
    page.context.set_offline(True)
    try:
        page.reload()
        wait_for_kernel(page)
    finally:
        page.context.set_offline(False)


# what goes wrong, each in a browser that knows nothing yet


@pytest.fixture
def fresh(page):
    context = page.context.browser.new_context(viewport={"width": 1300, "height": 1000})
    yield context.new_page()
    context.close()


def note(page, words, seconds=90):
    """Wait until the note on the page has these words."""
    try:
        page.locator("#note", has_text=words).wait_for(timeout=1000 * seconds)
    except Exception:
        pytest.fail(f"{words!r} is not in {page.locator('#note').all_inner_texts()}")


def open_lab(page, address):
    page.goto(f"{address}/lab/index.html?path={chapter('00')}", wait_until="commit")


def test_a_wheel_that_is_missing_or_damaged_is_named(fresh, address, monkeypatch):
    monkeypatch.setattr(Spoiled, "missing", "numpy-2")
    open_lab(fresh, address)
    note(fresh, re.compile("numpy-2.*is missing on this site"))
    monkeypatch.setattr(Spoiled, "missing", "no such name")
    monkeypatch.setattr(Spoiled, "damaged", "matplotlib-3")
    open_lab(fresh, address)
    note(fresh, re.compile("matplotlib-3.*is damaged"))


def test_without_a_network_it_is_said(fresh, address):
    fresh.route(re.compile("edition.json|pyodide"), lambda route: route.abort("internetdisconnected"))
    open_lab(fresh, address)
    note(fresh, "can't be reached. Is there a network?")


@pytest.mark.parametrize("path", ["", "lab/index.html"])
def test_without_webassembly_it_is_said(fresh, address, path):
    fresh.add_init_script("delete window.WebAssembly")
    fresh.goto(f"{address}/{path}", wait_until="commit")
    note(fresh, "This browser can't run Python")


def test_where_storage_is_denied_it_is_said(fresh, address):
    fresh.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError') };"
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied') } })"
    )
    open_lab(fresh, address)
    note(fresh, "Allow this site to store data")
