"""Every attempt on the grader and every honest variant, graded as one class:

    python -m tests.grading.attempts [--sandbox none] [--processes 2] [names …]

Prints each with its statuses, and ends with 1 where one is not as it should be. tests/grading/test_hostile.py
runs some of them; these take minutes.
"""

import argparse
import json
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

from backprop.grading import notebook
from backprop.grading.command import main as homework

from tests.grading import classroom
from tests.grading.classroom import ALL, RIGHT_RETURN, answer, check, hostile_answer, in_function, kind

ZEROS = "return 0 * x, 0 * W, 0 * dout[0]"
RECORD = (
    'json.dumps({"exercise": 1, "values": {n: {"shape": [2], "numbers": [0.0, 0.0]} for n in '
    '("dx", "dW", "db")}, "data": "{}"})'
)


def zeros_and(*lines):
    """An answer that is 0 everywhere, and top-level lines that should make it pass."""
    return in_function(ZEROS) + "\n" + "\n".join(lines)


def system_call(number, *arguments):
    """An answer that makes a system call (x86-64) and raises where it is refused."""
    given = ", ".join(map(str, (number, *arguments)))
    return in_function(
        "import ctypes, os", "libc = ctypes.CDLL(None, use_errno=True)", f"found = libc.syscall({given})",
        "if found < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))", RIGHT_RETURN,
    )  # fmt: skip


# verdicts forged inside the kernel: there is nothing in it to forge them with

