"""Grading a folder: names, reports, going on later, and never without a word about the sandbox."""

import contextlib
import csv
import io
import itertools
import json
import multiprocessing
import os
import re

import classroom
import pytest
import quick
from backprop.grading import grade, notebook, pool, release, report, sandbox, statuses, verdict
from backprop.grading.command import main
from test_release import tiny

ANSWERS = {"right": "n = 2", "wrong": "n = 4", "<b>bold</b>": "raise ValueError('=1+1 <i>')"}


@pytest.fixture
def place(tmp_path):
    """A folder with a solution and submissions/."""
    notebook.write(tmp_path / "tiny.ipynb", tiny(answer="n = 2"))
    for name, source in ANSWERS.items():
        (tmp_path / "submissions" / name.replace("/", "∕")).mkdir(parents=True)
        notebook.write(tmp_path / "submissions" / name.replace("/", "∕") / "tiny.ipynb", tiny(answer=source))
    return tmp_path


def run(place, *more):
    return main(["grade", str(place / "submissions"), "--solution", str(place / "tiny.ipynb"), "--to",
                 str(place / "out"), "--sandbox", "none", "--processes", "1", *more])  # fmt: skip


def rows(place):
    found = json.loads((place / "out" / "results.json").read_text("utf-8"))
    return {row["learner"]: row for row in found}


def test_reports_and_going_on(place, monkeypatch, at_once):
    assert run(place) == 0
    first = rows(place)
    assert {name: row["status"] for name, row in first.items()} == {
        "right": "passed", "wrong": "wrong", "<b>bold<∕b>": "raised",
    }  # fmt: skip
    assert "2 times too large" in first["wrong"]["reason"]
    with open(place / "out" / "results.csv", encoding="utf-8-sig", newline="") as file:
        assert {row["learner"]: row["total"] for row in csv.DictReader(file)} == {
            name: f"{row['points']:g}" for name, row in first.items()
        }
    pages = {path.name: path.read_text("utf-8") for path in (place / "out").rglob("*.html")}
    assert len(pages) == 4
    assert not any("<b>bold" in page or "<i>" in page for page in pages.values())
    assert 'href="learners/right.html"' in pages["class.html"]

    seed = json.loads((place / "out" / "grading.json").read_text())["seed"]
    notebook.write(place / "submissions" / "wrong" / "tiny.ipynb", tiny(answer="n = -2"))
    judged, judge_all = [], pool.judge_all
    monkeypatch.setattr(
        pool, "judge_all", lambda given, *rest: judged.extend(given) or judge_all(given, *rest)
    )
    assert run(place) == 0
    assert judged == ["wrong"], "only what has changed is judged again"
    assert "sign is flipped" in rows(place)["wrong"]["reason"]
    assert json.loads((place / "out" / "grading.json").read_text())["seed"] == seed

    notebook.write(place / "tiny.ipynb", tiny(answer="n = 2.0"))
    judged.clear()
    assert run(place) == 0
    assert len(judged) == 3, "another solution: everything is judged again"
    assert json.loads((place / "out" / "grading.json").read_text())["seed"] != seed


@pytest.mark.slow
def test_a_submission_that_ends_its_judge_harms_no_other(place, monkeypatch, capsys):
    """Without a sandbox an answer can kill the process that judges it."""
    monkeypatch.setattr("backprop.grading.run.Kernel", quick.InProcess)  # of the solution's runs, here
    kill = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nn = 2"
    notebook.write(place / "submissions" / "wrong" / "tiny.ipynb", tiny(answer=kill))
    assert run(place) == 1
    assert rows(place)["wrong"]["status"] == "kernel died"
    assert "the process that judged it ended" in rows(place)["wrong"]["reason"]
    assert rows(place)["right"]["status"] == "passed"
    assert "wrong: could not be judged" in " ".join(capsys.readouterr().out.split())
    kept = list((place / "out" / "submissions").glob("wrong-*.json"))
    assert kept == [], "what could not be judged is tried again the next time"


