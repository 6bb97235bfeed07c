"""The mutator itself: what it changes, what it leaves alone, and which tests it chooses."""

import ast
import textwrap

import mutants
import pytest


def variants(source):
    """The changed statements of a source, each on one line."""
    return [mutants.mutant("x.py", source, c).new for c in mutants.candidates(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b", ["pass", "a - b"]),
        ("a @ b", ["pass", "a * b"]),
        ("a and b", ["pass", "a or b", "True and b", "a and True"]),
        ("a or b", ["pass", "a and b", "False or b", "a or False"]),
        ("a < b", ["pass", "a <= b", "a >= b"]),
        ("a == b", ["pass", "a != b"]),
        ("a in b", ["pass", "a not in b"]),
        ("a is b", ["pass", "a is not b"]),
        ("not a", ["pass", "a"]),
        ("-a", ["pass", "a"]),
        ("a = 3", ["pass", "a = 4", "a = -3", "a = 0"]),
        ("a = 0", ["pass", "a = 1"]),
        ("a = -1", ["pass", "a = 1", "a = -2", "a = -0"]),
        ("a = 0.5", ["pass", "a = 1.5", "a = -0.5", "a = 0.0"]),
        ("a = True", ["pass", "a = False"]),
        ("a = 'blas'", ["pass", "a = ''"]),
        ("a = ''", ["pass", "a = 'x'"]),
        ("a += b", ["pass", "a -= b", "a = b"]),
        ("a if b else c", ["pass", "c if b else a", "a if True else c", "a if False else c",
                           "a if not b else c"]),
        ("f(a, b)", ["pass", "f(b)", "f(a)", "f(b, a)"]),
        ("f(a, k=b)", ["pass", "f(k=b)", "f(a)"]),
        ("a[i]", ["pass", "a[i + 1]"]),
        ("a[i, j]", ["pass", "a[j, i]"]),
        ("a[0]", ["pass", "a[1]"]),
        ("a[i:j]", ["pass", "a[:j]", "a[i:]", "a[i + 1:j]", "a[i:j + 1]"]),
        ("if a: f()", ["if True:", "if False:", "if not a:", "pass"]),
        ("while a: f()", ["while False:", "while not a:", "pass"]),
        ("for a in b: f()", ["for a in []:", "pass"]),
        ("[a for a in b if c]", ["pass", "[a for a in [] if c]", "[a for a in b if True]",
                                 "[a for a in b if False]", "[a for a in b if not c]"]),
        ("raise ValueError('a', 3)", ["pass"]),
        ("def f(a): return a", ["return None"]),
        ("def f(a=1): return", ["def f(a=2):", "def f(a=-1):", "def f(a=0):"]),
    ],
)  # fmt: skip
def test_each_rule(source, expected):
    assert variants(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'Doc.'",
        "def f():\n    'Doc.'\n    return None",
        "class A:\n    'Doc.'\n    a: dict[str, 'int']",
        "def f(a: 'int') -> list[3]: 'Doc.'",
        "import a, b as c",
        "from a import b",
    ],
)
def test_docstrings_annotations_and_imports_stay(source):
    assert variants(source) == []


def test_a_text_is_left_and_a_name_is_changed():
    assert variants("a = 'press Train'") == ["pass"]
    assert variants("a = f'x {b + 1} y'") == ["pass", "a = f'x {b - 1} y'", "a = f'x {b + 2} y'",
                                              "a = f'x {b + -1} y'", "a = f'x {b + 0} y'"]  # fmt: skip


FUNCTION = textwrap.dedent('''
    import math  # kept

    SIZE = (1,
            2)

    def f(x, *, power=2):
        """Words, 1 and 2."""
        total = 0
        for i, α in enumerate(x[1:]):  # α takes two bytes
            if α > 0 and i != power: total += math.pow(α, power) * f"{α + 1:.3f}".count("1")
        return (total +
                SIZE[-1]) if x else None
''')


def all_mutants():
    """{the changed statement: its mutant} of FUNCTION."""
    found = [mutants.mutant("x.py", FUNCTION, candidate) for candidate in mutants.candidates(FUNCTION)]
    return {one.new if one.new != "pass" else f"pass for {one.old}": one for one in found}


def test_every_mutant_compiles_differs_and_keeps_the_rest_as_written():
    found = all_mutants().values()
    assert len(found) == len(mutants.candidates(FUNCTION)) > 40  # no two are the same
    original = ast.dump(ast.parse(FUNCTION))
    for one in found:
        compile(one.source, "x.py", "exec")
        assert ast.dump(ast.parse(one.source)) != original, one
        assert one.old != one.new
        before = FUNCTION.splitlines()[: one.line - 1]  # with its comments
        assert one.source.splitlines()[: one.line - 1] == before


