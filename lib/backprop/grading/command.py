"""The command `homework`: check for learners; grade, export and release for teachers.

Exit codes: 0 all passed or done; 1 something did not pass, or could not be judged; 2 nothing was done.
"""

import argparse
import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..homework.check import PUBLIC_SEED, RELEASED, expected_data
from . import merge, notebook, sandbox
from .sandbox import Limits, SandboxError, choose

STYLES = {"passed": "green", "not attempted": "yellow", "cell missing": "yellow", "not handed in": "yellow"}
BETWEEN = 5  # seconds between two reports while grading goes on


def main(arguments=None):
    """Run the command. Returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    try:
        return options.run(options, console)
    except (Nothing, SandboxError) as error:
        console.print(f"homework: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        console.print("homework: interrupted")
        return 2


class Nothing(Exception):
    """There is nothing to do; the message says why."""


def check(options, console):
    """homework check: judge a learner's notebooks with the public numbers."""
    from . import pool
    from .statuses import Draw, Homework

    box = _box(options, console)
    rows = {}
    for path in map(Path, options.notebooks):
        pristine = _pristine(path, options.homework)
        title = notebook.name(pristine) or path.stem
        homework = Homework(title, pristine, [Draw(PUBLIC_SEED, expected_data(pristine))])
        with console.status(f"checking {path.name}"):
            submissions = {path: notebook.lean(_read(path))}
            ((_, judged),) = pool.judge_all(submissions, homework, box, 1)
        if judged.failure:
            raise Nothing(f"{path}: could not be checked: {judged.failure}")
        console.print(_table(f"{path.name} ({title})", judged.rows))
        rows[path.name] = judged.rows
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    points, of = (sum(row[key] for found in rows.values() for row in found) for key in ("points", "of"))
    console.print(f"points: {points:g} of {of:g}")
    return 0 if all(row["status"] == "passed" for found in rows.values() for row in found) else 1


def grade(options, console):
    """homework grade: judge what a class has handed in with new numbers, and write the reports."""
    from . import grade, intake, pool, report

    try:
        roster = intake.Roster(options.roster) if options.roster else None
        overrides = report.Overrides(options.overrides)
        name = options.solution.stem
        handins, ignored = intake.take_in(options.submissions, name, options.file, roster, options.due)
        box = _box(options, console, refuse_none=True)
        if not options.solution.is_file():
            raise Nothing(f"{options.solution}: no such solution notebook")
        store = grade.Store(options.to, options.solution, box.limits)
        asked = store.seed() if options.seed is None else options.seed
        homework = grade.from_solution(options.solution, box, asked)
        store.begin(homework.draws[0].seed)
        made = report.Report(options.to, homework, handins, box.describe(), roster, overrides, ignored)
        graded = grade.grade(handins, homework, box, store, options.processes, options.scheduler)
        failures = _with_progress(console, graded, made, len(handins))
    except (grade.GradeError, intake.IntakeError, pool.NoCluster, ValueError) as error:
        raise Nothing(str(error)) from error
    _summary(console, made, failures)
    return 1 if failures else 0


