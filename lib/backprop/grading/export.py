"""A judged notebook by itself: plain pytest --nbval repeats its verdict, without the grader.

The seed stands in its first cell, the right values below each check, and a right answer after one that
is not: the exercises below build on it, as they do when they are graded.
"""

import json

from . import merge, notebook


def judged(homework, submission):
    """The notebook of a submission, merged, with the values of the first draw. All as dicts."""
    draw = homework.draws[0]
    exercises = homework.exercises()
    answers = merge.find_answers(exercises, submission, homework.pristine)
    cells = [_code("seed", f'import os\n\nos.environ["HOMEWORK_SEED"] = "{draw.seed}"')]
    for cell in homework.pristine["cells"]:
        number, source = notebook.number(cell), notebook.source(cell)
        if cell["cell_type"] != "code":
            cells.append({"cell_type": "markdown", "id": cell["id"], "metadata": {}, "source": source})
        elif number is None:
            cells.append(_code(cell["id"], source))
        elif "answer" in notebook.tags(cell):
            answer = answers[number]
            if answer.helpers:
                cells.append(_code(f"helpers-{number}", answer.helpers))
            cells.append(_code(cell["id"], answer.source or ""))
        else:
            cells.append(_code(cell["id"], source))
            cells.append(_judge(number, draw.expected[number]))
            cells.append(_code(f"right-{number}", homework.answers[number]))
    return homework.pristine | {"cells": cells}


def _judge(number, wanted):
    source = f"import json\n\ncheck.judged({number}, json.loads({json.dumps(json.dumps(wanted))}))"
    shown = {"text/plain": "\n".join(f"{name} is right" for name in wanted)}
    output = {"output_type": "display_data", "data": shown, "metadata": {}}
    return _code(f"judge-{number}", source) | {"execution_count": 1, "outputs": [output]}


def _code(id, source):
    return {"cell_type": "code", "id": id, "metadata": {}, "source": source,
            "execution_count": None, "outputs": []}  # fmt: skip
