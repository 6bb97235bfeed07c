"""Change the code in one place at a time; the tests that reach the place must notice.

    python -m tests.mutants core                             lib/backprop/*.py
    python -m tests.mutants panels --sample 200 --seed 1     explore/ and chapters/
    python -m tests.mutants grading --sample 200 --seed 1    homework/ and grading/
    python -m tests.mutants core --only layers.py:60         what stands in that line
    python -m tests.mutants core --list                      the mutants, without running a test
    python -m tests.mutants panels --seconds 60              the tests for one mutant; then it survives
    python -m tests.mutants panels --reach reach.json        keep there what the tests reach, or take it

No change is made for the sake of one piece of code: the rules below are applied wherever they fit.
Texts (strings with a space in them), messages of errors, docstrings, annotations and imports stay as
they are.

Works on copies of the repository. First every test runs once under coverage, to learn which lines it
reaches. Then each mutant runs in a forked child that has the large libraries imported already: the tests
that reach the line, the fastest first, until one fails or takes far too long. A test that starts
processes may reach any line, so these come last; where one fails, it must pass again without the change.
The core's slow tests are left out.

A survivor that no test can kill, because it does the same as the original, is named in
mutants_equivalent.toml with the reason; it counts neither as killed nor as survived. The exit code is
1 if fewer than the goal are killed, or if tests fail without any change. Needs Linux or macOS.
"""

import argparse
import ast
import collections
import contextlib
import copy
import ctypes
import functools
import gc
import importlib
import json
import math
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from dataclasses import dataclass
from pathlib import Path

import coverage
import psutil
import pytest

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.toml")
AT_ONCE = 2
BROKEN = 70  # exit code of a child that fails outside of the tests
MEMORY = 8_000_000_000  # bytes that a mutant may reserve
CORE = ["functions", "numerical", "graph", "layers", "network", "training", "mnist", "public", "seed_figures"]
REPOSITORY = ["house", "notebooks", "mutants"]  # tests of the repository's own order, not of the library
# group -> its files, its tests (a leading "!" leaves out), of these those with the marks, the goal in %
GROUPS = {
    "core": (["lib/backprop/*.py"], [f"tests/test_{name}.py" for name in CORE], "not slow", 98.5),
    "panels": (
        ["lib/backprop/explore/**/*.py", "lib/backprop/chapters/**/*.py"],
        ["tests/test_*.py", "tests/chapters/**/test_*.py", "tests/explore/**/test_*.py",
         *(f"!tests/test_{name}.py" for name in CORE + REPOSITORY)], "", 85.0,
    ),
    "grading": (
        ["lib/backprop/homework/**/*.py", "lib/backprop/grading/**/*.py"],
        ["tests/homework/**/test_*.py", "tests/grading/**/test_*.py"], "", 85.0,
    ),
}  # fmt: skip
# imported before the first fork, so that no child pays for them; never the library itself
LARGE = [
    "numpy", "numpy.testing", "hypothesis.extra.numpy", "threadpoolctl", "matplotlib.figure",
    "matplotlib.backends.backend_agg", "PIL.Image", "PIL.PngImagePlugin", "ipywidgets", "anywidget",
    "IPython", "nbformat", "jupyter_client", "jinja2", "rich.console", "rich.table", "rich.progress",
    "_hypothesis_pytestplugin",
]  # fmt: skip

# ---- what is changed ------------------------------------------------------------------------------

BINARY = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.In: [ast.NotIn],
    ast.NotIn: [ast.In], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is],
}  # fmt: skip
DELETED = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Raise, ast.Assert, ast.Delete,
           ast.Break, ast.Continue)  # fmt: skip
UNTOUCHED = {"annotation", "returns", "type_comment", "ctx", "names"}  # fields


@dataclass(frozen=True)
class Place:
    """A node of a file's tree: owner.field (or its item `index`) is node, within statement."""

    owner: ast.AST
    field: str
    index: int | None
    node: ast.AST
    statement: ast.stmt | None  # the innermost one
    spliced: ast.AST | None  # whose text is replaced: inside an f-string the whole f-string

    def put(self, node):
        """Put a node in this place of the tree."""
        if self.index is None:
            setattr(self.owner, self.field, node)
        else:
            getattr(self.owner, self.field)[self.index] = node


def places(owner, statement=None, spliced=None):
    """Every place of a tree that may be changed, in the file's order."""
    for field, value in ast.iter_fields(owner):
        if field in UNTOUCHED:
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or _is_text(owner, node):
                continue
            inner = node if isinstance(node, ast.stmt) else statement
            whole = spliced or (node if isinstance(node, ast.JoinedStr) else None)
            yield Place(owner, field, index, node, inner, whole or node)
            yield from places(node, inner, whole)


