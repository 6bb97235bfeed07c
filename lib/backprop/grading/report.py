"""What a graded folder leaves behind: tables, a page per learner, one of the class, and feedback to return.

Everything that comes from a learner, names included, is escaped.
"""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from jinja2 import Environment, PackageLoader, StrictUndefined

from .intake import normal
from .statuses import STATUSES

# statuses that look the same in the picture: (word, statuses, color, letter color), all Okabe-Ito
GROUPS = [
    ("passed", ("passed",), "#009E73", "#000000"),
    ("wrong", ("wrong",), "#D55E00", "#000000"),
    ("failed to run", ("raised", "timed out", "out of memory", "kernel died"), "#0072B2", "#FFFFFF"),
    ("no answer", ("not attempted", "cell missing", "not handed in"), "#E69F00", "#000000"),
]
NO_ANSWER = GROUPS[-1][1]
SYMBOLS = {
    "passed": "✓", "wrong": "✗", "raised": "!", "timed out": "…", "out of memory": "■",
    "kernel died": "†", "not attempted": "–", "cell missing": "?", "not handed in": "∅",
}  # fmt: skip
MISTAKES = 12  # shown on the class page
RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


class Overrides:
    """A teacher's points and comments, from a CSV with the columns learner, exercise, points, comment.

    A row without an exercise comments on the whole. Raises ValueError where it can't be read.
    """

    def __init__(self, path=None):
        self.rows = {}
        if path is None:
            return
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                found = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a CSV file ({error})") from error
        for line, row in enumerate(found, start=2):
            try:
                number = int(row["exercise"]) if (row.get("exercise") or "").strip() else None
                points = float(row["points"]) if (row.get("points") or "").strip() else None
                self.rows[normal(row["learner"]), number] = (points, (row.get("comment") or "").strip())
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise ValueError(
                    f"{path}, line {line}: expected learner, exercise, points and comment ({error})"
                ) from error

    def applied(self, learner, rows):
        """(rows with the teacher's points and comments, the comment on the whole)."""
        made = []
        for row in rows:
            points, comment = self.rows.get((normal(learner), row["exercise"]), (None, ""))
            made.append(row | {"comment": comment} | ({} if points is None else {"points": points}))
        return made, self.rows.get((normal(learner), None), (None, ""))[1]

    def unknown(self, learners):
        """The learners of the CSV that are not in the class."""
        there = {normal(learner) for learner in learners}
        return sorted({learner for learner, _ in self.rows} - there)


