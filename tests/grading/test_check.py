"""What a check cell says in JupyterLab, and what `homework check` says in a terminal."""

import json

import classroom
import numpy as np
import pytest
from backprop import numerical_gradient
from backprop.grading import notebook
from backprop.grading.command import main
from backprop.homework import Check, values
from backprop.homework.check import PUBLIC_SEED, HandedOver
from test_release import tiny


@pytest.fixture
def check(monkeypatch):
    monkeypatch.delenv("HOMEWORK_SEED", raising=False)
    return Check("hw2_one_step_by_hand")


def deltas_of_exercise_2(check):
    o, t = check.rng(2).uniform(0.1, 0.9, size=(2, 2))
    return (o - t) * o * (1 - o)


def test_right_and_wrong_are_said_at_once(check, capsys):
    right = deltas_of_exercise_2(check)
    check(2, deltas=right)
    assert capsys.readouterr().out.endswith("✓ right\n")
    check(2, deltas=-right)
    assert "✗ not yet: deltas has the right size and the wrong sign" in capsys.readouterr().out
    check(2, deltas=[1, "x"])
    assert "✗ not yet: deltas" in capsys.readouterr().out
    check(2, deltas=lambda: 0)
    assert "✗ not yet: deltas is a function; expected a number" in capsys.readouterr().out
    check(2, deltas=right[None].view(np.matrix))
    assert "✗ not yet: deltas is an np.matrix" in capsys.readouterr().out


def test_a_value_that_is_missing_or_not_asked_for(check, capsys):
    check(2)
    assert "✗ not yet: deltas is missing" in capsys.readouterr().out
    check(2, deltas=deltas_of_exercise_2(check), more=1)
    assert "✗ not yet: more is not asked for" in capsys.readouterr().out