def _is_text(owner, node):
    """Docstrings, the words of f-strings and of raised errors, and strings with a space in them."""
    if isinstance(owner, ast.Raise):
        return True
    if not isinstance(node, ast.Constant) or not isinstance(node.value, (str, bytes)):
        return False
    return isinstance(owner, (ast.Expr, ast.JoinedStr)) or len(node.value.split()) > 1


def changes(place):
    """What is put in the place of its node, one after another: new nodes."""
    node, owner = place.node, place.owner
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _constants(node.value, owner))
    elif isinstance(node, ast.BinOp):
        yield _with(node, op=BINARY[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield node.operand
    elif isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.IfExp):
        yield _with(node, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field):
                yield _with(node, **{field: None})
        yield from (_with(node, **{f: _plus_one(b)}) for f in ("lower", "upper") if (b := _moving(node, f)))
    elif isinstance(node, ast.Subscript):
        if (index := _moving(node, "slice")) and not isinstance(index, (ast.Slice, ast.Tuple)):
            yield _with(node, slice=_plus_one(index))
        elif isinstance(index, ast.Tuple) and len(index.elts) > 1:
            first, second, *rest = index.elts
            yield _with(node, slice=_with(index, elts=[second, first, *rest]))
    yield from _of_condition(place)


def _of_statement(node):
    if isinstance(node, ast.Return):
        if node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, DELETED):
        declared = isinstance(node, ast.AnnAssign) and node.value is None  # a field of a class
        if not declared and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield ast.Pass()
    if isinstance(node, ast.AugAssign):
        yield _with(node, op=BINARY[type(node.op)]())
        yield ast.Assign([node.target], node.value, lineno=node.lineno)


def _of_call(node):
    for i in range(len(node.args)):
        yield _with(node, args=node.args[:i] + node.args[i + 1 :])
    for i in range(len(node.args) - 1):
        a, b = node.args[i : i + 2]
        if not isinstance(a, ast.Starred) and not isinstance(b, ast.Starred) and ast.dump(a) != ast.dump(b):
            yield _with(node, args=[*node.args[:i], b, a, *node.args[i + 2 :]])
    for i in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])


def _of_condition(place):
    """A condition becomes True, False and its opposite; what is walked through becomes empty."""
    node, owner, field = place.node, place.owner, place.field
    if field == "iter":
        yield ast.List([], ast.Load())
    elif isinstance(owner, ast.BoolOp) and field == "values":
        yield ast.Constant(isinstance(owner.op, ast.And))  # as if it were not there
    if field == "test" or field == "ifs":
        if not isinstance(node, ast.Constant):
            yield from () if isinstance(owner, ast.While) else [ast.Constant(True)]  # would only hang
            yield ast.Constant(False)
        negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        if not negated and not (isinstance(node, ast.Compare) and len(node.ops) == 1):
            yield ast.UnaryOp(ast.Not(), node)


def _constants(value, owner):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        negative = isinstance(owner, ast.UnaryOp) and isinstance(owner.op, ast.USub)
        others = [value + 1, 0 * value] if negative else [value + 1, -value, 0 * value]
        return [other for i, other in enumerate(others) if other != value and other not in others[:i]]
    if isinstance(value, str):
        return ["" if value else "x"]
    return [b"" if value else b"x"] if isinstance(value, bytes) else []


def _with(node, **fields):
    """A copy of the node with other fields; what it holds is shared."""
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _moving(node, field):
    """The index or bound, where it is not a constant: those are changed by themselves."""
    bound = getattr(node, field)
    number = bound.operand if isinstance(bound, ast.UnaryOp) else bound
    return None if number is None or isinstance(number, ast.Constant) else bound


def _plus_one(node):
    return ast.BinOp(node, ast.Add(), ast.Constant(1))


# ---- one mutant -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One change of one file; old and new are the statement before and after, on one line."""

    file: str  # from the repository's root
    line: int
    old: str
    new: str
    source: str  # of the whole file, changed
    span: tuple[int, int]  # the statement's lines, in a definition's head those of its body

    def __str__(self):
        old, new = self.old, self.new
        if len(old) + len(new) > 140:  # only what differs, and a little around it
            before = max(_alike(old, new) - 25, 0)
            after = max(_alike(old[::-1], new[::-1]) - 25, 0)
            old, new = (f"…{text[before : len(text) - after]}…" for text in (old, new))
        return f"{self.file.removeprefix('lib/backprop/')}:{self.line}  {old}  →  {new}"


