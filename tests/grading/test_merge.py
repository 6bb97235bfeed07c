"""Answers are found wherever they are, and only they are taken."""

import os

import classroom
import pytest
from backprop.grading import merge, notebook

STUB = notebook.read(classroom.HOMEWORK / classroom.SOLUTION.name)
EXERCISES = notebook.exercises(STUB)


def find(made):
    return merge.find_answers(EXERCISES, made)


def test_a_stub_is_not_attempted():
    assert {a.attempted for a in find(STUB).values()} == {False}
    made = classroom.submission({1: notebook.source(classroom.answer(STUB, 1)) + "  \n\n"})
    assert not find(made)[1].attempted
    classroom.answer(made, 1)["source"] = "   \n"
    assert not find(made)[1].attempted


@pytest.mark.parametrize("source", [None, 3, {"a": 1}, ["x", 4]])
def test_a_source_that_is_no_text_is_empty(source):
    made = classroom.submission(classroom.right_answers())
    classroom.answer(made, 1)["source"] = source
    assert not find(made)[1].attempted


def test_the_last_written_of_several_cells_counts():
    made = classroom.submission({1: "first"})
    for source in ("second", notebook.source(classroom.answer(STUB, 1))):
        made["cells"].append({"cell_type": "code", "id": "exercise-1-answer", "source": source})
    assert find(made)[1].source == "second"
    assert "2 cells" in find(made)[1].note


def test_an_answer_in_a_cell_of_ones_own_counts_where_the_answer_cell_is_untouched():
    made = classroom.submission({})
    made["cells"].append({"cell_type": "code", "id": "mine", "source": classroom.in_function("return 0")})
    assert find(made)[1].source == classroom.in_function("return 0")
    classroom.answer(made, 1)["source"] = "def affine_backward(): pass"
    assert find(made)[1].source == "def affine_backward(): pass"


def test_a_check_that_only_calls_is_not_taken_for_the_answer():
    made = classroom.submission(classroom.right_answers())
    made["cells"] = [cell for cell in made["cells"] if cell.get("id") != "exercise-1-answer"]
    assert find(made)[1].source is None


def test_a_run_alone_never_holds_its_own_right_answer():
    right = classroom.right_answers()
    expected = dict.fromkeys(right, "")
    for number in right:
        cells = merge.alone(STUB, number, "mine", right, expected)
        sources = [cell.source for cell in cells]
        assert right[number] not in sources
        assert [right[n] in sources for n in right] == [n < number for n in right]
        assert cells[-1].id == f"exercise-{number}-check"


def test_an_answer_with_a_helper_elsewhere_is_told_so():
    made = classroom.submission({1: "def affine_backward(*a):\n    return helper(*a)"})
    made["cells"].append({"cell_type": "code", "id": "mine", "source": "def helper(*a): ..."})
    assert merge.elsewhere("helper", EXERCISES, made)
    assert not merge.elsewhere("affine_backward", EXERCISES, made)


@pytest.mark.parametrize("source", ["def f(", "%%bash\nls", "\0", "(" * 3000, "x" * 10**6 + "("])
def test_no_source_can_stop_the_search(source):
    assert merge.defined(source) == set()


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.ipynb"
    with open(path, "wb") as file:
        file.truncate(notebook.LARGEST + 1)
    with pytest.raises(notebook.Unreadable, match="larger than 20 MB"):
        notebook.read(path)


def test_a_folder_is_not_a_notebook(tmp_path):
    with pytest.raises(notebook.Unreadable, match="not a regular file"):
        notebook.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_make_us_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(notebook.Unreadable, match="not a regular file"):
        notebook.read(tmp_path / "pipe.ipynb")