WRONG = {
    "check_adds_what_is_wanted": zeros_and(
        "_c = Check.__call__",
        "Check.__call__ = lambda s, n, *, wanted=None, **g: _c(s, n, **{**g, **(wanted or {})})"),
    "values_patched": zeros_and("from backprop.homework import values",
                                "values.plain = lambda value: {'shape': [0], 'numbers': []}"),
    "reasons_patched": zeros_and("from backprop.homework import diagnose",
                                 "diagnose.reasons = lambda *_, **__: {}"),
    "explain_patched": zeros_and("from backprop.homework import diagnose",
                                 "diagnose.explain = lambda *_, **__: ''",
                                 "diagnose.agree = lambda *_: True"),
    "settrace": zeros_and("import sys", "sys.settrace(lambda frame, *_: frame.f_locals.update(wrong={}))"),
    "profiles": zeros_and("import sys", "sys.setprofile(lambda frame, *_: frame.f_locals.clear())"),
    "ast_transformer": zeros_and(
        "import ast", "class Drop(ast.NodeTransformer):",
        "    def visit_Call(self, node):",
        "        return ast.Constant(True) if getattr(node.func, 'id', '') == 'check' else node",
        "get_ipython().ast_transformers.append(Drop())"),
    "pre_run_cell": zeros_and("get_ipython().events.register('pre_run_cell',",
                              "    lambda *_: globals().update(check=lambda *a, **k: None))"),
    "post_run_cell": zeros_and("import json", "from IPython.display import display",
                               "get_ipython().events.register('post_run_cell', lambda *_: "
                               f"display(type('', (), {{'__repr__': lambda s: {RECORD}}})()))"),
    "forged_idle": in_function(
        "kernel = get_ipython().kernel",
        "kernel.session.send(kernel.iopub_socket, 'status', content={'execution_state': 'idle'},",
        "                    parent=kernel.get_parent())", ZEROS),
    "forged_record": "import json\nfrom IPython.display import display\n" + in_function(
        f"display(type('', (), {{'__repr__': lambda s: {RECORD}}})())", ZEROS),
    "forged_record_without_end": "from IPython.display import display\n" + in_function(
        "display(type('', (), {'__repr__': lambda s: '[' * 100000})())", ZEROS),
    "record_says_right": zeros_and("import json", "json.dumps = lambda *_, **__: "
                                   "'{\"exercise\": 1, \"values\": {}, \"status\": \"passed\"}'"),
    "number_that_is_always_less": "class Yes(int):\n    __le__ = __lt__ = __ge__ = __gt__ = __eq__ = "
                                  "lambda s, o: True\n    __hash__ = int.__hash__\n\n"
                                  + in_function("return Yes(), Yes(), Yes()"),
    "float_that_reads_the_frame": "import sys\nclass Reads(np.float64):\n    def __float__(self):\n"
                                  "        f = sys._getframe(1)\n        while f:\n"
                                  "            w = f.f_locals.get('wanted')\n"
                                  "            if w is not None: return float(w)\n            f = f.f_back\n"
                                  "        return 0.0\n\n" + in_function("return Reads(), Reads(), Reads()"),
    "array_with_its_own_ufuncs": "class Mine(np.ndarray):\n    def __array_ufunc__(self, *_, **__):\n"
                                 "        return np.array(True)\n\n"
                                 + in_function("return x.view(Mine), W.view(Mine), dout[0].view(Mine)"),
    "array_of_objects": in_function("return np.array([x, None], dtype=object), 0, 0"),
    "array_of_records": in_function("return np.zeros(3, dtype=[('a', 'f8')]), 0, 0"),
    "memory_map": in_function("found = np.memmap('map', mode='w+', shape=x.shape, dtype=float)",
                              "return found, 0, 0"),
    "matrix": in_function("return np.matrix(dout @ W.T), x.T @ dout, dout.sum(axis=0)"),
    "not_numbers": in_function("return x * np.nan, W * np.inf, dout[0] * 1e308"),
    "complex_numbers": in_function("return dout @ W.T + 0j, 0, 0"),
    "four_hundred_digits": in_function("return 10**400, [10**400], 10**4000"),
    "code_as_text": in_function("return '__import__(\"os\").system(\"id\")', b'x', lambda: 0"),
    "a_million_numbers": in_function("return np.zeros(10**6), 0, 0"),
    "type_with_a_long_name": in_function("return type('<script>' * 10000, (), {})(), 0, 0"),
    "repr_without_end": "class Loop:\n    def __repr__(self):\n        while True: pass\n\n"
                        + in_function("return Loop(), Loop(), Loop()"),
    "draws_nothing_but_zeros": zeros_and(
        "class Zeros(np.random.Generator):",
        "    def normal(self, *_, size=None, **__): return np.zeros(size)",
        "check.rng = lambda n: Zeros(np.random.PCG64())"),
    "public_seed": zeros_and("check.seed = 2026"),
    "released_values": zeros_and(
        "from backprop.homework.check import expected_values", "found = expected_values('hw3_layers')[1]",
        "_c = Check.__call__",
        "Check.__call__ = lambda s, n, **g: _c(s, n, **({**found} if n == 1 else g))"),
    "searches_memory": zeros_and("import gc", "found = [o for o in gc.get_objects() if isinstance(o, dict) "
                                 "and 'dW' in o and 'expected' in str(o)[:99]]"),
    "walks_frames": "import sys\n" + in_function(
        "frame, seen = sys._getframe(), []", "while frame:",
        "    seen += [v for k, v in frame.f_locals.items() if k in ('wanted', 'expected', 'ref')]",
        "    frame = frame.f_back", "return (seen + [0 * x])[0], 0 * W, 0 * dout[0]"),
    "late_thread": zeros_and(
        "import json, threading, time", "from IPython.display import display", "def late():",
        "    time.sleep(0.3)", f"    display(type('', (), {{'__repr__': lambda s: {RECORD}}})())",
        "threading.Thread(target=late).start()"),
    "display_patched": zeros_and("import IPython.display", "IPython.display.display = lambda *_, **__: None"),
    "module_replaced": zeros_and("import sys, types", "sys.modules['backprop.homework.diagnose'] = "
                                 "types.SimpleNamespace(reasons=lambda *_, **__: {})"),
    "builtins_patched": zeros_and("import builtins", "builtins.sorted = lambda *_, **__: []"),
    "seen_in_the_environment": zeros_and("import os", "os.environ['HOMEWORK_PART'] = 'judge'",
                                         "check.graded = False", "check.expected = {1: {}}"),
    "raises_what_hands_over": "from backprop.homework.check import HandedOver\n" + in_function(
        "raise HandedOver('the check goes on elsewhere')"),
    "answer_rounded": in_function(
        "return np.round(dout @ W.T, 2), np.round(x.T @ dout, 2), np.round(dout.sum(axis=0), 2)"),
    "right_up_to_a_thousandth": in_function("return 1.001 * (dout @ W.T), x.T @ dout, dout.sum(axis=0)"),
    "too_many_values_in_one": in_function("return (dout @ W.T)[None], x.T @ dout, dout.sum(axis=0)"),
}  # fmt: skip
OTHERWISE = {  # what spoils its own kernel by the way
    "raises_what_hands_over": "raised", "pre_run_cell": "raised", "profiles": "wrong or kernel died",
    "record_says_right": "kernel died",
}  # fmt: skip
for _name, _source in WRONG.items():
    hostile_answer(_name, OTHERWISE.get(_name, "wrong"), _source)