def test_a_solution_proves_itself(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("HOMEWORK_SEED", raising=False)
    monkeypatch.chdir(tmp_path)
    check, x = Check("of_my_own"), np.array([1.0, 2.0])
    slope = numerical_gradient(lambda v: np.sum(v**2), x)
    check(1, dx=2 * x)
    assert "homework check" in capsys.readouterr().out
    check.proves(1, dx=slope)
    assert capsys.readouterr().out == "exercise 1: proved for dx\n"
    check(1, dx=x)
    with pytest.raises(ValueError, match="not proved: dx is 2 times too small"):
        check.proves(1, dx=slope)


def test_a_homework_of_ones_own_knows_its_expected_values(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("HOMEWORK_SEED", raising=False)
    monkeypatch.chdir(tmp_path)
    kept = {"exercise": 1, "values": {"n": 3.0, "word": values.public("yes", "mine 1")}}
    (tmp_path / "mine.ipynb").write_text(json.dumps({"cells": [{"metadata": {"expected": kept}}]}))
    Check("mine")(1, n=3, word="yes")
    assert capsys.readouterr().out.endswith("✓ right\n")
    Check("mine")(1, n=3, word="no")
    assert "word is not right" in capsys.readouterr().out
    (tmp_path / "mine.ipynb").write_text("{")
    with pytest.raises(ValueError, match=r"mine\.ipynb: not a homework notebook"):
        Check("mine")


def test_an_overwritten_input_is_named(capsys, monkeypatch):
    monkeypatch.delenv("HOMEWORK_SEED", raising=False)
    names = {"check": Check("hw3_layers")}
    drawn = "x, dout = check.rng(2).normal(size=(2, 3, 4))"
    exec(f"{drawn}\ndout *= 2\ncheck(2, batch=3, dx=dout)", names)
    assert "overwrites its input dout or x: work on a copy" in capsys.readouterr().out


def test_under_a_seed_plain_data_are_handed_over_and_nothing_is_known(capsys, monkeypatch):
    monkeypatch.setenv("HOMEWORK_SEED", "11")
    check = Check("hw2_one_step_by_hand")
    assert check.expected == {}
    assert check.rng(2).normal() == np.random.default_rng([11, 2]).normal()
    check(2, deltas=np.zeros(2))
    assert json.loads(capsys.readouterr().out) == {
        "exercise": 2, "values": {"deltas": {"shape": [2], "numbers": [0.0, 0.0]}}, "overwritten": [],
    }  # fmt: skip


def test_data_are_handed_over_by_a_learners_kernel_and_taken_by_another(capsys, monkeypatch):
    monkeypatch.delenv("HOMEWORK_SEED", raising=False)
    settings = {"hidden": np.int64(3), "pair": (1, "a")}
    check = Check("hw5_tune")
    assert check.data(1, lambda: settings) == {"hidden": 3, "pair": [1, "a"]}
    with pytest.raises(TypeError, match="not plain data: a function in it"):
        check.data(1, lambda: [len, lambda: 0][1:])
    monkeypatch.setenv("HOMEWORK_PART", "learner")
    with pytest.raises(HandedOver):
        check.data(1, lambda: settings)
    text = json.loads(capsys.readouterr().out)["data"]
    check.received[1] = json.loads(text)
    assert check.data(1, None) == {"hidden": 3, "pair": [1, "a"]}


def test_numbers_are_drawn_anew_for_each_exercise_and_seed(check):
    assert check.seed == PUBLIC_SEED
    assert check.rng(1).normal() == check.rng(1).normal() != check.rng(2).normal()


# the command, with the sandbox that is there: the verdict is the same in all


@pytest.fixture
def notebook_of_a_learner(tmp_path):
    """A hw3 that was run and saved: 1 right, 2 wrong, 3 not attempted, 4 right but built on 2 and 3."""
    made = classroom.submission(classroom.right_answers())
    classroom.KINDS["partly_right"][1](made)
    path = tmp_path / "my homework.ipynb"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


@pytest.mark.slow
def test_check_tells_each_status_and_the_reason(notebook_of_a_learner, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")  # one line for each exercise
    before = notebook_of_a_learner.read_bytes()
    assert main(["check", str(notebook_of_a_learner)]) == 1
    out = " ".join(capsys.readouterr().out.split())
    for told in ("sandbox: ", "hw3_layers", "passed", "wrong", "the sign is flipped",
                 "not attempted", "replace the line that raises NotImplementedError"):  # fmt: skip
        assert told in out
    assert notebook_of_a_learner.read_bytes() == before


@pytest.mark.slow
def test_check_passes_and_public_answers_that_are_only_printed_pass_it_too(tmp_path, capsys):
    """The learner's own check can be fooled by its learner: grading draws new numbers for that."""
    made = classroom.submission(classroom.right_answers())
    classroom.KINDS["prints_the_public_answers"][1](made)
    paths = []
    for name, notebook_ in (("hw3", classroom.submission(classroom.right_answers())), ("cheat", made)):
        paths.append(tmp_path / f"{name}.ipynb")
        paths[-1].write_text(json.dumps(notebook_), encoding="utf-8")
    assert main(["check", *map(str, paths)]) == 0
    assert capsys.readouterr().out.count("passed") == 8


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("{", "not a notebook"),
        ('{"cells": []}', "no homework of the course fits it"),
    ],
)
def test_nothing_to_check(tmp_path, capsys, text, told):
    path = tmp_path / "something.ipynb"
    if text is not None:
        path.write_text(text)
    assert main(["check", str(path), "--sandbox", "none"]) == 2
    assert told in " ".join(capsys.readouterr().out.split())


def test_without_bubblewrap_check_says_so_and_goes_on(without_bwrap, tmp_path, capsys):
    path = tmp_path / "hw3_layers.ipynb"
    notebook.write(path, notebook.read(classroom.HOMEWORK / "hw3_layers.ipynb"))
    assert main(["check", str(path)]) == 1  # nothing was attempted
    assert "sandbox: none: the notebook's code can read and change all" in capsys.readouterr().out


@pytest.mark.parametrize("lost", ["metadata", "name", "both"])
def test_a_homework_is_known_by_its_name_its_file_or_its_cells(tmp_path, capsys, lost):
    made = notebook.read(classroom.HOMEWORK / "hw3_layers.ipynb")
    if lost != "name":
        made["metadata"] = {}
    path = tmp_path / ("hw3_layers.ipynb" if lost == "metadata" else "hw3_layers (1).ipynb")
    notebook.write(path, made)
    assert main(["check", str(path), "--sandbox", "none"]) == 1
    assert "(hw3_layers)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_teachers_own_homework(tmp_path, capsys, monkeypatch):
    """Released, handed out, answered and checked; the solution is not there any more."""
    monkeypatch.setenv("COLUMNS", "250")
    solution = tiny(answer="n = 6", c={"metadata": {"tags": ["exercise-1", "check", "points-3"]}})
    notebook.write(tmp_path / "tiny.ipynb", solution)
    assert main(["release", str(tmp_path / "tiny.ipynb"), "--to", str(tmp_path / "handout")]) == 0
    (tmp_path / "tiny.ipynb").unlink()
    pristine = tmp_path / "handout" / "tiny.ipynb"
    (exercise,) = notebook.exercises(notebook.read(pristine))
    assert exercise.points == 3
    for answer, told, code in (("n = 2", "3 times too small", 1), ("n = 6", "passed", 0)):
        notebook.write(tmp_path / "mine.ipynb", tiny(answer=answer))
        assert main(["check", str(tmp_path / "mine.ipynb"), "--homework", str(pristine)]) == code
        assert told in capsys.readouterr().out
    notebook.write(tmp_path / "empty.ipynb", {"cells": []})
    assert main(["check", str(tmp_path / "mine.ipynb"), "--homework", str(tmp_path / "empty.ipynb")]) == 2
    assert "no exercise: expected code cells tagged" in capsys.readouterr().out
    notebook.write(tmp_path / "solution.ipynb", solution)
    assert main(["check", str(tmp_path / "mine.ipynb"), "--homework", str(tmp_path / "solution.ipynb")]) == 2
    assert "it is a solution" in capsys.readouterr().out