def test_a_judge_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(pool, "longest", lambda *_: 0.5)
    monkeypatch.setattr(pool, "_work", quick.hangs)
    found = pool.judge_apart(tiny(), statuses.Homework("tiny", tiny(), []), "none", sandbox.Limits())
    assert (found.rows, found.failure) == ([], "it took more than 0.5 seconds in all")
    assert multiprocessing.active_children() == []


SEEDS = range(1000, 1004)


def test_float32_is_right_under_every_seed(at_once):
    """Each seed draws other numbers; a wrong formula would miss by more than rounding does."""
    solution, box = notebook.read(classroom.SOLUTION), sandbox.NoSandbox(sandbox.Limits())
    stub, made = release.stub(solution, "hw3_layers", {}), classroom.submission(quick.FLOAT32)
    draws = [release.draw(solution, box, seed) for seed in SEEDS]
    for first, second in itertools.pairwise(draws):
        found = verdict.judge(statuses.Homework("hw3_layers", stub, [first, second]), made, box)
        assert [one.status for one in found] == ["passed"] * 4, (first.seed, found)


def test_grading_without_bubblewrap_needs_a_word(place, without_bwrap, capsys):
    for choice in ("auto", "bwrap"):
        code = main(["grade", str(place / "submissions"), "--solution", str(place / "tiny.ipynb"),
                     "--to", str(place / "out"), "--sandbox", choice])  # fmt: skip
        assert code == 2
        out = " ".join(capsys.readouterr().out.split())
        assert "there is no command bwrap" in out
        assert "--sandbox none" in out
    assert not (place / "out").exists()


def test_a_solution_that_learners_can_read_is_refused(monkeypatch, tmp_path, bwrap):
    monkeypatch.setattr(sandbox, "visible", lambda: [tmp_path])
    notebook.write(tmp_path / "tiny.ipynb", tiny())
    with pytest.raises(grade.GradeError, match="which learners' code can read"):
        grade.from_solution(tmp_path / "tiny.ipynb", bwrap, seed=1)


@pytest.mark.parametrize("solution", ["missing.ipynb", "no_exercise.ipynb", "no_json.ipynb"])
def test_a_wrong_solution_is_nothing_to_do(place, capsys, solution):
    notebook.write(place / "no_exercise.ipynb", {"cells": [], "metadata": {}})
    (place / "no_json.ipynb").write_text("no")
    code = main(["grade", str(place / "submissions"), "--solution", str(place / solution),
                 "--sandbox", "none", "--to", str(place / "out")])  # fmt: skip
    assert code == 2
    assert solution in capsys.readouterr().out


def test_seeds_under_which_the_solution_fails_are_never_chosen_nor_saved(place, capsys, at_once):
    proof = {"cell_type": "code", "id": "p", "source": "check.proves(1, n=2 + 1 * (check.seed % 2 == 0))",
             "metadata": {"tags": ["solution"]}, "outputs": [], "execution_count": None}  # fmt: skip
    solution = tiny(answer="n = 2")
    solution["cells"].append(proof)
    notebook.write(place / "tiny.ipynb", solution)
    box = sandbox.NoSandbox(sandbox.Limits())
    found = grade.from_solution(place / "tiny.ipynb", box, 5)
    assert [draw.seed for draw in found.draws] == [5, 7]
    assert run(place, "--seed", "4") == 2
    assert "under the seed 4" in " ".join(capsys.readouterr().out.split())
    assert not (place / "out" / "grading.json").exists()


def test_a_near_miss_is_drawn_again_before_it_fails(place, at_once):
    """The solution draws numbers; one learner's rounding errs under the first seed only."""
    box = sandbox.NoSandbox(sandbox.Limits())
    check = "n = check.rng(1).uniform()\ncheck(1, n=answer(n))"
    notebook.write(place / "tiny.ipynb", tiny(answer="def answer(n): return n", check=check))
    homework = grade.from_solution(place / "tiny.ipynb", box, 5)
    for source, status in (("def answer(n): return n * (1 + 1e-3 * (check.seed == 5))", "passed"),
                           ("def answer(n): return n * (1 + 1e-3)", "wrong"),
                           ("def answer(n): return n * (2 if check.seed == 5 else 1)", "wrong")):  # fmt: skip
        ((_, judged),) = pool.judge_all({"a": tiny(answer=source, check=check)}, homework, box, 1)
        assert [row["status"] for row in judged.rows] == [status]