# what the sandbox must hold; 248 add_key, 250 keyctl, 165 mount, 272 unshare, 56 clone, 101 ptrace, …

RAISED = {
    "keyring_add": system_call(248, 'b"user"', 'b"solution"', 'b"x"', 1, -3),
    "keyring_join": system_call(250, 1, 'b"shared"'),
    "keyring_search": system_call(249, 'b"user"', 'b"solution"', 0, -3),
    "mounts": system_call(165, 'b"none"', 'b"."', 'b"tmpfs"', 0, 0),
    "user_name_space": system_call(272, 0x10000000),
    "clone_name_space": system_call(56, 0x10000000 | 17, 0, 0, 0, 0),
    "traces": system_call(101, 0, 0, 0, 0),
    "memfd": in_function("import os", "os.memfd_create('x')", RIGHT_RETURN),
    "system_v_memory": system_call(29, 0, 100_000_000, 0o1600),
    "message_queue": system_call(68, 0, 0o1600),
    "posix_queue": system_call(240, 'b"queue"', 0o102, 0o600, 0),
    "semaphores": system_call(64, 0, 10, 0o1600),
    "bpf": system_call(321, 0, 0, 0),
    "io_uring": system_call(425, 8, 0),
    "perf_events": system_call(298, 0, 0, -1, -1, 0),
    "changes_root": in_function("import os", "os.chroot('.')", RIGHT_RETURN),
    "becomes_root": in_function("import os", "os.setuid(0)", "open('/usr/x', 'w')", RIGHT_RETURN),
    "raises_its_limits": in_function("import resource", "r = resource.RLIMIT_AS",
                                     "resource.setrlimit(r, (resource.RLIM_INFINITY,) * 2)", RIGHT_RETURN),
    "reads_passwords": in_function("open('/etc/passwd').read()", RIGHT_RETURN),
    "reads_memory_of_the_machine": in_function("open('/dev/mem', 'rb').read(1)", RIGHT_RETURN),
    "reads_the_parents_environment": in_function(
        "import os", "found = [p for p in os.listdir('/proc') if p.isdigit() and int(p) > 5000]",
        "open(f'/proc/{(found or [99999])[0]}/environ').read()", RIGHT_RETURN),
    "fills_shared_memory": in_function(
        "for i in range(9):", "    open(f'/dev/shm/{i}', 'wb').write(bytes(10_000_000))", RIGHT_RETURN),
    "asks_for_input": in_function("input('the answer? ')", RIGHT_RETURN),
    "interrupts_itself": in_function("raise KeyboardInterrupt"),
    "abstract_socket": in_function(
        "import socket", "socket.socket(socket.AF_UNIX).connect('\\0judge')", RIGHT_RETURN),
    "contains_itself": in_function("found = []", "found.append(found)", "return found, 0, 0"),
    "brackets_in_the_source": "(" * 15_000,
    "too_few_values": in_function("return dout @ W.T, x.T @ dout"),
    "nothing_returned": in_function("dout @ W.T"),
    "knows_the_check": in_function("return tuple(check.expected[1].values())"),
}  # fmt: skip
for _name, _source in RAISED.items():
    hostile_answer(_name, "raised", _source)