def _with_progress(console, graded, made, count):
    """Take in what gets graded, with a bar, and write the reports as it goes on. Returns the failures."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    failures, written = {}, time.monotonic()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("grading", total=count)
        for key, rows, failure in graded:
            made.add(key, rows)
            if failure:
                failures[key] = failure
            if time.monotonic() - written > BETWEEN:
                made.write()
                written = time.monotonic()
            progress.advance(task)
    made.write()
    return failures


def _summary(console, made, failures):
    table = Table("exercise", "passed", "other statuses")
    rows = made.rows
    for i, exercise in enumerate(made.homework.exercises()):
        statuses = [verdicts[i]["status"] for verdicts in rows.values()]
        others = {s: statuses.count(s) for s in dict.fromkeys(statuses) if s != "passed"}
        told = ", ".join(f"{status} {count}" for status, count in others.items())
        table.add_row(str(exercise.number), f"{statuses.count('passed')} of {len(statuses)}", told)
    console.print(table)
    for handin in made.handins.values():
        for note in handin.notes:
            console.print(f"{handin.learner}: {note}", style="yellow", markup=False)
    if made.ignored:
        console.print(f"nobody's notebook: {', '.join(made.ignored)}", style="yellow", markup=False)
    for name in made.overrides.unknown(handin.learner for handin in made.handins.values()):
        console.print(f"{name}: in the overrides, but not in the class", style="yellow", markup=False)
    looks = sum(bool(row["looks"]) for verdicts in rows.values() for row in verdicts)
    if looks:
        console.print(f"{looks} answers are marked 'look at this' on the class page", markup=False)
    for key, why in failures.items():
        learner = made.handins[key].learner
        console.print(f"{learner}: could not be judged: {why}", style="red", markup=False)
    files = sorted(path.name for path in made.folder.iterdir() if path.suffix in (".csv", ".zip"))
    console.print(f"written: {made.folder / 'class.html'}, {', '.join(files)}, learners/", markup=False)


def export(options, console):
    """homework export: write one judged notebook, whose verdict plain pytest --nbval repeats."""
    from . import export, grade

    box = _box(options, console, refuse_none=True)
    try:
        homework = grade.from_solution(options.solution, box, options.seed)
    except grade.GradeError as error:
        raise Nothing(str(error)) from error
    made = export.judged(homework, _read(options.notebook))
    notebook.write(options.to, made)
    console.print(f"written: {options.to}; repeat it with  pytest --nbval --nbval-current-env {options.to}",
                  markup=False)  # fmt: skip
    console.print("It holds the right values, and runs the learner's code with all your rights.")
    return 0


def release(options, console):
    """homework release: make the notebook for learners from a solution."""
    from .release import ReleaseError
    from .release import release as make
    from .run import RunFailed

    for path in map(Path, options.solutions):
        try:
            stub = make(path, choose("none", _limits(options)))
        except (ReleaseError, notebook.Unreadable, RunFailed) as error:
            raise Nothing(f"{path}: {error}") from error
        for folder in options.to:
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / path.name
            if target.resolve() == path.resolve():
                raise Nothing(f"{target} is the solution itself; choose another folder with --to")
            notebook.write(target, stub)
            console.print(f"written: {target}", markup=False)
    return 0


def _pristine(path, given):
    """The pristine homework for a learner's notebook: the given file, or the one of the course that fits.

    A homework is known by the name in its metadata, else by its file name, else by the names that its
    answers define.
    Raises Nothing where there is none, or the file is no notebook.
    """
    submission = _read(path)
    if given:
        pristine = _read(given)
        try:
            notebook.exercises(pristine)
        except ValueError as error:
            raise Nothing(f"{given}: {error}") from error
        if not expected_data(pristine):
            raise Nothing(f"{given}: it is a solution, or was not made by homework release: its checks hold "
                          "no expected values; give the notebook that was handed out")  # fmt: skip
        return pristine
    known = {file.stem: notebook.read(file) for file in sorted(RELEASED.glob("*.ipynb"))}
    for name in (notebook.name(submission), path.stem):
        if name in known:
            return known[name]
    shared = {name: _answers_in_common(pristine, submission) for name, pristine in known.items()}
    likeliest = max(shared, key=shared.get)
    if shared[likeliest] > 1:
        return known[likeliest]
    raise Nothing(
        f"{path}: no homework of the course fits it (there are {', '.join(known)}); "
        "for one of your teacher's, say --homework with the notebook that was handed out"
    )


def _answers_in_common(pristine, submission):
    """How many of the answers of a homework have their names defined in a notebook."""
    there = set().union(*(merge.bound(notebook.source(cell)) for cell in submission["cells"]))
    names = [merge.bound(notebook.source(e.answer)) for e in notebook.exercises(pristine)]
    return sum(bool(name) and name <= there for name in names)


def _read(path):
    try:
        return notebook.read(path.resolve())
    except notebook.Unreadable as error:
        raise Nothing(f"{path}: {error}") from error


def _table(title, rows):
    table = Table("exercise", "status", "why, and what to do", title=escape(title))
    for row in rows:
        style = STYLES.get(row["status"], "red")
        told = escape(row["reason"]) + (f"\n[dim]→ {escape(row['hint'])}[/]" if row["hint"] else "")
        table.add_row(str(row["exercise"]), f"[{style}]{row['status']}[/]", told)
    return table


def _box(options, console, refuse_none=False):
    """The sandbox that was asked for, said in the first line; what a killed run has left is removed."""
    sandbox.sweep()
    box = choose(options.sandbox, _limits(options), refuse_none)
    console.print(f"sandbox: {box.describe()}", markup=False)
    return box


def _limits(options):
    return Limits(seconds=options.seconds, memory=options.memory)


def _parser():
    parser = argparse.ArgumentParser(prog="homework", description="Check, grade and release homework.")
    commands = parser.add_subparsers(required=True)

    def command(name, run, help):
        found = commands.add_parser(name, help=help, description=help)
        found.set_defaults(run=run)
        found.add_argument("--seconds", type=_positive(float), default=10.0, help="time limit of a cell")
        found.add_argument("--memory", type=_positive(int), default=1500, help="memory limit in MB")
        return found

    def sandboxed(found, auto):
        help = f"where the notebooks' code runs; auto: bwrap where it works, else {auto}"
        found.add_argument("--sandbox", choices=("auto", "bwrap", "none"), default="auto", help=help)

    found = command("check", check, "Check your own homework: one line per exercise.")
    found.add_argument("notebooks", nargs="+", metavar="NOTEBOOK")
    found.add_argument("--homework", type=Path, help="the notebook as handed out, if not the course's")
    found.add_argument("--json", type=Path, help="write the verdicts into this file, too")
    sandboxed(found, "none, and it says so")
    found = command("grade", grade, "Grade a class's homework against the solution, with new numbers.")
    found.add_argument("submissions", type=_there, help="a folder or a zip; Moodle's and Canvas's downloads")
    found.add_argument("--solution", type=Path, required=True)
    found.add_argument("--to", type=Path, default=Path("graded"), help="folder for the reports (graded)")
    found.add_argument("--file", help="count only files whose path ends so, as in clones of a repository")
    found.add_argument("--roster", type=_there, help="CSV of the class; Moodle's worksheet, Canvas's grades")
    found.add_argument("--due", type=datetime.fromisoformat, help="mark what is newer: 2026-11-21T23:59")
    found.add_argument("--overrides", type=_there, help="CSV of your own: learner, exercise, points, comment")
    found.add_argument("--processes", type=_positive(int), default=os.cpu_count() or 1)
    found.add_argument("--scheduler", metavar="ADDRESS", help="grade on a Dask cluster instead")
    found.add_argument("--seed", type=int, help="of the new numbers; drawn at random if not given")
    sandboxed(found, "stop")
    found = command("export", export, "Write a judged notebook, whose verdict pytest --nbval repeats.")
    found.add_argument("notebook", type=_there)
    found.add_argument("--solution", type=Path, required=True)
    found.add_argument("--to", type=Path, default=Path("judged.ipynb"))
    found.add_argument("--seed", type=int, help="as in grading.json; drawn at random if not given")
    sandboxed(found, "stop")
    found = command("release", release, "Make the notebook for learners from a solution notebook.")
    found.add_argument("solutions", nargs="+", metavar="SOLUTION")
    found.add_argument("--to", type=Path, action="append", required=True, help="folder; may be given twice")
    return parser


def _positive(kind):
    def positive(text):
        value = kind(text)
        if not value > 0:
            raise ValueError(f"{text} is not positive")
        return value

    return positive


def _there(text):
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text} is not there")
    return path


if __name__ == "__main__":
    sys.exit(main())