def _alike(a, b):
    """How many characters two different texts have in common at the beginning."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def candidates(source):
    """All (tree, place, new node) of a source."""
    tree = ast.parse(source)
    return [(tree, place, new) for place in places(tree) for new in changes(place)]


def mutant(file, source, candidate):
    """The Mutant of one candidate. All that the change does not touch stays as it is written."""
    tree, place, new = candidate
    old_words = words(place.statement)
    place.put(new)
    try:
        spliced = new if place.spliced is place.node else place.spliced
        statement = new if place.statement is place.node else place.statement
        new_words = words(statement)
        wanted = ast.dump(ast.parse(ast.unparse(tree)))
        for text in (f"({ast.unparse(spliced)})", ast.unparse(spliced), None):
            changed = ast.unparse(tree) if text is None else splice(source, place.spliced, text)
            with contextlib.suppress(SyntaxError):
                if ast.dump(ast.parse(changed)) == wanted:
                    break
    finally:
        place.put(place.node)
    statement = place.statement
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):  # a default: seen where it is called
        span = (statement.body[0].lineno, statement.end_lineno)
    else:
        body = getattr(statement, "body", None) or getattr(statement, "cases", None)
        last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno
        span = (statement.lineno, last)
    line = getattr(place.spliced, "lineno", statement.lineno)
    return Mutant(file, line, old_words, new_words, changed, span)


def splice(source, node, text):
    """The source with a node's text replaced."""
    lines = source.encode().splitlines(keepends=True)  # columns count bytes
    if not hasattr(node, "lineno"):
        return source
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + text.encode() + after).decode()


def words(statement):
    """A statement on one line; of a compound one only its head."""
    if hasattr(statement, "body"):
        empty = {f: [] for f in ("orelse", "finalbody", "handlers") if hasattr(statement, f)}
        statement = _with(statement, body=[ast.Pass()], **empty)
        if isinstance(statement, ast.Try):
            statement.finalbody = [ast.Pass()]
    return " ".join(ast.unparse(statement).split()).removesuffix(" pass")


def files(patterns, root=ROOT):
    """The files that fit, sorted, as paths from the root; a pattern that begins with "!" leaves out."""
    found = {path for p in patterns if p[0] != "!" for path in root.glob(p)}
    found -= {path for p in patterns if p[0] == "!" for path in root.glob(p[1:])}
    return sorted(path.relative_to(root).as_posix() for path in found)


def choose(paths, sample=None, seed=1, only="", root=ROOT):
    """The mutants of these files, or as many of them as sample, the same for the same seed."""
    sources = {path: (root / path).read_text(encoding="utf-8") for path in paths}
    found = [(path, c) for path, source in sources.items() for c in candidates(source)]
    if sample is not None and sample < len(found):
        chosen = sorted(random.Random(seed).sample(range(len(found)), sample))
        found = [found[i] for i in chosen]
    made = []
    for path, candidate in found:
        if only.partition(":")[0] in path:
            m = mutant(path, sources[path], candidate)
            made += [m] if only in f"{path}:{m.line}:" or only in f"{path}:{m.line}" else []
    return made


# ---- running the tests ----------------------------------------------------------------------------


class Houses:
    """Copies of the repository to work in, below one temporary folder."""

    def __init__(self, folder, count):
        self.folders = [Path(folder) / str(i) for i in range(count)]
        hidden = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "artifacts", "node_modules")
        for house in self.folders:
            shutil.copytree(ROOT, house / "tree", ignore=hidden)


