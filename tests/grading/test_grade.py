"""Grading a folder: names, reports, going on later, and never without a word about the sandbox."""

import csv
import json
import re

import pytest
from backprop.grading import grade, notebook, pool, report, sandbox, statuses
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
                 str(place / "out"), "--sandbox", "none", "--processes", "2", *more])  # fmt: skip


def rows(place):
    found = json.loads((place / "out" / "results.json").read_text("utf-8"))
    return {row["learner"]: row for row in found}


@pytest.mark.slow
def test_reports_and_going_on(place, monkeypatch):
    assert run(place) == 0
    first = rows(place)
    assert {name: row["status"] for name, row in first.items()} == {
        "right": "passed", "wrong": "wrong", "<b>bold<∕b>": "raised",
    }  # fmt: skip
    assert "2 times too large" in first["wrong"]["reason"]
    assert set(first["right"]) == set(report.FIELDS)
    with open(place / "out" / "results.csv", encoding="utf-8-sig", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == [row["status"] for row in first.values()]
    pages = {path.name: path.read_text("utf-8") for path in (place / "out").rglob("*.html")}
    assert len(pages) == 4
    assert not any("<b>bold" in page or "<i>" in page for page in pages.values())
    for row in first.values():
        assert f"{grade.page_name(row['learner'])}.html" in pages["class.html"]

    seed = json.loads((place / "out" / "grading.json").read_text())["seed"]
    notebook.write(place / "submissions" / "wrong" / "tiny.ipynb", tiny(answer="n = -2"))
    judged, judge_all = [], pool.judge_all
    monkeypatch.setattr(
        pool, "judge_all", lambda paths, *rest: judged.extend(paths) or judge_all(paths, *rest)
    )
    assert run(place) == 0
    assert [path.parent.name for path in judged] == ["wrong"], "only what has changed is judged again"
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
    kill = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nn = 2"
    notebook.write(place / "submissions" / "wrong" / "tiny.ipynb", tiny(answer=kill))
    assert run(place) == 1
    assert rows(place)["wrong"]["status"] == "kernel died"
    assert "the process that judged it ended" in rows(place)["wrong"]["reason"]
    assert rows(place)["right"]["status"] == "passed"
    assert "wrong: could not be judged" in " ".join(capsys.readouterr().out.split())
    kept = list((place / "out" / "submissions").glob("wrong-*.json"))
    assert kept == [], "what could not be judged is tried again the next time"


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


def test_an_empty_folder_is_nothing_to_do(tmp_path, capsys):
    assert main(["grade", str(tmp_path), "--solution", "s.ipynb", "--sandbox", "none"]) == 2
    assert "no .ipynb file in it" in " ".join(capsys.readouterr().out.split())


def test_learners_are_named_by_folder_or_file(tmp_path):
    for name in ("ada/hw3.ipynb", "ben/hw3.ipynb", "ben/old.ipynb", "chloe.ipynb", "d\x1be.ipynb",
                 ".ipynb_checkpoints/x.ipynb", "notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert set(grade.submissions(tmp_path)) == {"ada", "ben/hw3", "ben/old", "chloe", "d?e"}


def test_pages_have_names_of_their_own():
    names = [grade.page_name(learner) for learner in ("a/b", "a_b", "a b", "../../etc", "é")]
    assert len(set(names)) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)


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
        (1, "dW looks transposed", 2, 100.0), (1, "raised NameError", 1, 50.0),
    ]  # fmt: skip
    (bar,) = report.exercise_bars(flat)
    assert (bar["passed"], bar["learners"], bar["rate"]) == (1, 5, 20)
    assert [(word, count) for word, count, *_ in bar["parts"]] == [
        ("passed", 1), ("wrong", 2), ("failed to run", 1), ("no answer", 1),
    ]  # fmt: skip
