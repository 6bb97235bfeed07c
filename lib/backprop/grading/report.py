"""What a graded folder leaves behind: results.csv, results.json, a page per learner and one of the class.

Everything that comes from a learner, names included, is escaped.
"""

import csv
import json
from collections import Counter
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from . import merge, notebook
from .grade import page_name
from .statuses import STATUSES

FIELDS = ["learner", "exercise", "status", "points", "of", "reason", "hint", "seconds"]
# statuses that look the same in the picture: (word, statuses, color, letter color), all Okabe-Ito
GROUPS = [
    ("passed", ("passed",), "#009E73", "#000000"),
    ("wrong", ("wrong",), "#D55E00", "#000000"),
    ("failed to run", ("raised", "timed out", "out of memory", "kernel died"), "#0072B2", "#FFFFFF"),
    ("no answer", ("not attempted", "cell missing"), "#E69F00", "#000000"),
]
SYMBOLS = {
    "passed": "✓", "wrong": "✗", "raised": "!", "timed out": "…", "out of memory": "■",
    "kernel died": "†", "not attempted": "–", "cell missing": "?",
}  # fmt: skip
MISTAKES = 12  # shown on the class page


def write(folder, homework, found, rows, sandbox_line):
    """Write all reports into a folder. Returns the path of the class page.

    found: {learner: path of the notebook}. rows: {learner: verdicts as dicts}.
    """
    folder = Path(folder)
    flat = [{"learner": learner} | row for learner, verdicts in rows.items() for row in verdicts]
    (folder / "results.json").write_text(
        json.dumps(flat, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    with open(folder / "results.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows({key: _cell(row[key]) for key in FIELDS} for row in flat)
    pages = Environment(
        loader=PackageLoader("backprop.grading"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.globals |= {"symbols": SYMBOLS, "homework": homework.name, "color": _color}
    (folder / "learners").mkdir(exist_ok=True)
    for learner, verdicts in rows.items():
        page = pages.get_template("learner.html").render(
            learner=learner, verdicts=verdicts, total=total(verdicts), of=total(verdicts, "of"),
            answers=_answers(homework, found[learner]),
        )  # fmt: skip
        (folder / "learners" / f"{page_name(learner)}.html").write_text(page, encoding="utf-8")
    page = pages.get_template("class.html").render(
        rows=rows, exercises=exercise_bars(flat), mistakes=commonest(flat), groups=GROUPS,
        statuses=STATUSES, page_name=page_name, total=total, sandbox=sandbox_line,
    )  # fmt: skip
    (folder / "class.html").write_text(page, encoding="utf-8")
    return folder / "class.html"


def total(verdicts, key="points"):
    """The sum of points (or of points to be had), without a useless .0."""
    return f"{sum(row[key] for row in verdicts):g}"


def exercise_bars(flat):
    """Per exercise: how many learners, how many passed, and the parts of its bar.

    Returns a list of dicts with "exercise", "learners", "passed", "rate" in % and "parts", a list of
    (word, count, share in %, color, letter color).
    """
    bars = []
    for number in dict.fromkeys(row["exercise"] for row in flat):
        statuses = Counter(row["status"] for row in flat if row["exercise"] == number)
        learners = statuses.total()
        parts = []
        for word, members, color, ink in GROUPS:
            count = sum(statuses[status] for status in members)
            if count:
                parts.append((word, count, 100 * count / learners, color, ink))
        passed = statuses["passed"]
        bars.append({"exercise": number, "learners": learners, "passed": passed,
                     "rate": round(100 * passed / learners), "parts": parts})  # fmt: skip
    return bars


def commonest(flat):
    """The commonest mistakes: a list of (exercise, mistake, learners, share in % of the commonest).

    Of several reasons the first counts, and of an exception the name.
    """
    counts = Counter()
    for row in flat:
        if row["status"] in ("passed", "not attempted", "cell missing"):
            continue
        mistake = row["status"]
        if mistake == "raised":
            mistake = f"raised {row['reason'].split(':')[0]}"
        elif mistake == "wrong":
            mistake = row["reason"].split("; ")[0]
        counts[row["exercise"], mistake] += 1
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MISTAKES]
    return [(number, reason, n, 100 * n / top[0][1]) for (number, reason), n in top]


def _color(status):
    return next(color for _, members, color, _ in GROUPS if status in members)


def _answers(homework, path):
    """{number: the source that was judged} of a submission; {} where it can't be read."""
    try:
        submission = notebook.read(path)
    except notebook.Unreadable:  # the verdicts say so already
        return {}
    found = merge.find_answers(notebook.exercises(homework.pristine), submission)
    return {
        number: (answer.source or "").encode("utf-8", "replace").decode()[:5000]
        for number, answer in found.items()
    }


def _cell(value):
    """A CSV cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text):
    return text.lstrip("-").replace(".", "", 1).isdigit()