class Report:
    """The reports of a class in a folder, written anew as often as is asked."""

    def __init__(self, folder, homework, handins, sandbox_line, roster=None, overrides=None, ignored=()):
        self.folder, self.homework, self.handins = Path(folder), homework, handins
        self.roster, self.overrides = roster, overrides or Overrides()
        self.ignored = ignored
        self.names = page_names({key: handin.learner for key, handin in handins.items()})
        self.rows, self.comments, self.pages = {}, {}, {}
        templates = Environment(
            loader=PackageLoader("backprop.grading"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        templates.globals |= {"symbols": SYMBOLS, "homework": homework.name, "color": _color, "total": total,
                              "sandbox": sandbox_line}  # fmt: skip
        self.template = templates.get_template
        (self.folder / "learners").mkdir(parents=True, exist_ok=True)

    def add(self, key, rows):
        """Take in a learner's rows, and write the learner's page."""
        handin = self.handins[key]
        self.rows[key], self.comments[key] = self.overrides.applied(handin.learner, rows)
        self.pages[key] = self.template("learner.html").render(
            learner=handin.learner, handin=handin, verdicts=self.rows[key], comment=self.comments[key]
        )
        (self.folder / "learners" / f"{self.names[key]}.html").write_text(self.pages[key], encoding="utf-8")

    def write(self):
        """Write the class page and all tables, for those who are there. Returns the class page's path."""
        there = {key: self.rows[key] for key in self.handins if key in self.rows}
        flat = [{"learner": self.handins[key].learner} | row for key, rows in there.items() for row in rows]
        text = json.dumps(flat, indent=1, ensure_ascii=False) + "\n"
        (self.folder / "results.json").write_text(text, encoding="utf-8", errors="replace")
        self._tables(there)
        page = self.template("class.html").render(
            rows=there, handins=self.handins, names=self.names, exercises=exercise_bars(flat),
            mistakes=commonest(flat), groups=GROUPS, statuses=STATUSES, ignored=self.ignored,
            waiting=len(self.handins) - len(there),
        )  # fmt: skip
        path = self.folder / "class.html"
        path.write_text(page, encoding="utf-8")
        if len(there) == len(self.handins):
            self._feedback(there)
        return path

    def _tables(self, there):
        numbers = [exercise.number for exercise in self.homework.exercises()]
        fields = ["learner", "total", "of", *(f"exercise {n}" for n in numbers), "late", "look", "notes"]
        rows = []
        for key, verdicts in there.items():
            handin = self.handins[key]
            rows.append({
                "learner": handin.learner, "total": total(verdicts), "of": total(verdicts, "of"),
                "late": handin.late, "notes": "; ".join(handin.notes),
                "look": "; ".join(f"{row['exercise']}: {row['looks']}" for row in verdicts if row["looks"]),
                **{f"exercise {row['exercise']}": f"{row['points']:g}" for row in verdicts},
            })  # fmt: skip
        _table(self.folder / "results.csv", fields, rows)
        if (self.roster and self.roster.moodle) or any(h.moodle for h in self.handins.values()):
            self._moodle(there)
        if (self.roster and self.roster.canvas) or any(h.canvas for h in self.handins.values()):
            self._canvas(there)

    def _moodle(self, there):
        """Moodle's grading worksheet: Assignment, View all submissions, Upload grading worksheet."""
        fields = ["Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments"]
        fields = self.roster.fields if self.roster and self.roster.moodle else fields
        rows = []
        for key, verdicts in there.items():
            handin = self.handins[key]
            if handin.moodle:
                comments = [f"Exercise {r['exercise']}: {r['comment']}" for r in verdicts if r["comment"]]
                rows.append(handin.row | {
                    "Identifier": handin.row.get("Identifier") or f"Participant {handin.moodle}",
                    "Full name": handin.row.get("Full name") or handin.learner,
                    "Grade": total(verdicts), "Maximum Grade": total(verdicts, "of"),
                    "Feedback comments": " ".join([self.comments[key], *comments]).strip(),
                })  # fmt: skip
        _table(self.folder / "moodle.csv", fields, rows, kept=fields[:3])

    def _canvas(self, there):
        """Canvas's gradebook: Grades, Import. Its column has the name of the assignment there."""
        first = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        known = self.roster.fields if self.roster and self.roster.canvas else first
        column = next((name for name in known if name.startswith(self.homework.name)), self.homework.name)
        fields = [name for name in known if name in first] + [column]
        of = total(next(iter(there.values())), "of") if there else ""
        rows = [{"Student": "    Points Possible", column: of}]
        for key, verdicts in there.items():
            handin = self.handins[key]
            if handin.canvas:
                known = {"Student": handin.learner, "ID": handin.canvas} | handin.row
                rows.append({name: known.get(name, "") for name in fields} | {column: total(verdicts)})
        _table(self.folder / "canvas.csv", fields, rows, kept=first)

    def _feedback(self, there):
        """The learners' pages as a zip in the form in which Moodle and Canvas take feedback files back."""
        with zipfile.ZipFile(self.folder / "feedback.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for key in there:
                handin = self.handins[key]
                if handin.moodle:
                    name = handin.row.get("Full name") or handin.learner
                    where = f"{name}_{handin.moodle}_assignsubmission_file_/{self.homework.name}.html"
                elif handin.canvas and handin.file:
                    where = f"{PurePosixPath(handin.file).stem}.html"
                else:
                    where = f"{self.names[key]}/{self.homework.name}.html"
                archive.writestr(where, self.pages[key])


def page_names(learners):
    """{key: a file name without its end} for {key: learner}: the learner's own, safe on every system."""
    found, taken = {}, set()
    for key, learner in learners.items():
        plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", learner).strip(" .")[:80] or "_"
        plain = f"{plain}_" if plain.split(".")[0].casefold() in RESERVED else plain
        name, count = plain, 1
        while name.casefold() in taken:
            count += 1
            name = f"{plain} ({count})"
        taken.add(name.casefold())
        found[key] = name
    return found


def total(verdicts, key="points"):
    """The sum of points (or of points to be had), without a useless .0."""
    return f"{round(sum(row[key] for row in verdicts), 2):g}"


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
        if row["status"] == "passed" or row["status"] in NO_ANSWER:
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


def _table(path, fields, rows, kept=()):
    """Write a CSV. kept: columns whose text another program must find unchanged."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fields, extrasaction="ignore", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: value if key in kept else _cell(value) for key, value in row.items() if key})
    path.write_text(text.getvalue(), encoding="utf-8-sig", errors="replace", newline="")


def _cell(value):
    """A CSV cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text):
    return text.lstrip("-").replace(".", "", 1).isdigit()
