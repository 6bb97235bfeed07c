"""The command `homework`: check for learners, grade and release for teachers.

Exit codes: 0 all passed or done; 1 something did not pass, or could not be judged; 2 nothing was done.
"""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..homework.check import PUBLIC_SEED, RELEASED, expected_texts
from . import merge, notebook
from .sandbox import Limits, SandboxError, choose

STYLES = {"passed": "green", "not attempted": "yellow", "cell missing": "yellow"}


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
    from .statuses import Homework

    box = choose(options.sandbox, _limits(options))
    console.print(f"sandbox: {box.describe()}", markup=False)
    passed = True
    for path in map(Path, options.notebooks):
        pristine = _pristine(path, options.homework)
        title = notebook.name(pristine) or path.stem
        homework = Homework(title, pristine, expected_texts(pristine), PUBLIC_SEED, {})
        with console.status(f"checking {path.name}"):
            (judged,) = pool.judge_all([path.resolve()], homework, box, 1)
        if judged.failure:
            raise Nothing(f"{path}: could not be checked: {judged.failure}")
        console.print(_table(f"{path.name} ({title})", judged.rows))
        passed = passed and all(row["status"] == "passed" for row in judged.rows)
    return 0 if passed else 1


def grade(options, console):
    """homework grade: judge a folder of submissions with new numbers, and write the reports."""
    from . import grade, report

    try:
        found = grade.submissions(options.submissions)
        limits = _limits(options)
        box = choose(options.sandbox, limits, refuse_none=True)
        console.print(f"sandbox: {box.describe()}", markup=False)
        if not Path(options.solution).is_file():
            raise Nothing(f"{options.solution}: no such solution notebook")
        store = grade.Store(options.to, options.solution, limits, options.seed)
        homework = grade.from_solution(options.solution, box, store.seed)
    except grade.GradeError as error:
        raise Nothing(str(error)) from error
    rows, failures = _with_progress(console, found, homework, box, store, options.processes)
    page = report.write(options.to, homework, found, rows, box.describe())
    _summary(console, rows, failures, page)
    return 1 if failures else 0


def _with_progress(console, found, homework, box, store, processes):
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from . import grade

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("grading", total=len(found))
        return grade.grade(found, homework, box, store, processes, lambda _: progress.advance(task))


def _summary(console, rows, failures, page):
    table = Table("exercise", "passed", "other statuses")
    numbers = [row["exercise"] for row in next(iter(rows.values()))]
    for i, number in enumerate(numbers):
        statuses = [verdicts[i]["status"] for verdicts in rows.values()]
        others = {s: statuses.count(s) for s in dict.fromkeys(statuses) if s != "passed"}
        told = ", ".join(f"{status} {count}" for status, count in others.items())
        table.add_row(str(number), f"{statuses.count('passed')} of {len(statuses)}", told)
    console.print(table)
    for learner, why in failures.items():
        console.print(f"{learner}: could not be judged: {why}", style="red", markup=False)
    console.print(f"written: {page}, results.csv, results.json, learners/", markup=False)


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
    there = set().union(*(merge.defined(notebook.source(cell)) for cell in submission["cells"]))
    names = [merge.defined(notebook.source(e.answer)) for e in notebook.exercises(pristine)]
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
    sandboxed(found, "none, and it says so")
    found = command("grade", grade, "Grade a folder of homework against the solution, with new numbers.")
    found.add_argument("submissions", type=_folder)
    found.add_argument("--solution", type=Path, required=True)
    found.add_argument("--to", type=Path, default=Path("graded"), help="folder for the reports (graded)")
    found.add_argument("--processes", type=_positive(int), default=os.cpu_count() or 1)
    found.add_argument("--seed", type=int, help="of the new numbers; drawn at random if not given")
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


def _folder(text):
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


if __name__ == "__main__":
    sys.exit(main())
