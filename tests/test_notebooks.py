"""Hygiene of the committed notebooks, their links and their language."""

import re
import statistics
import subprocess
import sys
from urllib.parse import unquote

import pytest

from notebooks import CHAPTERS, COMMITTED, NOTEBOOKS, read, sources

ROOT = NOTEBOOKS.parent
STUBS = [path for path in COMMITTED if path.parent.name == "homework"]
RUN = [path for path in COMMITTED if path not in STUBS]


def name(path):
    return str(path.relative_to(NOTEBOOKS))


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_format(path):
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in notebook["metadata"], "static readers would then see no picture"
    assert not re.search(r"/(root|home|work|tmp|Users)/\w", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", RUN, ids=name)
def test_run_from_top_to_bottom_without_errors(path):
    code = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


def is_sentence(text):
    """At least two words and a period; a progress bar says how long it is."""
    if re.fullmatch(r"[\d,]+ iterations", text):
        return True
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(words) >= 2 and bool(re.fullmatch(r"\w.*[^\s.]\.", text, re.DOTALL))


@pytest.mark.parametrize("path", RUN, ids=name)
def test_every_widget_has_a_static_picture_and_a_sentence(path):
    for cell in read(path)["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "application/vnd.jupyter.widget-view+json" in data:
                assert {"image/svg+xml", "image/png"} & set(data)
                assert is_sentence("".join(data["text/plain"])), data["text/plain"]
                assert "can't be drawn" not in "".join(data["text/plain"])


@pytest.mark.parametrize(
    "text", ["", ".", "Panel(children=(HBox(...), ...))", "<Figure size 700x300 with 2 Axes>", "digits",
             "the network reads", "0.5.", "7 digits.", "Done..", "The loss is ."]
)  # fmt: skip
def test_what_is_no_sentence(text):
    assert not is_sentence(text)


@pytest.mark.parametrize("path", COMMITTED, ids=name)
def test_cells_are_short(path):
    lengths = [
        len([line for line in source.splitlines() if line.strip()]) for source in sources(path, "code")
    ]
    assert max(lengths, default=0) <= 15
    assert statistics.median(lengths or [0]) <= 6


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_every_chapter_has_the_same_frame(path):
    words = "\n".join(sources(path, "markdown"))
    assert len(re.findall(r"^# ", words, re.MULTILINE)) == 1
    for part in ("What you'll do", "What you'll learn", "What you need", "minutes", "**Predict.**",
                 "<details>", "## Check yourself", "## In practice", "**Next:**", "The picture"):  # fmt: skip
        assert part in words, f"no {part!r}"
    assert words.count("<details>") == words.count("</details>")
    plain = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " ", words, flags=re.DOTALL)  # LaTeX's commands are no words
    plain = re.sub(r"<[^>]*>|\]\([^)]*\)|^\|[-| ]*$", " ", plain, flags=re.MULTILINE)
    assert len(re.findall(r"[^\W\d_]{2,}", plain)) <= 1300, "about 1,300 words are enough"


def test_minutes_agree():
    """The minutes of each chapter are the same in the chapter, in chapter 00 and in the README."""
    start, readme = "\n".join(sources(CHAPTERS[0], "markdown")), (ROOT / "README.md").read_text("utf-8")
    for path in CHAPTERS[1:]:
        minutes = re.search(r"about (\d+) minutes", "\n".join(sources(path, "markdown")))[1]
        row = re.search(rf"\({path.name}\).*?\| (\d+) \|", start)
        assert row and row[1] == minutes, path.name
        row = re.search(rf"{path.name}\).*?\| (\d+) \|", readme)
        assert row and row[1] == minutes, f"README: {path.name}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_colored_formula_is_read_alike_by_every_mathjax(path):
    """MathJax 2, of static pages, colors the next group; MathJax 3 all that follows, to the brace's end."""
    text = "\n".join(sources(path, "markdown"))
    assert len(re.findall(r"\\color\b", text)) == len(re.findall(r"\{\\color\{#\w{6}\}\{", text))


LINK = re.compile(r"\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"")


PAGES = [
    *ROOT.glob("*.md"),
    *(page for room in ("lib", "notebooks", "tests") for page in (ROOT / room).rglob("*.md")),
]


@pytest.mark.parametrize("path", [*COMMITTED, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text("utf-8") if path.suffix == ".md" else "\n".join(sources(path, "markdown"))
    for match in LINK.finditer(text):
        target = match[1] or match[2]
        if re.match(r"https?:|mailto:|#", target):
            continue
        file, _, _anchor = target.partition("#")
        assert (path.parent / unquote(file)).exists(), f"{path.name} links to {target}"


def test_spelling():
    """codespell finds no misspelled word, and no British spelling where the course writes American."""
    files = [*PAGES, *COMMITTED, *ROOT.glob("lib/**/*.py"), *ROOT.glob("tests/**/*.py")]
    command = [
        sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare,en-GB_to_en-US",
        "--ignore-regex", r"\"image/png\": .*", "--ignore-words-list", "dout,nin,notin,vermillion,writeable",
    ]  # fmt: skip
    command += [str(file) for file in files]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout.replace(str(ROOT), ".")