def test_lines_that_a_test_must_reach():
    found = all_mutants()
    constant, default = found["SIZE = (2, 2)"], found["def f(x, *, power=3):"]
    assert constant.span == (4, 5)
    assert default.span == (8, 13)  # where the default acts
    condition, end = found["if α > 0 or i != power:"], found["return total - SIZE[-1] if x else None"]
    assert (condition.line, condition.span, end.span) == (11, (11, 11), (12, 13))


def test_a_sample_is_the_same_for_a_seed(tmp_path):
    (tmp_path / "x.py").write_text(FUNCTION, encoding="utf-8")
    samples = [mutants.choose(["x.py"], 10, seed, root=tmp_path) for seed in (1, 1, 2)]
    assert samples[0] == samples[1] != samples[2]
    assert [len(sample) for sample in samples] == [10, 10, 10]
    assert samples[0] == sorted(samples[0], key=lambda one: one.line)
    assert {one.line for one in mutants.choose(["x.py"], only="x.py:11", root=tmp_path)} == {11}


def facts(seconds, lines, starts=False, shares=False, failed=False):
    return locals() | {"lines": {"x.py": lines}}


def test_tests_are_chosen_by_line_and_the_fastest_comes_first():
    reach = {
        "imported": {"x.py": [2, 4, 5, 7]},
        "tests": {
            "a::slow": facts(2, [9, 12]),
            "a::fast": facts(1, [10, 12]),
            "b::elsewhere": facts(0.1, [9]),
            "b::kernel": facts(0.1, [], starts=True),
            "c::red": facts(0.1, [12], failed=True),
            "d::shared": facts(0.1, [12], shares=True),
        },
    }
    found = all_mutants()
    chosen = mutants.selected(found["return None"], reach | {"imported": {}})
    assert chosen == ["a::fast", "a::slow", "d::shared", "b::kernel"]
    # what runs at import may act on every test
    assert set(mutants.selected(found["SIZE = (2, 2)"], reach)) == reach["tests"].keys() - {"c::red"}


def test_a_test_that_is_slow_by_itself_gets_its_time_before_it_counts_as_a_kill(tmp_path, monkeypatch):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.py").write_text("x = 1\n")
    known = facts(0.1, []) | {"lines": {"a.py": [1]}}
    reach = {"tests": {"t.py::t": known}, "imported": {}}
    late = (-mutants.signal.SIGALRM, "t.py::t")
    runs, clock = [], [0.0]

    def run(tests, house, reach):
        runs.append(((house / "tree/a.py").read_text(), known["seconds"]))
        clock[0] += took
        return outcomes.pop(0)

    monkeypatch.setattr(mutants, "run_chosen", run)
    monkeypatch.setattr(mutants.time, "perf_counter", lambda: clock[0])
    mutant = mutants.Mutant("a.py", 1, "x = 1", "x = 2", "x = 2\n", (1, 1))

    took, outcomes = 15.0, [late, (0, "t.py::t"), (0, "t.py::t")]  # slow without the change, too
    assert mutants.judge(mutant, tmp_path, reach) == (False, "1 tests")
    assert runs == [("x = 2\n", 0.1), ("x = 1\n", 20.1), ("x = 2\n", 15.0)]

    took, outcomes, known["seconds"] = 0.2, [late, (0, "t.py::t")], 0.1  # only the change makes it slow
    assert mutants.judge(mutant, tmp_path, reach) == (True, "time is up in t.py::t")
    outcomes = [late, (1, "t.py::t")]  # such a test says nothing; another one may
    assert mutants.judge(mutant, tmp_path, reach) == (False, "('t.py::t',) fail without the change, too")
    reach["tests"]["t.py::u"], outcomes = known | {"seconds": 1}, [late, (1, "t.py::t"), (1, "t.py::u")]
    assert mutants.judge(mutant, tmp_path, reach) == (True, "t.py::u")


@pytest.mark.parametrize("group", mutants.GROUPS)
def test_a_group_has_files_and_tests(group):
    patterns, tests, _, goal = mutants.GROUPS[group]
    assert mutants.files(patterns)
    found = mutants.files(tests)
    assert found and 0 < goal <= 100
    assert not {"tests/test_house.py", "tests/test_mutants.py", "tests/test_notebooks.py"} & set(found)


def test_every_equivalent_mutant_is_one():
    known = mutants.equivalent()
    assert all(len(why.split()) > 2 for why in known.values())
    sources = {file: (mutants.ROOT / file).read_text(encoding="utf-8") for file, _, _ in known}
    found = set()
    for file, source in sources.items():
        words = {old for name, old, _ in known if name == file}
        for candidate in mutants.candidates(source):
            if mutants.words(candidate[1].statement) in words:
                one = mutants.mutant(file, source, candidate)
                found.add((file, one.old, one.new))
    assert known.keys() - found == set(), "no such mutant: delete it, or write the statement as it is now"
