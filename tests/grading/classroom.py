"""Made-up submissions of hw3: right ones, partly right ones, and one of every hostile kind.

Each hostile kind is a function that takes a right submission and spoils it, with the statuses that its
four exercises must get. In a hostile answer, the parts in {braces} are filled in by `fill`.
"""

import copy
import json
import os
from pathlib import Path

from backprop.grading import notebook, release

ROOT = Path(__file__).parents[2]
HOMEWORK = ROOT / "notebooks" / "homework"
SOLUTION = HOMEWORK / "solutions" / "hw3_layers.ipynb"
STUB = HOMEWORK / SOLUTION.name
ALL = "passed passed passed passed"


def right_answers(solution=SOLUTION):
    """{number: source} of a solution, without its marks."""
    answers = {}
    for exercise in notebook.exercises(notebook.read(solution)):
        lines = notebook.source(exercise.answer).split("\n")
        kept = [line for line in lines if line.strip() not in (release.BEGIN, release.END)]
        answers[exercise.number] = "\n".join(kept)
    return answers


def submission(answers, stub=HOMEWORK / SOLUTION.name):
    """A learner's notebook with these answers, run and saved: its outputs are there and mean nothing."""
    made = notebook.read(stub)
    for count, cell in enumerate(code(made), start=1):
        cell["execution_count"] = count
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "✓ right\n"}]
    for number, source in answers.items():
        answer(made, number)["source"] = source
    return made


def code(made):
    return [cell for cell in made["cells"] if cell["cell_type"] == "code"]


def answer(made, number):
    return next(cell for cell in made["cells"] if cell.get("id") == f"exercise-{number}-answer")


def check(made, number):
    return next(cell for cell in made["cells"] if cell.get("id") == f"exercise-{number}-check")


KINDS = {}  # name: (statuses, function)


def kind(statuses):
    def keep(function):
        KINDS[function.__name__] = (statuses.split(), function)
        return function

    return keep


def hostile_answer(name, status, source):
    """A kind whose first answer is this source; the other three stay right."""
    expected = [status.replace(" ", "_"), "passed", "passed", "passed"]
    KINDS[name] = (expected, lambda made: answer(made, 1).update(source=source))


def in_function(*lines):
    """An answer to exercise 1 that does this when the check calls it."""
    return "\n".join(["def affine_backward(x, W, dout):", *(f"    {line}" for line in lines)])


RIGHT_RETURN = "return dout @ W.T, x.T @ dout, dout.sum(axis=0)"


# files as learners leave them


@kind(ALL)
def all_right(made):
    pass


@kind("passed wrong not_attempted passed")
def partly_right(made):
    answer(made, 2)["source"] = "def sigmoid_backward(y, dout):\n    return -dout * y * (1 - y)"
    answer(made, 3)["source"] = notebook.source(answer(notebook.read(HOMEWORK / SOLUTION.name), 3))


@kind("wrong passed passed passed")
def edited_outputs(made):
    answer(made, 1)["source"] = in_function("return dout @ W.T, x.T @ dout, dout")
    wanted = check(notebook.read(STUB), 1)["metadata"]["expected"]
    check(made, 1)["outputs"][0]["text"] = json.dumps(wanted)
    check(made, 1)["metadata"]["expected"] = {}


@kind("wrong passed passed passed")
def nulled_execution_counts(made):
    answer(made, 1)["source"] = in_function("return dout @ W.T, dout.T @ x, dout.sum(axis=0)")
    for cell in code(made):
        cell.update(execution_count=None, outputs=[])


@kind(ALL)
def deleted_check(made):
    made["cells"].remove(check(made, 1))


@kind("cell_missing passed passed passed")
def deleted_answer(made):
    made["cells"].remove(answer(made, 1))


@kind("passed passed passed passed")
def doubled_ids(made):
    twin = copy.deepcopy(answer(made, 1))
    answer(made, 1)["source"] = in_function("return x, W, dout")
    made["cells"].append(twin)
    made["cells"].append(copy.deepcopy(check(made, 2)))


@kind(ALL)
def lost_ids(made):
    made["nbformat_minor"] = 4
    for cell in made["cells"]:
        del cell["id"]


@kind(ALL)
def lost_ids_and_tags(made):
    lost_ids(made)
    for cell in made["cells"]:
        cell["metadata"] = {}


@kind(ALL)
def extra_cells(made):
    for source in ("1 / 0", "np = None", "import os; os._exit(1)"):
        cell = {"cell_type": "code", "id": f"extra-{len(made['cells'])}", "metadata": {}, "source": source}
        made["cells"].insert(0, cell | {"outputs": [], "execution_count": None})