def stand_in(house):
    """In a fresh child: make the house's copy of the library the one that is imported, here and below."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tree, scratch = house / "tree", house / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    with open(house / "out", "wb") as out, open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree / "lib"), "TMPDIR": str(scratch), "MPLBACKEND": "Agg"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    tempfile.tempdir, sys.dont_write_bytecode = None, False
    sys.modules.pop("tests", None)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    for name in ("kill", "killpg"):
        setattr(os, name, functools.partial(_kill_one, getattr(os, name)))


def _kill_one(kill, process, sign):
    """A mutant must not end all processes: 0, −1 and 1 mean many."""
    if process <= 1:
        raise PermissionError(f"process {process} is not one of ours")
    kill(process, sign)


def run_pytest(house, arguments, *plugins):
    """pytest in this process. -> its exit code"""
    options = ["-q", "--tb=short", "--assert=plain", "-o", "addopts="]
    options += [f"--rootdir={house / 'tree'}", "-o", "pythonpath=lib ."]  # before all other paths
    options += ["-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"]
    return pytest.main([*options, *arguments], plugins=plugins)


def in_child(house, work):
    """Run work() in a forked child and end all that it leaves behind. -> (exit code, or −signal)"""
    child = os.fork()
    if not child:
        code = BROKEN
        try:
            stand_in(house)
            code = int(work())
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    try:
        ended = None
        while ended != child:  # also orphans, which we adopt: a grader waits until its kernel is gone
            ended, status = os.waitpid(-1, 0)
    finally:  # also where we are ended ourselves
        left = psutil.Process().children(recursive=True)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=10)
    return os.waitstatus_to_exitcode(status)


def _end(*_):
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, signal.SIG_IGN)  # a second one must not cut the cleaning short
    sys.exit(1)


def adopt_orphans():
    """End in good order; on Linux take over what a child's children leave behind, so that we can end it."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, _end)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


class Reach:
    """A pytest plugin: which lines each test reaches, how long it takes, and whether it starts processes.

    A fixture that several tests share counts for each of them. functools' caches are emptied before
    each test, so that every test reaches what it would reach alone.
    """

    def __init__(self, tree):
        self.tree = str(tree)
        self.coverage = coverage.Coverage(
            data_file=None, source=[str(tree / "lib/backprop")], config_file=False, messages=False
        )
        self.now, self.starters, self.failed = "", set(), set()
        self.seconds, self.fixtures, self.shared = collections.Counter(), {}, set()
        sys.addaudithook(self._audit)
        self.coverage.start()

    def _audit(self, event, _arguments):
        if event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
            self.starters.add(self.now)

    def _switch(self, context):
        self.now = context
        self.coverage.switch_context(context)

    @contextlib.contextmanager
    def _within(self, context):
        before, start, inner = self.now, time.perf_counter(), sum(self.seconds.values())
        self._switch(context)
        yield
        inner = sum(self.seconds.values()) - inner
        self.seconds[context] += time.perf_counter() - start - inner
        self._switch(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        for module in list(sys.modules.values()):
            if (getattr(module, "__file__", None) or "").startswith(self.tree):
                for value in list(vars(module).values()):
                    if isinstance(value, functools._lru_cache_wrapper):
                        value.cache_clear()
        self.fixtures[item.nodeid] = list(item.fixturenames)
        with self._within(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.scope == "function":
            return (yield)
        context = f"fixture {fixturedef.argname}"
        if fixturedef.scope != "session":
            self.shared.add(context)
        with self._within(context):
            return (yield)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self):
        self.coverage.stop()

    def found(self):
        """{"tests": {test: facts}, "imported": {file: lines that run at import}}"""
        import backprop

        assert backprop.__file__.startswith(self.tree), backprop.__file__
        lines = collections.defaultdict(lambda: collections.defaultdict(list))  # context, file: lines
        data = self.coverage.get_data()
        for path in data.measured_files():
            name = Path(path).relative_to(self.tree).as_posix()
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    lines[context][name].append(line)
        tests = {}
        for test, fixtures in self.fixtures.items():
            contexts = [test, *(f"fixture {name}" for name in fixtures)]
            reached = collections.defaultdict(set)
            for context in contexts:
                for name, numbers in lines[context].items():
                    reached[name] |= set(numbers)
            tests[test] = {
                "seconds": sum(self.seconds[context] for context in contexts),
                "lines": {name: sorted(numbers) for name, numbers in reached.items()},
                "starts": any(context in self.starters for context in contexts),
                "shares": any(context in self.shared for context in contexts),
                "failed": test in self.failed,
            }
        return {"tests": tests, "imported": lines[""]}


def baseline(house, tests, marks):
    """Every test with these marks once, nothing changed. -> what Reach found"""

    def work():
        plugin = Reach(house / "tree")
        code = run_pytest(house, ["-m", marks, *tests], plugin)
        (house / "reach.json").write_text(json.dumps(plugin.found()))
        return 0 if code in (0, 1) else BROKEN

    if code := in_child(house, work):
        raise SystemExit(f"the tests don't run without a change, exit code {code}:\n{said(house)}")
    return json.loads((house / "reach.json").read_text()) | {"marks": marks}


def said(house):
    """The end of what the last child printed."""
    return (house / "out").read_bytes()[-3000:].decode(errors="replace")


def selected(mutant, reach):
    """The tests for a mutant, in the order in which they are to run, and none that begins too late."""
    first, last = mutant.span

    def touches(lines):
        return any(first <= line <= last for line in lines.get(mutant.file, ()))

    # what runs at import may act on any test
    everywhere = touches(reach["imported"])
    groups = collections.Counter()
    chosen = {}
    for test, facts in reach["tests"].items():
        near = touches(facts["lines"]) or (everywhere and mutant.file in facts["lines"])
        if not facts["failed"] and (near or everywhere or facts["starts"]):
            chosen[test] = near
            groups[test.partition("::")[0]] += facts["seconds"]

    def order(test):
        facts, file = reach["tests"][test], test.partition("::")[0]
        # a fixture that a file's tests share would be made again at each change of the file
        together = (groups[file], file) if facts["shares"] else (0.0, "")
        return not chosen[test], facts["starts"], together, facts["seconds"]

    begin, within = 0.0, []
    for test in sorted(chosen, key=order):
        if begin <= reach.get("budget", math.inf):
            within.append(test)
        begin += reach["tests"][test]["seconds"]
    return within


def limit(seconds):
    """What a test may take that usually takes so many seconds."""
    return 10 + 5 * seconds


class Chosen:
    """A pytest plugin: only the chosen tests, in their order, each with a limit of time."""

    def __init__(self, house, tests, reach):
        self.house, self.reach = house, reach
        self.rank = {test: i for i, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items):
        # a test that is not known belongs to parameters that the change has made
        items[:] = [i for i in items if i.nodeid in self.rank or i.nodeid not in self.reach["tests"]]
        items.sort(key=lambda item: self.rank.get(item.nodeid, len(self.rank)))

    def pytest_runtest_logstart(self, nodeid):
        (self.house / "now").write_text(nodeid)
        seconds = self.reach["tests"].get(nodeid, {"seconds": 1})["seconds"]
        signal.setitimer(signal.ITIMER_REAL, limit(seconds))  # its signal ends the process


def run_chosen(tests, house, reach):
    """Run these tests in a house until one fails. -> (exit code, the last test that ran)"""

    def work():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 120)
        paths = dict.fromkeys(test.partition("::")[0] for test in tests)
        return run_pytest(house, ["-x", "-m", reach["marks"], *paths], Chosen(house, tests, reach))

    (house / "now").write_text("the import")
    code = in_child(house, work)
    return code, (house / "now").read_text()