def test_parts_of_an_exercise_earn_their_part(place, at_once):
    box = sandbox.NoSandbox(sandbox.Limits())
    parts = {"metadata": {"tags": ["exercise-1", "check", "parts", "points-4"]}}
    check = "check(1, batch=3, a=a, b=b)"
    notebook.write(place / "tiny.ipynb", tiny(answer="a, b = 1, 2", check=check, c=parts))
    homework = grade.from_solution(place / "tiny.ipynb", box, 5)
    for source, points in (("a, b = 1, 0", 2), ("a, b = 1, 'x'", 2), ("a, b = 0, 0", 0), ("a, b = 1, 2", 4)):
        ((_, judged),) = pool.judge_all({"a": tiny(answer=source, check=check)}, homework, box, 1)
        assert [row["points"] for row in judged.rows] == [points]


def test_an_exported_notebook_repeats_the_verdict_without_the_grader(place, at_once):
    for name, answer_ in (("right", "n = 2"), ("wrong", "n = 4")):
        notebook.write(place / "mine.ipynb", tiny(answer=answer_))
        to = ["--to", str(place / f"{name}.ipynb"), "--sandbox", "none", "--seed", "3"]
        assert main(["export", str(place / "mine.ipynb"), "--solution", str(place / "tiny.ipynb"), *to]) == 0
    options = ["--nbval", "--nbval-current-env", "-c", os.devnull, f"--rootdir={place}", "-rA", "-s"]
    told = io.StringIO()
    with contextlib.redirect_stdout(told):  # a run of its own inside this one starts no second Python
        code = pytest.main(
            [*options, "-p", "no:cacheprovider", f"{place}/right.ipynb", f"{place}/wrong.ipynb"]
        )
    assert code == 1
    failed = re.findall(r"^FAILED .*?(\w+\.ipynb)::Cell (\d+)", told.getvalue(), re.M)
    assert failed == [("wrong.ipynb", "4")], told.getvalue()


def test_a_cluster_that_is_not_there_is_nothing_to_do(place, capsys, monkeypatch, at_once):
    monkeypatch.setattr(pool, "CONNECT", 0.5)
    assert run(place, "--scheduler", "tcp://127.0.0.1:9") == 2
    out = " ".join(capsys.readouterr().out.split())
    assert "needs the package distributed" in out or "no cluster answers at tcp://127.0.0.1:9" in out


@pytest.mark.slow
def test_a_cluster_grades_as_the_pool_does(place, monkeypatch):
    monkeypatch.setattr("backprop.grading.run.Kernel", quick.InProcess)  # of the solution's runs, here
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        assert run(place, "--scheduler", cluster.scheduler_address) == 0
    assert {row["status"] for row in rows(place).values()} == {"passed", "wrong", "raised"}


def test_an_empty_folder_is_nothing_to_do(tmp_path, capsys):
    assert main(["grade", str(tmp_path), "--solution", "s.ipynb", "--sandbox", "none"]) == 2
    assert "no .ipynb file in it" in " ".join(capsys.readouterr().out.split())


def test_pages_have_the_learners_names_and_each_its_own():
    learners = ["a/b", "a:b", "Zoë de Vries", "../../etc", "CON", "zoë DE vries", "", "x" * 300]
    names = report.page_names(dict(enumerate(learners)))
    assert len({name.casefold() for name in names.values()}) == len(learners)
    assert names[2] == "Zoë de Vries"
    assert all(not re.search(r"[/\\:]|^\.", name) and 0 < len(name) < 90 for name in names.values())
    assert names[4] != "CON"