hostile_answer("minus_signs_in_the_source", "raised or out of memory", "-" * 15_000 + "1\n")
hostile_answer("many_threads", "raised or kernel died", in_function(
    "import threading, time", "for _ in range(300):",
    "    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("sleeps", "timed out", in_function("import time", "time.sleep(60)", RIGHT_RETURN))
hostile_answer("loops_in_c", "timed out", in_function("sum(range(10**12))", RIGHT_RETURN))
hostile_answer("regular_expression", "timed out", in_function(
    "import re", "re.match('(a+)+$', 'a' * 40 + 'b')", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("message_without_end", "timed out", (
    "class Endless(Exception):\n    def __str__(self):\n        while True: pass\n\n"
) + in_function("raise Endless"))  # fmt: skip
hostile_answer("message_of_30_mb", "timed out", in_function("raise ValueError('x' * 30_000_000)"))
hostile_answer("flood_of_comms", "timed out", in_function(
    "kernel = get_ipython().kernel", "parent = kernel.get_parent()", "for _ in range(30000):",
    "    kernel.session.send(kernel.iopub_socket, 'comm_msg', content={'data': 'x' * 1000}, parent=parent)",
    RIGHT_RETURN,
))  # fmt: skip
hostile_answer("kills_itself", "kernel died", in_function("import os", "os.kill(os.getpid(), 9)"))
hostile_answer("closes_its_sockets", "kernel died or timed out", in_function(
    "import os", "os.closerange(3, 256)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("becomes_another_program", "kernel died", in_function(
    "import os", "os.execv('/bin/true', ['true'])",
))  # fmt: skip
hostile_answer("children_that_eat", "out of memory or timed out", in_function(
    "import os, time", "for _ in range(4):", "    if os.fork() == 0:",
    "        kept = np.ones(4 * 10**7)", "        time.sleep(30)", "time.sleep(30)",
))  # fmt: skip
hostile_answer("shared_memory_of_children", "out of memory or timed out or raised", in_function(
    "import mmap, os, time", "for _ in range(4):", "    if os.fork() == 0:",
    "        kept = mmap.mmap(-1, 400_000_000)", "        kept.write(bytes(400_000_000))",
    "        time.sleep(30)", "time.sleep(30)",
))  # fmt: skip
hostile_answer("folders_full_of_files", "raised or kernel died", in_function(
    "import contextlib, os, sys", "place = os.path.dirname(sys.argv[-1])",
    "with contextlib.suppress(OSError): os.chmod(place, 0o700)", "for i in range(30):",
    "    os.makedirs(f'{place}/a/b/c{i}')", "    open(f'{place}/a/b/c{i}/f', 'wb').write(bytes(1_000_000))",
    "import time; time.sleep(1)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("closed_folders", "raised or passed", in_function(
    "import contextlib, os, sys", "place = os.path.dirname(sys.argv[-1])",
    "with contextlib.suppress(OSError): os.chmod(place, 0o700)",
    "with contextlib.suppress(OSError): os.makedirs(f'{place}/a/b')",
    "with contextlib.suppress(OSError): os.chmod(f'{place}/a/b', 0)",
    "with contextlib.suppress(OSError): os.chmod(f'{place}/a', 0)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("orphans", "passed", in_function(
    "import os, time", "for _ in range(10):", "    if os.fork() == 0:", "        os.setsid()",
    "        if os.fork() == 0: time.sleep(300)", "        os._exit(0)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("list_in_a_display", "passed", "from IPython.display import display\n" + in_function(
    "display({'application/json': [1, [2]], 'text/plain': [3]}, raw=True)", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("half_a_letter_in_a_message", "wrong or raised", in_function("raise ValueError('\\ud800')"))
hostile_answer("half_a_letter_printed", "passed or raised or kernel died", in_function(
    "print('\\ud800')", RIGHT_RETURN,
))  # fmt: skip
hostile_answer("half_a_letter_displayed", "passed or raised or kernel died", (
    "from IPython.display import display\n"
) + in_function("display({'text/plain': '\\udfff'}, raw=True)", RIGHT_RETURN))  # fmt: skip
hostile_answer("the_librarys_own_layer", "passed", in_function(
    "from backprop import Affine", "layer = Affine(W, dout[0] * 0)", "layer.forward(x)",
    "return layer.backward(dout), layer.grads['W'], layer.grads['b']",
))  # fmt: skip
hostile_answer("measured_not_derived", "passed", in_function(
    "from backprop import numerical_gradient as g", "f = lambda _: np.sum(dout * (x @ W))",
    "return g(f, x.copy()) * 0 + dout @ W.T, g(f, W), dout.sum(axis=0)",
))  # fmt: skip


@kind("raised passed passed passed")
def draws_spoiled(made):
    """The first answer spoils the draws of all checks; the others are right in kernels of their own."""
    answer(made, 1)["source"] = zeros_and("np.random.default_rng = lambda *_: None")


@kind("passed passed passed wrong")
def one_key_too_many(made):
    answer(made, 4)["source"] = answer(made, 4)["source"].replace(', "b2": db2}', ', "b2": db2, "loss": 0}')


@kind("wrong passed passed passed")
def input_overwritten(made):
    answer(made, 1)["source"] = in_function("dout *= 2", RIGHT_RETURN)


@kind("raised passed passed passed")
def half_a_letter_in_the_source(made):
    answer(made, 1)["source"] = "raise ValueError('\ud800')"


@kind(ALL)
def ids_that_are_lists(made):
    for number in (1, 2):
        answer(made, number)["id"] = ["exercise", number]
    made["cells"].append({"cell_type": "code", "id": {"a": 1}, "source": "1", "metadata": {}})


@kind(ALL)
def numbers_of_5000_digits(made):
    made["cells"][0]["metadata"]["n"] = "NUMBER"  # written without quotes


@kind("cell_missing cell_missing cell_missing cell_missing")
def another_homework(made):
    made["metadata"]["homework"]["name"] = "hw1_apples_and_tangerines"


# answers that misuse the way in which earlier exercises are answered outside: answer 1 is wrong, 4 asks


def asking_answer(name, status, *lines):
    """A kind whose first answer is wrong and whose fourth, which may ask for it, does this."""
    source = "def network_gradients(x, t, W1, b1, W2, b2):\n    affine_backward"

    def spoil(made):
        answer(made, 1)["source"] = in_function(ZEROS)
        answer(made, 4)["source"] = "\n".join([source, *(f"    {line}" for line in lines)])

    classroom.KINDS[name] = (["wrong", "passed", "passed", status.replace(" ", "_")], spoil)


ASKING = {
    "asks_for_the_judged_answer": "return check.asks('network_gradients')(x, t, W1, b1, W2, b2)",
    "asks_for_exec": "return check.asks('exec')('import os')",
    "asks_for_builtins": "return check.asks('__builtins__')",
    "asks_for_another_answer": "return check.asks('sigmoid_backward')(x, x)",
    "asks_with_code": "return affine_backward(lambda: 0, W1, x)",
    "asks_with_wrong_shapes": "return affine_backward(x, W1, x[None, None])",
    "asks_for_25_million_numbers": "return affine_backward(np.ones((9, 1)), np.ones((5000, 1)), "
                                   "np.ones((5000, 1)))",
}  # fmt: skip
for _name, _line in ASKING.items():
    asking_answer(_name, "raised", _line)
asking_answer("asks_with_half_a_question", "wrong", "return {'W1': input('{')}")
asking_answer("asks_with_brackets_without_end", "wrong", "return {'W1': input('[' * 100_000)}")
asking_answer("asks_with_an_array_of_objects", "wrong", "return {'W1': input("
              "'[\"affine_backward\", [{\"array\": [[1]], \"dtype\": \"object\"}], {}]')}")  # fmt: skip
asking_answer("asks_with_half_a_letter", "wrong or raised or kernel died", "return {'W1': input('\\ud800')}")
asking_answer("asks_with_2_mb", "timed out", "return {'W1': input('x' * 2_000_000)}")
asking_answer("asks_without_end", "timed out", "while True: affine_backward(x, W1, x @ W1)")
asking_answer("asks_from_a_thread", "wrong or raised or timed out or kernel died",
              "import threading", "threading.Thread(target=input, args=('{',)).start()",
              "return {'W1': input('{')}")  # fmt: skip
asking_answer("asks_and_hears_no_code", "wrong", "import inspect", "return {'W1': inspect.getsource("
              "affine_backward)}")  # fmt: skip


@kind("wrong passed passed passed")
def asks_honestly(made):
    """The fourth answer is right: its calls of the first are answered outside."""
    answer(made, 1)["source"] = in_function(ZEROS)


# honest work, each all right

HONEST = {
    "float32": in_function("x, W, dout = (a.astype(np.float32) for a in (x, W, dout))", RIGHT_RETURN),
    "lists": in_function("return (dout @ W.T).tolist(), (x.T @ dout).tolist(), list(dout.sum(axis=0))"),
    "a_list_of_three": in_function("return [dout @ W.T, x.T @ dout, dout.sum(axis=0)]"),
    "a_lambda": "affine_backward = lambda x, W, dout: (dout @ W.T, x.T @ dout, dout.sum(axis=0))",
    "einsum": in_function("return np.einsum('nm,dm->nd', dout, W), np.einsum('nd,nm->dm', x, dout), "
                          "np.einsum('nm->m', dout)"),
    "loops": in_function(
        "dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(W.shape[1])",
        "for n in range(len(x)):", "    for m in range(W.shape[1]):", "        db[m] += dout[n, m]",
        "        for d in range(len(W)):", "            dx[n, d] += dout[n, m] * W[d, m]",
        "            dW[d, m] += x[n, d] * dout[n, m]", "return dx, dW, db"),
    "debug_prints": in_function("print(x, W, dout)", RIGHT_RETURN),
    "annotated": "def affine_backward(x: np.ndarray, W: np.ndarray, dout: np.ndarray) -> tuple:\n"
                 "    '''The backward pass.'''\n    " + RIGHT_RETURN,
    "magics": "%matplotlib inline\n" + in_function(RIGHT_RETURN),
    "times_itself": in_function(RIGHT_RETURN) + "\n%timeit -n1 -r1 np.ones(3)",
    "default_arguments": "def affine_backward(x, W, dout, *, debug=False):\n    " + RIGHT_RETURN,
    "a_class": "class Layer:\n    def __call__(self, x, W, dout):\n        " + RIGHT_RETURN
               + "\n\naffine_backward = Layer()",
    "decorated": "import functools\n\n@functools.lru_cache(None)\ndef answer():\n    return 1\n\n"
                 + in_function("answer()", RIGHT_RETURN),
    "a_figure": "import matplotlib.pyplot as plt\n" + in_function(RIGHT_RETURN)
                + "\nplt.plot([1, 2])\nplt.show()",
    "warns": in_function("import warnings", "warnings.warn('careful')", RIGHT_RETURN),
    "nbval_comment": "# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n" + in_function(RIGHT_RETURN),
    "imports_all": "from backprop import *\n" + in_function(RIGHT_RETURN),
    "tabs": "def affine_backward(x, W, dout):\n\t" + RIGHT_RETURN,
    "windows_lines": in_function("a = 1", RIGHT_RETURN).replace("\n", "\r\n"),
    "overwrites_a_copy": in_function("dout = dout.copy()", "dout *= 1", RIGHT_RETURN),
    "overwrites_and_is_right": in_function("result = dout @ W.T, x.T @ dout, dout.sum(axis=0)", "dout *= 0",
                                           "return result"),
    "fortran_order": in_function("return np.asfortranarray(dout @ W.T), (dout.T @ x).T, dout.sum(axis=0)"),
    "strict_numpy": "np.seterr(all='raise')\nnp.set_printoptions(precision=2)\n" + in_function(RIGHT_RETURN),
    "displays": "from IPython.display import display, HTML\n" + in_function(
        "display(HTML('<b>here</b>'))", RIGHT_RETURN),
    "korean": "# 역전파\n" + in_function(
        "기울기 = x.T @ dout", "return dout @ W.T, 기울기, dout.sum(axis=0)"),
}  # fmt: skip
for _name, _source in HONEST.items():
    hostile_answer(f"honest_{_name}", "passed", _source)


def extra(made, source, tags=(), below=None):
    """Put a cell of the learner's own above all others, or below an answer."""
    cell = {"cell_type": "code", "id": f"own-{len(made['cells'])}", "source": source, "outputs": [],
            "execution_count": None, "metadata": {"tags": list(tags)}}  # fmt: skip
    made["cells"].insert(0 if below is None else made["cells"].index(answer(made, below)) + 1, cell)


@kind(ALL)
def honest_split_cell(made):
    whole = in_function("dx = dout @ W.T", "return dx, x.T @ dout, dout.sum(axis=0)").split("\n")
    answer(made, 1)["source"] = "\n".join(whole[:2])
    extra(made, "\n".join(whole[2:]), ["exercise-1", "answer"], below=1)


@kind(ALL)
def honest_new_version_below(made):
    answer(made, 1)["source"] = in_function("return 0, 0, 0")
    extra(made, in_function(RIGHT_RETURN), below=1)


@kind(ALL)
def honest_answer_in_an_own_cell(made):
    answer(made, 1)["source"] = notebook.source(answer(notebook.read(classroom.STUB), 1))
    extra(made, in_function(RIGHT_RETURN))


@kind(ALL)
def honest_helper_elsewhere(made):
    extra(made, "def times(a, b):\n    return product(a, b)\n\ndef product(a, b):\n    return a @ b")
    answer(made, 1)["source"] = in_function("return times(dout, W.T), times(x.T, dout), dout.sum(axis=0)")


@kind(ALL)
def honest_import_elsewhere(made):
    extra(made, "import numpy.linalg as la, math\nHALF = 0.5\nHALF = HALF * 2")
    answer(made, 1)["source"] = in_function(
        "la.norm(x)", "return HALF * (dout @ W.T), x.T @ dout, dout.sum(axis=0)"
    )


@kind("wrong passed passed passed")
def honest_helper_in_a_wrong_answer(made):
    """Answer 4 uses a helper of answer 1, which is wrong: the helper stays."""
    answer(made, 1)["source"] = "def mine(a):\n    return a\n\n" + in_function("return 0 * x, W, dout[0]")
    answer(made, 4)["source"] = answer(made, 4)["source"].replace("return {", "return mine(1) and {")


@kind(ALL)
def honest_old_format(made):
    for cell in made["cells"]:
        del cell["id"]
        cell["source"] = notebook.source(cell).splitlines(keepends=True)
    made["nbformat_minor"] = 2


@kind(ALL)
def honest_byte_order_mark(made):
    made["metadata"]["bom"] = True  # written with one


def main():
    """Grade them, and say of each whether it got what it should."""
    parser = argparse.ArgumentParser(description="Grade every attempt and every honest variant.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sandbox", default="bwrap")
    parser.add_argument("--processes", default="2")
    parser.add_argument("--sample", type=int, help="that many of them, drawn at random")
    parser.add_argument("--seed", help="of the sample")
    options = parser.parse_args()
    names = options.names or list(classroom.KINDS)
    if options.sample:
        names = random.Random(options.seed).sample(names, min(options.sample, len(names)))
    place = Path(tempfile.mkdtemp(prefix="attempts-"))
    os.chmod(place, 0o755)
    (place / "submissions").mkdir()
    (place / "outside").mkdir()
    solution = place / classroom.SOLUTION.name
    shutil.copy(classroom.SOLUTION, solution)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        expected = classroom.write_class(place / "submissions", names, place / "outside", port)
        if not options.names and not options.sample:
            expected |= classroom.write_broken_files(place / "submissions")
        homework(["grade", str(place / "submissions"), "--solution", str(solution), "--to",
                  str(place / "out"), "--sandbox", options.sandbox, "--processes", options.processes,
                  "--seconds", "5", "--memory", "1000", "--seed", "7"])  # fmt: skip
    seconds, found = time.monotonic() - started, {}
    for row in json.loads((place / "out" / "results.json").read_text("utf-8")):
        found.setdefault(row["learner"], []).append(row)
    wrong = 0
    for name, statuses in expected.items():
        rows = found.get(name, [])
        fits = len(rows) == len(statuses) and all(
            row["status"] in status.split(" or ") for row, status in zip(rows, statuses, strict=True)
        )
        wrong += not fits
        first = rows[0] if rows else {"reason": "not there"}
        told = ", ".join(row["status"] for row in rows)
        verdict = "as it should be" if fits else f"EXPECTED {statuses}"
        print(verdict, name, told, first["reason"][:90], sep=" | ")
    print(f"{len(expected)} submissions, {wrong} not as they should be, {seconds:.0f} s, user {os.getuid()}")
    left = [path for path in os.listdir(tempfile.gettempdir()) if path.startswith(f"hw-{os.getpid()}-")]
    print(f"left in the temporary folder: {left or 'nothing'}")
    shutil.rmtree(place)
    return 1 if wrong or left else 0


assert check is not None  # what spoils a check stands in classroom.py

if __name__ == "__main__":
    sys.exit(main())