def judge(mutant, house, reach, without=()):
    """Run one mutant in a house. -> (killed, by what); without: tests that fail without the change, too."""
    tests = [test for test in selected(mutant, reach) if test not in without]
    if not tests:
        return False, f"{without} fail without the change, too" if without else "no test reaches it"
    target = house / "tree" / mutant.file
    kept, times = target.read_bytes(), target.stat()
    try:
        target.write_text(mutant.source, encoding="utf-8")
        judge.count += 1  # a time of its own: Python must not take the last mutant's bytecode
        os.utime(target, (times.st_mtime - 2 * judge.count,) * 2)
        code, where = run_chosen(tests, house, reach)
    finally:
        target.write_bytes(kept)
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    if code in (0, 5):
        return False, f"{len(tests)} tests"
    if code in (BROKEN, pytest.ExitCode.INTERNAL_ERROR):  # not the mutant's doing: never taken for a kill
        return False, f"the run breaks off in {where}: {said(house)}"
    late = code == -signal.SIGALRM
    if (facts := reach["tests"].get(where)) and (late or facts["starts"]):
        # such a test may fail because the machine is busy, or for want of what another test had kept
        usual, facts["seconds"] = facts["seconds"], facts["seconds"] + 20
        start = time.perf_counter()
        passes, alone = run_chosen([where], house, reach)[0] == 0, time.perf_counter() - start
        facts["seconds"] = usual
        if not passes:
            return judge(mutant, house, reach, (*without, where))
        if late and 3 * alone > limit(usual):
            facts["seconds"] = alone
            return judge(mutant, house, reach, without)
    return True, f"time is up in {where}" if late else where


judge.count = 0