@kind(ALL)
def reordered_cells(made):
    made["cells"].reverse()


@kind(ALL)
def changed_kernelspec(made):
    made["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}


@kind(ALL)
def broken_metadata(made):
    made["metadata"] = None
    made["cells"] += [None, 7, {"cell_type": "code"}, {"cell_type": "code", "source": 5, "metadata": 3}]


# answers that don't want to be judged

hostile_answer("bash_answer", "raised", "%%bash\necho hello\ntouch /tmp/hello")
hostile_answer("infinite_loop", "timed out", in_function("while True:", "    pass"))
hostile_answer("swallowed_interrupt", "timed out", in_function(
    "while True:", "    try:", "        while True:", "            pass",
    "    except KeyboardInterrupt:", "        pass",
))  # fmt: skip
hostile_answer("memory_bomb", "out of memory", in_function("return np.ones(10**10), 0, 0"))
hostile_answer("slow_memory_bomb", "out of memory", in_function(
    "kept = []", "while True:", "    kept.append(np.ones(10**7))",
))  # fmt: skip
hostile_answer("os_exit", "kernel died", in_function("import os", "os._exit(0)"))
hostile_answer("segfault", "kernel died", in_function("import ctypes", "ctypes.string_at(0)"))
hostile_answer("sys_exit", "raised", in_function("import sys", "sys.exit(0)"))
hostile_answer("fork_bomb", "raised", in_function(
    "import os, time", "for _ in range(300):", "    if os.fork() == 0:",
    "        time.sleep(60)", "        os._exit(0)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("killed_parent", "passed", in_function(
    "import os, signal", "for process in (os.getppid(), 1, -1):", "    try:",
    "        os.kill(process, signal.SIGKILL)", "    except OSError:", "        pass", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("endless_output", "timed out", in_function("while True:", "    print('x' * 1000)"))
hostile_answer("one_long_output", "timed out", in_function("print('x' * 30_000_000)", RIGHT_RETURN))
hostile_answer("sparse_file", "raised", in_function(
    "with open('large', 'wb') as file:", "    file.truncate(200_000_000)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("many_files", "raised", in_function(
    "for i in range(40):", "    with open(f'part{i}', 'wb') as file:",
    "        file.write(bytes(1_000_000))", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("reads_the_solution", "raised", in_function(
    "import json", "cells = json.load(open({solution!r}))['cells']", "exec(''.join(cells[4]['source']))",
))  # fmt: skip
hostile_answer("reads_other_submissions", "raised", in_function(
    "import os", "os.listdir({folder!r})", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("writes_outside", "raised", in_function(
    "open({folder!r} + '/written', 'w').write('x')", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("writes_into_the_library", "raised", in_function(
    "import backprop", "open(backprop.__file__, 'a').write('')", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("network", "raised", in_function(
    "import socket", "socket.create_connection(('127.0.0.1', {port}), timeout=1)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer(
    "patched_numpy",
    "wrong or raised",
    in_function("return 0, 0, 0")
    + """
np.sum = np.exp = np.eye = np.where = np.abs = lambda *_, **__: 0
np.ndarray = list
""",
)
hostile_answer(
    "patched_library",
    "wrong",
    in_function("return 0, 0, 0")
    + """
Check.__call__ = lambda *_, **__: print("✓ right")
""",
)
hostile_answer(
    "patched_showtraceback",
    "raised",
    in_function("raise ValueError('hidden')")
    + """
get_ipython().showtraceback = lambda *_, **__: None
""",
)
hostile_answer(
    "equal_to_everything",
    "wrong",
    """
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __array__ = __getattr__ = lambda self, *_, **__: self

"""
    + in_function("return Equal(), Equal(), Equal()"),
)
hostile_answer("prints_a_lot", "passed", in_function("print('here', x)", RIGHT_RETURN))
hostile_answer("forged_message", "kernel died", in_function(
    "kernel = get_ipython().kernel", "parent = kernel.get_parent()",
    "kernel.session.send(kernel.iopub_socket, 'stream', content={'odd': 1}, parent=parent)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("skip_comment", "wrong", "# NBVAL_SKIP\n" + in_function("return 0, 0, 0"))
hostile_answer("message_with_html", "raised", in_function(
    "raise ValueError('<script>alert(1)</script>\\x1b[31m')",
))  # fmt: skip


@kind("wrong wrong wrong wrong")
def prints_the_public_answers(made):
    """Whatever a check is, what it printed with the public numbers comes out."""
    stub = notebook.read(STUB)
    texts = {n: json.dumps(check(stub, n)["metadata"]["expected"]) for n in (1, 2, 3, 4)}
    for number in texts:
        answer(made, number)["source"] = (
            f"texts = {texts!r}\n"
            "def cheat(lines):\n"
            "    for number, text in texts.items():\n"
            "        if f'check({number},' in ''.join(lines):\n"
            "            return [f'display(type(\"\", (), dict(__repr__=lambda self: {text!r}))())']\n"
            "    return lines\n"
            "get_ipython().input_transformers_post.append(cheat)\n"
        )


@kind("wrong raised passed passed")
def repeats_what_it_hears(made):
    """Says in an error what it finds of right answers: they must not come out."""
    answer(made, 1)["source"] = in_function("return 0, 0, 0")
    answer(made, 2)["source"] = (
        "import inspect\n"
        "def sigmoid_backward(y, dout):\n"
        "    raise ValueError(inspect.getsource(affine_backward))\n"
    )


@kind("wrong wrong passed passed")
def hands_over_what_it_hears(made):
    """The same, as a value that is none and by the names of values."""
    answer(made, 1)["source"] = in_function("return 0, 0, 0")
    answer(made, 2)["source"] = (
        "import inspect\n"
        "from backprop.homework import values\n"
        "def sigmoid_backward(y, dout):\n"
        "    heard = inspect.getsource(affine_backward)\n"
        "    values.plain = lambda value: {'refused': heard[-200:]}\n"
        "    return 0\n"
    )


@kind("wrong wrong wrong wrong")
def waits_for_the_right_answers(made):
    """Every answer is wrong by itself, and calls or runs whatever right answer it finds in the kernel."""
    names = ["affine_backward", "sigmoid_backward", "softmax_loss_backward", "network_gradients"]
    for number, name in enumerate(names, start=1):
        answer(made, number)["source"] = (
            f"found = globals().get({name!r})\n"
            "kept = getattr(np, 'kept', [])\n"
            "np.kept = kept\n"
            f"if found: kept.append(({number}, found))\n"
            f"for cell in In:\n"
            f"    if 'def {name}' in cell and 'kept' not in cell: exec(cell)\n"
            f"def {name}(*inputs):\n"
            f"    mine = [function for n, function in kept if n == {number}]\n"
            f"    return mine[0](*inputs) if mine else {{'W1': 0}} if {number} == 4 else (0, 0, 0)\n"
        )


def write_class(folder, kinds, outside, port):
    """Write one submission of each kind into a folder, and the files that are no notebooks.

    outside: a folder that hostile answers try to reach; port: where a server listens.
    Returns {learner: the statuses that are to be expected}.
    """
    expected = {}
    for name in kinds:
        statuses, spoil = KINDS[name]
        made = submission(right_answers())
        spoil(made)
        for number in (1, 2, 3, 4):
            cell = next((c for c in made["cells"] if c and c.get("id") == f"exercise-{number}-answer"), None)
            if cell and "{" in cell["source"]:
                fill(cell, outside, port)
        text = json.dumps(made).replace('"NUMBER"', "1" * 5000)
        code = "utf-8-sig" if name == "honest_byte_order_mark" else "utf-8"
        (folder / f"{name}.ipynb").write_text(text, encoding=code)
        expected[name] = [status.replace("_", " ") for status in statuses]
    return expected


def fill(cell, outside, port):
    """Put paths and the port into a hostile answer."""
    for part, value in {"{solution!r}": str(SOLUTION), "{folder!r}": str(outside), "{port}": port}.items():
        text = repr(value) if part.endswith("!r}") else str(value)
        cell["source"] = cell["source"].replace(part, text)


def write_broken_files(folder):
    """Files that are no notebooks. Returns {learner: the statuses that are to be expected}."""
    text = json.dumps(submission(right_answers()))
    (folder / "cut_off.ipynb").write_text(text[: len(text) // 2], encoding="utf-8")
    (folder / "not_a_notebook.ipynb").write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
    (folder / "a_list.ipynb").write_text("[1, 2]")
    (folder / "brackets.ipynb").write_text("[" * 100_000)
    (folder / "empty.ipynb").write_text("")
    (folder / "linked.ipynb").symlink_to(SOLUTION)
    os.mkfifo(folder / "pipe.ipynb")
    names = ["cut_off", "not_a_notebook", "a_list", "brackets", "empty", "linked", "pipe"]
    return dict.fromkeys(names, ["cell missing"] * 4)