@pytest.mark.parametrize(("value", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-x", "'-x"), (-1.5, "-1.5")])
def test_no_cell_is_taken_for_a_formula(value, cell):
    assert report._cell(value) == cell


def test_every_status_has_a_color_a_symbol_and_a_hint():
    assert set(report.SYMBOLS) == set(statuses.STATUSES) == set(statuses.HINTS) | {"passed"}
    assert sorted(s for _, members, *_ in report.GROUPS for s in members) == sorted(statuses.STATUSES)


def test_commonest_counts_learners():
    def row(learner, status, reason=""):
        return {"learner": learner, "exercise": 1, "status": status, "reason": reason}

    flat = [row("a", "wrong", "dW looks transposed; db is 0"), row("b", "wrong", "dW looks transposed"),
            row("c", "raised", "NameError: x"), row("d", "passed"), row("e", "not attempted")]  # fmt: skip
    assert report.commonest(flat) == [
        (1, "dW looks transposed", 2, 40.0), (1, "raised NameError", 1, 20.0),
    ]  # fmt: skip
    (bar,) = report.exercise_bars(flat)
    assert (bar["passed"], bar["learners"], bar["rate"]) == (1, 5, 20)
    assert [(word, count) for word, count, *_ in bar["parts"]] == [
        ("passed", 1), ("wrong", 2), ("failed to run", 1), ("no answer", 1),
    ]  # fmt: skip


def two_exercises(first, second):
    """A homework in which the second answer calls the first."""
    made = tiny(answer=first, check="check(1, y=f(check.rng(1).normal(size=3)))")
    last = tiny(answer=second, check="check(2, z=g(check.rng(2).normal(size=3)))")["cells"][1:]
    for cell in last:
        cell |= {"id": f"{cell['id']}2", "metadata": {"tags": ["exercise-2", cell["metadata"]["tags"][1]]}}
    return made | {"cells": made["cells"] + last}


F = "def f(x):\n    # begin solution\n    return 3 * x\n    # end solution"
G = "def g(x):\n    # begin solution\n    return f(x) + 1\n    # end solution"
ZERO = "def f(x): return 0 * x"


@pytest.mark.parametrize(
    ("first", "second", "expected", "told", "real"),
    [
        (ZERO, G, "wrong passed", "", True),
        ("", G, "not attempted passed", "", False),
        ("1 / 0", "def g(x): return f(x)", "raised wrong", "off by the same amount", False),
        (ZERO, "def g(x): return f('a', x)", "wrong raised", "the right f raises TypeError", False),
        (ZERO, "def g(x): return check.asks('g')(f(x))", "wrong raised", "not to be asked for here", True),
        (ZERO, "def g(x): return f(lambda: 0)", "wrong raised", "a function in it", False),
        (ZERO, "def g(x): return f and input('f')", "wrong wrong", "is not a number", True),
        (ZERO, "import inspect\ndef g(x): return inspect.getsource(f)", "wrong wrong", "is not a num", False),
    ],
)  # fmt: skip
def test_a_right_answer_is_asked_for_and_never_enters(
    request, monkeypatch, first, second, expected, told, real
):
    """Where the first answer is not right, the second one's calls are answered outside."""
    if not real:
        request.getfixturevalue("at_once")
    ran, run_ = [], verdict.run
    monkeypatch.setattr(verdict, "run", lambda cells, *rest: ran.extend(cells) or run_(cells, *rest))
    solution = two_exercises(F, G)
    box = sandbox.NoSandbox(sandbox.Limits())
    with monkeypatch.context() as patched:
        patched.setattr("backprop.grading.run.Kernel", quick.InProcess)
        draws = [release.draw(solution, box, 5)]
    homework = statuses.Homework("tiny", release.stub(solution, "tiny", {}), draws, {1: F, 2: G})
    found = verdict.judge(homework, two_exercises(first, second), box)
    for verdict_, status in zip(found, re.findall(r"not attempted|\w+(?: or \w+)?", expected), strict=True):
        assert verdict_.status in status.split(" or "), verdict_
    assert told in found[1].reason
    assert "3 * x" not in found[1].reason
    assert second == G or not [cell for cell in ran if "solution" in cell.source], "a right answer came in"
    assert [cell for cell in ran if cell.source == 'f = check.asks("f")']