class Worker:
    """What each of the processes has: a house that nobody else uses, put right again where it is changed."""

    def __init__(self, houses, reach):
        adopt_orphans()
        multiprocessing.current_process().daemon = False  # a daemon's children, the tests, may start none
        self.house, self.reach = houses.get(), reach
        self.tree, self.whole = self.house / "tree", self.house / "whole"
        shutil.copytree(self.tree, self.whole, symlinks=True)
        self.state = self._look()

    def _look(self):
        found = {}
        for path in self.whole.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                mine = self.tree / path.relative_to(self.whole)
                stat = mine.stat() if mine.exists() else None
                found[str(path)] = stat and (stat.st_size, stat.st_mtime_ns)
        return found

    def __call__(self, mutant):
        verdict = judge(mutant, self.house, self.reach)
        if self._look() != self.state:  # the mutant has deleted or written files
            shutil.rmtree(self.tree, ignore_errors=True)
            shutil.copytree(self.whole, self.tree, symlinks=True)
        return mutant, *verdict


def _start(houses, reach):
    global _worker
    _worker = Worker(houses, reach)


def _work(mutant):
    return _worker(mutant)


# ---- the command ----------------------------------------------------------------------------------


def equivalent():
    """{(file, old, new): why} of the mutants that are known to do the same as the original."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {(entry["file"], entry["old"], entry["new"]): entry["why"] for entry in entries}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--sample", type=int, help="that many of the mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--goal", type=float, help="percent of the mutants to be killed")
    parser.add_argument("--only", default="", help="a part of a file's path, or path:line")
    parser.add_argument("--seconds", type=float, default=math.inf, help="of tests for one mutant")
    parser.add_argument("--reach", type=Path, help="a file: what the tests reach, of this tree")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    options = parser.parse_args(arguments)
    paths, tests, marks, goal = GROUPS[options.group]
    mutants = choose(files(paths), options.sample, options.seed, options.only)
    if options.list:
        print(*mutants, f"\n{len(mutants)} mutants", sep="\n")
        return 0
    for name in LARGE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # no child looks through what all of them share
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        start = time.monotonic()
        adopt_orphans()
        houses = Houses(Path(folder).resolve(), AT_ONCE).folders
        if options.reach and options.reach.exists():
            reach = json.loads(options.reach.read_text())
        else:
            reach = baseline(houses[0], files(tests), marks)
            if options.reach:
                options.reach.write_text(json.dumps(reach))
        return report(mutants, houses, reach | {"budget": options.seconds}, options.goal or goal, start)


def report(mutants, houses, reach, goal, start):
    """Run the mutants, print each verdict and the sums. -> exit code"""
    failed = [test for test, facts in reach["tests"].items() if facts["failed"]]
    for test in failed:
        print(f"FAILS without a change, left out: {test}")
    started = time.monotonic()
    print(f"{len(reach['tests'])} tests in {started - start:.0f} s; {len(mutants)} mutants", flush=True)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    for house in houses:
        queue.put(house)
    known = equivalent()
    killed, survivors, same = collections.Counter(), [], []
    with context.Pool(AT_ONCE, _start, (queue, reach)) as pool:
        for mutant, dead, by in pool.imap_unordered(_work, mutants):
            why = known.get((mutant.file, mutant.old, mutant.new))
            verdict = "killed" if dead else "same" if why else "SURVIVED"
            print(f"{verdict:8} {mutant}  ({by})", flush=True)
            if dead:
                killed[mutant.file] += 1
                if why:
                    print("         … but mutants_equivalent.toml says that it does the same")
            else:
                (same if why else survivors).append((mutant, why or by))
    minutes = (time.monotonic() - started) / 60
    print()
    for file in sorted({mutant.file for mutant in mutants}):
        alike = sum(mutant.file == file for mutant, _ in same)
        count = sum(mutant.file == file for mutant in mutants) - alike
        print(f"{killed[file]:5} of {count:5} killed  {file}" + (f"  ({alike} do the same)" if alike else ""))
    for title, found in (("Do the same as the original", same), ("Survivors", survivors)):
        print(f"\n{title}:" if found else f"\n{title}: none")
        for mutant, why in sorted(found, key=lambda pair: (pair[0].file, pair[0].line)):
            print(f"  {mutant.file}:{mutant.line}  ({why})\n    old = {mutant.old}\n    new = {mutant.new}")
    total, count = killed.total(), len(mutants) - len(same)
    percent = 100 * total / count if count else 100.0
    print(f"\n{total} of {count} killed: {percent:.1f} % (goal {goal:g} %); {len(same)} more do the same as "
          f"the original, {100 * total / max(len(mutants), 1):.1f} % with these. "
          f"{minutes:.1f} minutes, {len(mutants) / minutes:.0f} a minute.")  # fmt: skip
    return int(percent < goal or bool(failed))


if __name__ == "__main__":
    sys.exit(main())
