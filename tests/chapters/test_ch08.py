"""Chapter 08: the bug lab accuses nobody falsely, and each of its words can be computed again.

The truth is this file's own: its own forward passes, its own central differences, its own quotients.
"""

import html
import inspect
import re
from collections import Counter
from functools import cache
from itertools import product
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from backprop import Network, TwoLayerNet, check_gradients, layers
from backprop.chapters import ch08_check as ch08
from backprop.chapters import ch08_patients as rooms
from backprop.numerical import GradientCheck

from notebooks import CHAPTERS, every_place, panels, positions, read, said

NAMES = ("W1", "b1", "W2", "b2")
WRITTEN = dict(zip(NAMES, ("W₁", "b₁", "W₂", "b₂"), strict=True))
READ = {written: name for name, written in WRITTEN.items()}
BUGGY = [patient for patient in ch08.PATIENTS.values() if patient.bug != ch08.HEALTHY]
NEEDS = {  # where a bug of an activation or a loss can sit; all others sit in an Affine
    "a dropped minus": {"HalfSquaredError", "MeanSquaredError", "SoftmaxWithLoss"},
    "missing 1/N": {"MeanSquaredError", "SoftmaxWithLoss"},
    "ReLU mask with >= for >": {"Relu", "x + Relu(x)"},
    "sigmoid′ at the wrong value": {"Sigmoid"},
    "= for +=, value used twice": {"x + Relu(x)"},
    "softmax′ multiplied in twice": {"SoftmaxWithLoss"},
    "missing factor 2": {"MeanSquaredError"},
    "dout changed in place": {"Relu", "x + Relu(x)"},
}


# the truth


def loss_of(middle, loss, p, x, t):
    """The loss of a patient's network, written out once more."""
    z = x @ p["W1"] + p["b1"]
    y = {
        "Relu": lambda: z * (z > 0), "x + Relu(x)": lambda: z + z * (z > 0),
        "Sigmoid": lambda: 1 / (1 + np.exp(-z)), "Tanh": lambda: np.tanh(z),
    }[middle]() @ p["W2"] + p["b2"]  # fmt: skip
    if loss == "SoftmaxWithLoss":
        return np.mean(np.log(np.exp(y).sum(axis=1)) - y[np.arange(len(t)), t])
    return np.mean((y - t) ** 2) if loss == "MeanSquaredError" else np.sum((y - t) ** 2) / 2


@cache
def true_gradient(middle, loss, N, h=1e-5):
    """What the gradient of a healthy patient must be."""
    rng = np.random.default_rng(17)
    W1, W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
    p = {"W1": W1, "b1": np.array([0.3, 0.5, -4.0]), "W2": W2, "b2": np.array([0.1, -0.2, 0.3])}
    rng = np.random.default_rng(4)
    x, t, labels = rng.standard_normal((8, 2)), rng.standard_normal((8, 3)), rng.integers(3, size=8)
    target = (labels if loss == "SoftmaxWithLoss" else t)[:N]
    gradient = {}
    for name, array in p.items():
        gradient[name] = np.zeros_like(array)
        for i in np.ndindex(array.shape):
            moved = [{**p, name: array + sign * h * one(array, i)} for sign in (1, -1)]
            above, below = (loss_of(middle, loss, m, x[:N], target) for m in moved)
            gradient[name][i] = (above - below) / (2 * h)
    return gradient


def value(shown):
    """The number that a text shows."""
    return float(shown.replace("−", "-").replace(",", ""))


def one(array, i):
    """Zeros like an array, but 1 at i."""
    unit = np.zeros_like(array)
    unit[i] = 1
    return unit


@cache
def backward(patient, N):
    return patient.network().gradient(*patient.batch(N))


def truth(patient, N):
    _, middle, _, loss = patient.names()
    return true_gradient(middle, loss, N)


@cache
def really_wrong(patient, N):
    """The parameters whose gradient by backpropagation is wrong."""
    right, found = truth(patient, N), backward(patient, N)
    return [n for n in NAMES if found[n].shape != right[n].shape
            or np.max(np.abs(found[n] - right[n])) > 1e-5 * np.max(np.abs(right[n]))]  # fmt: skip


def true_quotient(patient, N, name):
    """The quotients of all entries: a number where all are one, None where they vary, or a shape."""
    right, found = truth(patient, N)[name], backward(patient, N)[name]
    if found.shape != right.shape:
        return f"shape {found.shape}, not {right.shape}"
    if np.max(np.abs(found)) < 1e-9:
        return 0.0
    dead = np.abs(right) < 1e-8
    if np.any(np.abs(found[dead]) > 1e-6):
        return None
    quotients = found[~dead] / right[~dead]
    middle = float(np.median(quotients))
    return middle if np.max(np.abs(quotients - middle)) < 0.02 * abs(middle) else None


def agrees(words, quotient):
    """Whether a quotient in words is the one computed here."""
    if words == "varies" or quotient is None:
        return words == "varies" and quotient is None
    if isinstance(quotient, str):
        return words == quotient
    return abs(value(words) - quotient) <= 0.06 * abs(quotient)


@pytest.fixture
def quick(monkeypatch):
    """Thousands of states: one plain comparison stands for check_gradients, which looks several times.

    That it comes to the same is a test of its own.
    """

    def compare(network, x, t, h):
        middle = {"Skip": "x + Relu(x)"}.get(healthy := base(network.layers[1]), healthy)
        formula = network.gradient(x, t)
        measured = true_gradient(middle, base(network.last_layer), len(x))
        differences = {n: difference(formula[n], measured[n], h) for n in NAMES}
        return GradientCheck(differences)

    monkeypatch.setattr(ch08, "check_gradients", compare)
    ch08.examine.cache_clear()
    yield
    ch08.examine.cache_clear()


def base(part):
    """The healthy class's name of a layer or loss."""
    return next(c.__name__ for c in type(part).__mro__ if c in (rooms.Skip, *vars(layers).values()))


def difference(a, b, h):
    relative = np.inf
    if a.shape == b.shape:
        relative = np.max(np.abs(a - b)) / (np.max(np.abs(a)) + np.max(np.abs(b)))
        relative *= relative > 1e-5  # less is this file's own measurement
    return SimpleNamespace(relative=relative, backpropagation=a, numerical=b, step=h)


# the bugs


def mended(bug):
    """A bug's first class with its right line in place of the wrong one, made from the source."""
    (wrong, right, _), first = rooms.why(bug), rooms.BUGS[bug][0]
    source = inspect.getsource(first)
    assert source.count(wrong + "\n") == 1
    names = dict(vars(rooms))
    exec(source.replace(wrong + "\n", right + "\n"), names)
    return names[first.__name__]


@pytest.mark.parametrize("patient", BUGGY, ids=lambda patient: patient.bug)
def test_a_bug_is_caught_and_its_right_line_mends_it(patient):
    first, healed = rooms.BUGS[patient.bug][0], mended(patient.bug)
    caught = []
    for N in (1, 2, 3, 8):
        sick, well = patient.network(), patient.network()
        parts = [*well.layers, well.last_layer]
        if isinstance(parts[patient.place], first):
            parts[patient.place].__class__ = healed
        else:
            parts[patient.place].relu = healed  # a ReLU inside x + Relu(x)
        assert check_gradients(well, *patient.batch(N)).ok, f"N = {N}"
        caught.append(not check_gradients(sick, *patient.batch(N)).ok)
    assert any(caught)


OWN = {"updated weights used", "= for += over the batch", "= for +=, value used twice"}


@pytest.mark.parametrize("bug", rooms.BUGS)
def test_the_right_line_is_the_librarys(bug):
    library = [line.strip() for line in inspect.getsource(layers).splitlines()]
    wrong, right, _ = rooms.why(bug)
    assert (right in library) == (bug not in OWN)
    assert wrong not in library


def test_a_patient_has_one_bug_at_its_place_and_healthy_parts_elsewhere():
    for patient in ch08.PATIENTS.values():
        network = patient.network()
        parts = [type(part) for part in (*network.layers, network.last_layer)]
        sick = [i for i, (part, healthy) in enumerate(zip(parts, patient.parts, strict=True))
                if part is not healthy]  # fmt: skip
        assert sick == ([patient.place] if patient.bug != ch08.HEALTHY else [])
        assert all(map(issubclass, parts, patient.parts))
        assert not any("Bug" in name or "Missing" in name for name in patient.names())
    assert len({patient.bug for patient in ch08.PATIENTS.values()}) == 14
    assert set(ch08.DIAGNOSES) == {ch08.UNDECIDED, ch08.HEALTHY, *rooms.BUGS}
    assert ch08.DIAGNOSES[0] == ch08.UNDECIDED
    assert ch08.DIAGNOSES[1:] == sorted(ch08.DIAGNOSES[1:], key=str.lower)


def test_a_bug_is_tried_wherever_it_can_sit_in_the_same_network():
    for patient in ch08.PATIENTS.values():
        for bug in rooms.BUGS:
            tried = patient.having(bug)
            fits = NEEDS.get(bug, {"Affine 1", "Affine 2"})
            assert {p.names()[p.place] for p in tried} == fits & set(patient.names())
            for p in tried:
                assert p.parts == patient.parts and p.bug == bug
                same = zip(p.network().params.values(), patient.network().params.values(), strict=True)
                assert all(np.array_equal(a, b) for a, b in same)
                x, _ = p.batch(8)
                assert np.array_equal(p.network().predict(x), patient.network().predict(x))


def test_what_the_bugs_docstrings_say_is_so():
    by_bug = {patient.bug: patient for patient in BUGGY}

    def quotients(bug, N):
        return {round(true_quotient(by_bug[bug], N, name), 4) for name in NAMES}

    assert quotients("a dropped minus", 3) == {-1.0}
    assert quotients("missing factor 2", 3) == {0.5}
    assert [quotients("missing 1/N", N) for N in (2, 5)] == [{2.0}, {5.0}]
    assert backward(by_bug["bias gradient not summed"], 5)["b2"].shape == (5, 3)
    assert backward(by_bug["bias sum along the wrong axis"], 5)["b1"].shape == (5,)
    assert true_quotient(by_bug["bias sum along the wrong axis"], 3, "b1") is None, "only the shape fits"
    last = by_bug["= for += over the batch"]
    alone = Network(last.network().layers, last.network().last_layer)
    x, t = last.batch(3)
    assert np.allclose(backward(last, 3)["W1"], alone.gradient(x[2:], t[2:])["W1"] / 3)


def test_a_bug_does_the_same_in_every_part_that_it_can_sit_in():
    tried = {guess for patient in BUGGY for bug in ("a dropped minus", "missing 1/N")
             for guess in patient.having(bug)}  # fmt: skip
    assert len({(guess.bug, guess.parts[3]) for guess in tried}) == 5
    for guess in tried:
        for name in NAMES:
            expected = -1 if guess.bug == "a dropped minus" else 3
            assert true_quotient(guess, 3, name) == pytest.approx(expected, rel=1e-3)
    for part, dx in ((rooms.Skip, [1, 2]), (rooms.NotAdded, [0, 1]), (rooms.MaskInSkip, [2, 2]),
                     (rooms.InPlaceInSkip, [0, 2])):  # fmt: skip
        layer = part()
        assert layer.forward(np.array([[-1.0, 2.0]])).tolist() == [[-1, 4]]
        assert layer.backward(np.ones((1, 2))).tolist() == [dx], part


# the lab: every patient, N and diagnosis at h = 1e-4, and others at random


def words_of(picture):
    """Patient, N and h of a sentence, who differs, who is ok, and the word on the diagnosis."""
    start, findings, verdict = re.fullmatch(r"(.*?): (.*?)\. (.*)", picture.sentence).groups()
    if findings == "every parameter is ok":
        return start, [], list(NAMES), verdict
    bad, _, fine = findings.partition("; ")
    assert re.search(r" differs$" if len(parameters(bad)) == 1 else r" differ$", bad)
    assert not fine or re.search(r" is ok$" if len(parameters(fine)) == 1 else r" are ok$", fine)
    return start, parameters(bad), parameters(fine), verdict


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (("W1", "b1", "W2"), "W₁, b₁ and W₂ differ; b₂ is ok"),
        (("b1",), "b₁ differs; W₁, W₂ and b₂ are ok"),
        (NAMES, "W₁, b₁, W₂ and b₂ differ"),
        ((), "every parameter is ok"),
    ],
)
def test_who_differs_is_said_in_the_right_number(bad, words):
    assert (
        ch08._findings(SimpleNamespace(failed=lambda: list(bad), differences=dict.fromkeys(NAMES))) == words
    )


def parameters(words):
    return [READ[word] for word in re.findall("[Wb][₁₂]", words)]


def kind(patient, N, diagnosis, verdict):
    """Which kind of verdict it is, once it has been found to be true."""
    wrong = really_wrong(patient, N)
    if diagnosis == patient.bug:
        assert verdict.startswith(f"Right: {patient.bug}. ")
        return "right"
    if diagnosis == ch08.UNDECIDED:
        assert verdict == ("What is the bug? Choose a diagnosis." if wrong else
                           "Healthy? A check sees only what its batch shows: try other N, then choose a "
                           "diagnosis.")  # fmt: skip
        return "undecided, " + ("sick" if wrong else "well")
    if diagnosis == ch08.HEALTHY:
        if wrong:
            assert verdict == "No: a healthy network passes at every N."
            assert not any(really_wrong(patient._replace(bug=ch08.HEALTHY), n) for n in range(1, 9))
            return "not healthy"
        assert verdict == "Not at every N: move N."
        assert any(really_wrong(patient, n) for n in range(1, 9))
        return "not healthy elsewhere"
    guesses = {p.names()[p.place]: p for p in patient.having(diagnosis)}
    if match := re.fullmatch(r"No: that bug needs (.*), and this patient has none\.", verdict):
        assert set(match[1].split(" or ")) == NEEDS[diagnosis]
        assert not NEEDS[diagnosis] & set(patient.names()) and not guesses
        return "needs"
    if match := re.fullmatch(r"No: with that bug in (.*) none would differ at any N\.", verdict):
        assert not wrong and not any(really_wrong(guesses[match[1]], n) for n in range(1, 9))
        return "never seen"
    if match := re.fullmatch(
        r"No, but with that bug in (.*) none would differ at N = (\d) either: move N\.", verdict
    ):
        assert not wrong and int(match[2]) == N and not really_wrong(guesses[match[1]], N)
        assert any(really_wrong(guesses[match[1]], n) for n in range(1, 9))
        return "not seen here"
    if "quotient" in verdict or "shape" in verdict or "backpropagation" in verdict:
        return compared(patient, N, guesses, verdict)
    clauses = re.fullmatch(r"No\. With that bug (.*)\.", verdict)[1].split("; ")
    assert len(clauses) == len(guesses)
    for clause in clauses:
        place, who = re.fullmatch(r"in (.*), (.*) would differ", clause).groups()
        theirs = really_wrong(guesses[place], N)
        assert theirs != wrong
        assert {"none": [], "all four": list(NAMES)}.get(who, parameters(who)) == theirs
        assert who in ("none", "all four") or who.startswith("only ")
    return f"others in {len(clauses)} places"


def compared(patient, N, guesses, verdict):
    """A verdict on a bug that makes the same parameters differ."""
    place, said = re.fullmatch(r"No\. With that bug in (.*?), (.*)\.", verdict).groups()
    guess = guesses[place]
    assert really_wrong(guess, N) == really_wrong(patient, N)
    if match := re.fullmatch(r"the quotient of (..) would (?:be (.*)|vary)", said):
        name, words = READ[match[1]], match[2] or "varies"
        assert agrees(words, true_quotient(guess, N, name))
        assert not agrees(words, true_quotient(patient, N, name))
        return "quotient varies" if words == "varies" else "quotient"
    if match := re.fullmatch(r"d(..) would have the (shape .*)", said):
        name = READ[match[1]]
        assert match[2] == true_quotient(guess, N, name) != true_quotient(patient, N, name)
        return "shape"
    match = re.fullmatch(
        r"backpropagation would give (.*) for entry (\d)(?: in row (\d))? of d(..), not (.*)", said
    )
    name = READ[match[4]]
    at = (int(match[2]) - 1,) if match[3] is None else (int(match[3]) - 1, int(match[2]) - 1)
    theirs, own = backward(guess, N)[name], backward(patient, N)[name]
    assert abs(value(match[1]) - theirs[at]) < 0.00051
    assert abs(value(match[5]) - own[at]) < 0.00051
    assert match[1] != match[5] and abs(theirs[at] - own[at]) == np.max(np.abs(theirs - own)) > 0.005
    return "entry"


def look(state):
    """Draw a state of the lab, hold its sentence to the truth, and return the verdict's kind."""
    picture, patient = ch08.bug_lab(**state), ch08.PATIENTS[state["patient"]]
    N, exponent = state["N"], state["exponent_of_h"]
    start, bad, fine, verdict = words_of(picture)
    assert start == f"{state['patient'].capitalize()}, N = {N}, h = 1e−{-exponent:02d}"
    assert bad == really_wrong(patient, N)
    assert fine == [name for name in NAMES if name not in bad]
    return kind(patient, N, state["diagnosis"], verdict)


def test_every_verdict_of_the_lab_is_true_and_every_kind_is_reached(quick):
    kinds = Counter(
        look({"patient": patient, "N": N, "exponent_of_h": -4, "diagnosis": diagnosis})
        for patient in ch08.PATIENTS for N in range(1, 9) for diagnosis in ch08.DIAGNOSES
    )  # fmt: skip
    assert sum(kinds.values()) == 14 * 8 * 15
    assert kinds.keys() == {
        "right", "undecided, sick", "undecided, well", "not healthy", "not healthy elsewhere", "needs",
        "never seen", "not seen here", "others in 1 places", "others in 2 places", "quotient",
        "quotient varies", "shape", "entry",
    }  # fmt: skip


def test_the_verdict_does_not_hang_on_h():
    lab = panels("08")[2]
    assert every_place(lab.controls["exponent_of_h"]) == list(range(-7, -2))
    for state in positions(lab, most=150)[-40:]:
        if not state["show_answer"]:
            look({name: state[name] for name in ("patient", "N", "exponent_of_h", "diagnosis")})


def test_no_verdict_of_the_lab_is_near_an_edge():
    """Other roundings, a million times larger even, change no word: by far ok, or by far not."""
    for exponent, some in ((-7, (4,)), (-4, range(1, 9)), (-3, (4,))):
        for patient, N in product(ch08.PATIENTS.values(), some):
            check = ch08.examine(patient, N, 10.0**exponent)
            assert check.failed() == really_wrong(patient, N)
            for name, found in check.differences.items():
                assert found.step == 10.0**exponent
                assert found.relative < 3e-7 or found.relative > 5e-3
                wrong = name in really_wrong(patient, N)
                assert agrees(ch08.quotient(check, name), true_quotient(patient, N, name) if wrong else 1)


@pytest.mark.parametrize("patient", ch08.PATIENTS)
def test_the_answer_is_the_reason_and_the_description_has_both_lines(patient):
    bug = ch08.PATIENTS[patient].bug
    for picture, first in (
        (ch08.bug_lab(patient, show_answer=True), f"The answer: {bug}. "),
        (ch08.bug_lab(patient, diagnosis=bug), f"Right: {bug}. "),
        (ch08.bug_lab(patient, diagnosis=bug, show_answer=True), f"Right: {bug}. "),
    ):
        verdict = words_of(picture)[3]
        if bug == ch08.HEALTHY:
            assert verdict == first + "Every gradient of this network is right."
            continue
        cls = rooms.BUGS[bug][0]
        assert verdict == first + cls.__doc__
        (description,) = re.findall("<desc>(.*?)</desc>", picture.content)
        wrong, right = re.search("wrong: (.*?); right: (.*?)(?:;|$)", html.unescape(description)).groups()
        source = inspect.getsource(cls)
        assert re.search(rf"{re.escape(wrong)}(  # noqa.*)?\n        ", source)
        assert f"# right: {right}\n" in source


# what the lab shows


def shapes(picture, tag):
    """The attributes of an SVG's elements of one kind, with the words of its texts."""
    found = []
    for attributes, words in re.findall(rf"<{tag} ([^>]*?)/?>([^<]*)", picture.content):
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        for name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height"):
            if name in values:
                values[name] = float(values[name])
        words = re.sub("&(gt|lt|amp|#x27|quot);", lambda m: {"gt": ">", "lt": "<", "amp": "&",
                       "#x27": "'", "quot": '"'}[m[1]], words)  # fmt: skip
        found.append({**values, "words": words})
    return found


def at(picture, y, near=1.0):
    """The texts at a height, left to right."""
    return [t["words"] for t in sorted(shapes(picture, "text"), key=lambda t: t["x"])
            if abs(t["y"] - y) <= near]  # fmt: skip


STATES = [("patient 1", 4, -4), ("patient 2", 8, -4), ("patient 3", 1, -4), ("patient 5", 3, -7),
          ("patient 9", 4, -3), ("patient 11", 4, -4), ("patient 14", 8, -6)]  # fmt: skip


@pytest.mark.parametrize(("patient", "N", "exponent"), STATES)
def test_each_parameter_has_its_bar_its_verdict_and_its_quotient(patient, N, exponent):
    case, picture = ch08.PATIENTS[patient], ch08.bug_lab(patient, N, exponent)
    assert at(picture, 26) == [patient.capitalize(), f"batch N = {N}, step h = 1e−{-exponent:02d}"]
    bars = [s for s in shapes(picture, "rect") if s["height"] == 20]
    assert at(picture, 122) == ["relative difference", "check", "backpropagation ÷ numerical"]
    assert at(picture, 300) == ["1e−9", "1e−6", "1e−3", "1"]
    assert [t["x"] for t in shapes(picture, "text") if t["y"] == 300] == [60, 150, 240, 330]
    (limit,) = (s for s in shapes(picture, "line") if s["stroke-width"] == "2.5")
    assert limit["x1"] == limit["x2"] == 150 and (limit["y1"], limit["y2"]) == (134, 284)
    for i, (name, bar) in enumerate(zip(NAMES, bars, strict=True)):
        d = ch08.examine(case, N, 10.0**exponent).differences[name]
        wrong = name in really_wrong(case, N)
        assert (bar["x"], bar["y"]) == (60, 142 + 34 * i)
        length = 30 * (9 + np.log10(np.clip(d.relative, 1e-9 * 10**0.1, 1)))
        assert bar["width"] == pytest.approx(length, abs=0.06)
        assert (bar["x"] + bar["width"] > limit["x1"]) == wrong
        assert bar["fill"] == bar["stroke"] == ("#E69F00" if wrong else "#595959")
        written, size, verdict, quotient = at(picture, 158.5 + 34 * i)
        assert (written, verdict) == (WRITTEN[name], "DIFFERS" if wrong else "ok")
        assert agrees(quotient, true_quotient(case, N, name)) if wrong else quotient == "1"
        if size == "∞":
            assert "shape" in quotient
        elif size == "< 1e−9":
            assert d.relative < 1e-9
        else:
            digits = 0.005 if d.relative > 0.01 else d.relative / 2
            assert value(size) == pytest.approx(d.relative, abs=digits, rel=0)


@pytest.mark.parametrize(("patient", "N", "exponent"), STATES)
@pytest.mark.parametrize("look_at", NAMES)
def test_both_gradients_stand_side_by_side(patient, N, exponent, look_at):
    case, picture = ch08.PATIENTS[patient], ch08.bug_lab(patient, N, exponent, look_at=look_at)
    written = WRITTEN[look_at]
    assert at(picture, 360) == [
        f"d{written} by backpropagation", f"d{written} numerical, with h = 1e−{-exponent:02d}",
    ]  # fmt: skip
    texts = [t for t in shapes(picture, "text") if 370 < t["y"] < 460]
    for left, array in ((14, backward(case, N)[look_at]), (400, truth(case, N)[look_at])):
        rows = np.atleast_2d(array)
        here = {(t["x"], t["y"]): t["words"] for t in texts if left <= t["x"] < left + 380}
        for r in range(min(len(rows), 4)):
            for c in range(min(rows.shape[1], 4)):
                shown = here.pop((left + 56 + 84 * c, 384 + 21 * r))
                assert re.fullmatch(r"−?[\d,]+\.\d{3}", shown)
                assert value(shown) == pytest.approx(rows[r, c], abs=0.0016)
        assert list(here.values()) == (["…"] if rows.shape[0] > 4 or rows.shape[1] > 4 else [])


def code_of(picture):
    """The lines of code in the picture: (label, line, color, px from the left), from the top."""
    texts = sorted((t for t in shapes(picture, "text") if t["y"] > 500), key=lambda t: (t["y"], t["x"]))
    labels = {t["y"]: t["words"] for t in texts if t["x"] == 14}
    return [(labels.get(t["y"], ""), t["words"], t["fill"], t["x"]) for t in texts if t["x"] > 14]


def really_run(patient, place):
    """The lines of the backward that runs there, without docstring, guard and comments, from the source."""
    network = patient.network()
    part = type([*network.layers, network.last_layer][place])
    parts = [part, part.relu] if issubclass(part, rooms.Skip) else [part]
    lines = []
    for one in parts:
        source = re.sub('""".*?"""', "", inspect.getsource(one.backward), flags=re.S).splitlines()[1:]
        lines += [re.sub(" *#.*", "", line)[8:] for line in source
                  if "self.check_dout" not in line and "check_forward(" not in line]  # fmt: skip
    return [line for line in lines if line]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("patient", ch08.PATIENTS)
def test_the_code_of_a_part_is_what_runs_and_tells_nothing_of_the_bug(patient, place):
    case = ch08.PATIENTS[patient]
    picture = ch08.bug_lab(patient, code_of=ch08.PLACES[place])
    assert at(picture, 488) == [f"{case.names()[place]}: code of backward(dout)"]
    shown = code_of(picture)
    comments = [line for _, line, _, _ in shown if line.startswith("#")]
    assert comments == ["# in backward of its Relu:"] * (case.names()[place] == "x + Relu(x)")
    code = [(re.sub(" *#.*", "", line), x) for _, line, _, x in shown if not line.startswith("#")]
    assert code == [(line.strip(), 80 + 9 * (len(line) - len(line.lstrip())))
                    for line in really_run(case, place)]  # fmt: skip
    assert {(label, color) for label, _, color, _ in shown} == {("", "#000000")}
    assert not re.search("right|wrong|noqa|bug", " ".join(line for _, line, _, _ in shown))
    for cls in {cls.__name__ for some in rooms.BUGS.values() for cls in some}:
        assert cls not in picture.content
    framed = [s for s in shapes(picture, "rect") if s.get("stroke-width") == "4.0"]
    assert [s["x"] for s in framed] == [14 + 182 * place]


@pytest.mark.parametrize("part", [c for cs in rooms.BUGS.values() for c in cs if c.__base__ in
                                  (layers.Affine, layers.Sigmoid, layers.Relu, layers.SoftmaxWithLoss)
                                  and "super()" not in inspect.getsource(c)])  # fmt: skip
def test_a_sick_backward_is_the_librarys_but_for_its_line(part):
    own = {"updated weights used", "= for += over the batch"}
    (bug,) = (bug for bug, some in rooms.BUGS.items() if part in some)
    wrong, right, _ = rooms.why(bug)
    mended = [line.replace(re.sub("  # noqa.*", "", wrong), right) for line in rooms.code(part)]
    assert (mended == rooms.code(part.__base__)) == (bug not in own)


@pytest.mark.parametrize("patient", ch08.PATIENTS)
def test_the_answer_marks_the_wrong_line_and_the_right_one_stands_below_it(patient):
    case = ch08.PATIENTS[patient]
    for place in range(4):
        shown = code_of(ch08.bug_lab(patient, code_of=ch08.PLACES[place], show_answer=True))
        if case.bug == ch08.HEALTHY:
            assert shown == code_of(ch08.bug_lab(patient, code_of=ch08.PLACES[place]))
            continue
        wrong, right, _ = rooms.why(case.bug)
        marked = [i for i, (label, *_) in enumerate(shown) if label]
        assert [shown[i][:3] for i in marked] == [("wrong", wrong, "#D55E00"), ("right", right, "#009E73")]
        assert marked[1] == marked[0] + 1 and shown[marked[0]][3] == shown[marked[1]][3]
        plain = [line for i, line in enumerate(shown) if i != marked[1]]
        assert [line for _, line, _, _ in plain] == [
            line for _, line, _, _ in code_of(ch08.bug_lab(patient, code_of=ch08.PLACES[case.place]))
        ]
        assert len(shown) <= ch08.LINES


def test_the_verdict_stands_below_the_picture_and_not_in_it(quick):
    for patient in ch08.PATIENTS:
        for diagnosis in ch08.DIAGNOSES:
            picture = ch08.bug_lab(patient, diagnosis=diagnosis)
            verdict = words_of(picture)[3]
            drawn = " ".join(t["words"] for t in shapes(picture, "text"))
            assert verdict[:20] not in drawn and verdict[-20:] not in drawn


def test_the_patients_parts_stand_in_a_row():
    for patient, case in ch08.PATIENTS.items():
        picture = ch08.bug_lab(patient)
        assert at(picture, 71) == case.names()
        boxes = [s for s in shapes(picture, "rect") if s.get("y") == 46]
        assert [(s["x"], s["width"]) for s in boxes] == [(14, 110), (196, 110), (378, 110), (560, 184)]
        arrows = [s for s in shapes(picture, "line") if s["y1"] == s["y2"] == 66]
        assert [s["x1"] for s in arrows] == [130, 312, 494]
        assert re.findall(r'points="([\d.]+),66', picture.content) == ["190.0", "372.0", "554.0"]


# the difference against h


@pytest.fixture(scope="module")
def the_v():
    return ch08.make_difference_against_h()


@pytest.mark.parametrize(("layer", "loss"), [("Sigmoid", "MeanSquaredError"), ("Tanh", "SoftmaxWithLoss"),
                                             ("Relu", "HalfSquaredError")])  # fmt: skip
def test_the_v_shows_the_largest_relative_difference(the_v, layer, loss):
    picture = the_v(layer, loss, -3.0)
    tolerance, whole, dot = picture.content.axes[0].lines
    hs, differences = whole.get_data()
    assert np.allclose(np.log10(hs), np.arange(-13, -0.9, 0.25))
    formula = backward(healthy(layer, loss), 4)
    for h, shown in ((1e-3, differences[40]), (10**-1.5, differences[46])):
        measured = true_gradient(layer, loss, 4, h)
        sizes = [np.max(np.abs(formula[n])) + np.max(np.abs(measured[n])) for n in NAMES]
        gaps = [np.max(np.abs(formula[n] - measured[n])) / size for n, size in zip(NAMES, sizes, strict=True)]
        assert shown == pytest.approx(max(gaps), rel=1e-3, abs=1e-11)
    assert [list(map(float, data)) for data in dot.get_data()] == [[hs[40]], [differences[40]]]
    assert set(tolerance.get_ydata()) == {1e-6}
    assert [text.get_text() for text in picture.content.axes[0].texts] == ["tolerance 1e−06"]


def healthy(layer, loss):
    affine = layers.Affine
    return ch08.Patient(ch08.HEALTHY, parts=(affine, ch08.MIDDLES[layer], affine, ch08.LOSSES[loss]))


def test_every_sentence_of_the_v_is_true(the_v):
    kinds = Counter()
    for layer in ch08.MIDDLES:
        for loss in ch08.LOSSES:
            for i, exponent in enumerate(np.arange(-13, -0.9, 0.25)):
                picture = the_v(layer, loss, exponent)
                _, whole, dot = picture.content.axes[0].lines
                d, all_d = dot.get_ydata()[0], whole.get_ydata()
                assert d == all_d[i] and dot.get_xdata()[0] == pytest.approx(10**exponent)
                low, high = picture.content.axes[0].get_ylim()
                assert low < d < high
                start, words = picture.sentence.split(": ", 1)
                assert start == f"h = {10**exponent:.0e}".replace("-", "−")
                kinds[verdict_of_the_v(words, d, all_d, i)] += 1
    assert kinds.keys() == {"above", "bends", "rounding", "luck", "small"}
    assert sum(kinds.values()) == 6 * 3 * 49


def verdict_of_the_v(words, d, all_d, i):
    """The kind of a sentence about the difference d = all_d[i], once it has been found to be true."""
    small = "too small a step. The two losses agree in nearly all digits, and what rounding leaves is "
    small += "a difference "
    if words.startswith(small):
        assert np.min(all_d[i + 1 :]) < d / 3, "a larger step is better"
        if words == small + "near the tolerance: the verdict is luck.":
            assert 1e-6 / 50 < d < 1e-6 * 50
            return "luck"
        assert words == small + "above the tolerance." and d > 1e-6
        return "small"
    if match := re.fullmatch(r"relative difference (\S+), above the tolerance\. Too large a step: within ±h "
                             r"the loss bends or has a kink\.", words):  # fmt: skip
        assert d > 1e-6 and value(match[1]) == pytest.approx(d, rel=0.05)
        assert np.min(all_d[:i]) < d / 3, "a smaller step is better"
        return "above"
    below = r"relative difference below (1e−\d\d), within the tolerance\. (.*)"
    below, rest = re.fullmatch(below, words).groups()
    assert d < value(below) <= 1e-6
    if rest == "Rounding alone could make as much.":
        return "rounding"
    assert rest == "The loss bends a little within ±h: a smaller step comes closer."
    assert np.min(all_d[:i]) < d / 1.3
    return "bends"


def test_the_left_arm_gives_no_digit_that_rounding_makes():
    """Twice or half of what was measured there: the same words."""
    differences, rounding = ch08.curve("Sigmoid", "HalfSquaredError")
    for exponent, d in zip(ch08.EXPONENTS[:33], differences, strict=False):
        h = 10.0**exponent
        assert ch08._say_h(h, d / 2, rounding / h) == ch08._say_h(h, 2 * d, rounding / h)


def test_rounding_is_ten_roundings_of_the_loss():
    case = healthy("Tanh", "MeanSquaredError")
    right, (x, t) = truth(case, 4), case.batch(4)
    smallest = min(np.max(np.abs(right[name])) for name in NAMES)
    expected = 10 * 2.0**-52 * case.network().loss(x, t) / (2 * smallest)
    assert ch08.curve("Tanh", "MeanSquaredError")[1] == pytest.approx(expected, rel=1e-6, abs=0)


# the passes


def test_the_passes_are_two_for_each_parameter_or_two_in_all():
    for state in [{"inputs": 784, "hidden": 50, "outputs": 10}, *positions(panels("08")[1], most=60)]:
        i, h, o = state["inputs"], state["hidden"], state["outputs"]
        picture, n = ch08.passes(**state), (i + 1) * h + (h + 1) * o
        assert said(picture) == (
            f"{i}-{h}-{o} has {n:,} parameters: {2 * n:,} forward passes for the numerical gradient; "
            "one forward and one backward pass for backpropagation."
        )
        assert at(picture, 28) == [f"{i}-{h}-{o}: {n:,} parameters", "lengths on a logarithmic scale"]
        upper, lower = [s for s in shapes(picture, "rect") if s["height"] == 26]
        assert (upper["x"], upper["y"], lower["x"], lower["y"]) == (14, 72, 14, 134)
        assert upper["width"] == pytest.approx(12 + 84 * np.log10(2 * n), abs=0.06)
        assert lower["width"] == pytest.approx(12 + 84 * np.log10(2), abs=0.06)
        assert (at(picture, 62), at(picture, 124)) == (["numerical gradient"], ["backpropagation"])
        assert (at(picture, 91), at(picture, 153)) == (
            [f"{2 * n:,} passes"], ["2 passes: one forward, one backward"],
        )  # fmt: skip
        beside = [t["x"] for t in shapes(picture, "text") if t["y"] in (91, 153)]
        assert beside == pytest.approx([24 + upper["width"], 24 + lower["width"]], abs=0.11)


# what the chapter's text says of the patients


def test_the_hints_in_the_text_are_true():
    alike = []
    for name, patient in ch08.PATIENTS.items():
        if really_wrong(patient, 4) == ["W1", "b1"]:
            assert [true_quotient(patient, 4, n) for n in ("W1", "b1")] == [None, None]
            alike.append(int(name.split()[1]))
    assert alike == [4, 6, 7, 8, 11, 13]
    dW = {(i, N): [gradient(ch08.PATIENTS[f"patient {i}"], N)["W1"] for gradient in (backward, truth)]
          for i in alike for N in range(1, 9)}  # fmt: skip
    for N in range(1, 9):  # the third node is dead in every row; only patient 4 gives it a gradient
        for i in (4, 7, 11):
            assert not np.any(np.abs(dW[i, N][1][:, 2]) > 1e-9)
            assert bool(np.any(dW[i, N][0][:, 2])) == (i == 4)
    assert np.all(dW[7, 4][0][:, 0] * dW[7, 4][1][:, 0] < 0), "patient 7 turns the sign of column 1"
    kept = dW[11, 4][0][:, :2] / dW[11, 4][1][:, :2]
    assert np.all((kept > 0) & (kept < 1)), "patient 11 keeps every sign and is too small"
    far = dW[6, 1][0] / dW[6, 1][1]
    assert np.all(np.abs(far[:, :2] - 1) < 0.05) and np.all(far[:, 2] > 5)
    for i, living in ((8, 0.5), (13, 1.0)):
        quotients = dW[i, 1][0] / dW[i, 1][1]
        assert np.allclose(quotients, [0, living, 0], atol=1e-6)
    x, _ = ch08.PATIENTS["patient 8"].batch(1)
    first = ch08.PATIENTS["patient 8"].network().layers[0].forward(x)
    assert list(first[0] > 0) == [False, True, False]


# the questions


def test_the_difference_of_two_right_gradients_is_tiny_and_not_0():
    patient = healthy("Sigmoid", "MeanSquaredError")
    check = check_gradients(patient.network(), *patient.batch(4))
    assert all(0 < d.relative < 1e-7 for d in check.differences.values())
    assert ch08.EXACTLY_0.answer == "tiny, hardly ever 0"


def test_below_1e_4_the_difference_gets_smaller_then_larger():
    d, _ = ch08.curve("Sigmoid", "HalfSquaredError")
    at = dict(zip(np.round(ch08.EXPONENTS, 2), d, strict=True))
    assert at[-5] < at[-4] < at[-3] and at[-12] > 100 * at[-5]


def test_relu_with_a_half_square_has_a_cliff_at_a_kink():
    """Left of the cliff the central difference is exact but for rounding; the cliff is where a ReLU's
    input changes its side."""
    d, _ = ch08.curve("Relu", "HalfSquaredError")
    cliff = int(np.argmax(np.diff(np.log10(d)) > 2))
    assert d[cliff] < 1e-9 and d[cliff + 1] > 1e-6
    patient = healthy("Relu", "HalfSquaredError")
    x, _ = patient.batch(4)
    z = patient.network().layers[0].forward(x)
    reach = np.maximum(1, np.abs(x).max(axis=1))[:, None]  # how far a step of 1 in W1 or b1 moves z
    nearest = np.log10(np.min(np.abs(z) / reach))
    assert ch08.EXPONENTS[cliff] - 0.3 < nearest < ch08.EXPONENTS[cliff + 1] + 0.3
    assert ch08.CLIFF.answer == "the loss is a parabola up to a kink"


def test_twice_the_hidden_nodes_take_four_times_as_long():
    """The work of a measurement: its passes, times the multiplications of one."""

    def work(hidden):
        network = TwoLayerNet(784, hidden, 10, rng=0)
        products = sum(network.params[name].size for name in ("W1", "W2"))
        return 2 * sum(array.size for array in network.params.values()) * products, 2 * products

    (once, formula), (twice, formula_twice) = work(50), work(100)
    assert twice / once == pytest.approx(4, abs=0.01) and formula_twice == 2 * formula
    assert ch08.TWICE_HIDDEN.answer == "about 4 times as long"


def test_a_bound_is_a_power_of_ten_above_and_never_tells_rounding():
    assert ch08.below([1e-12, 5.6e-9]) == ch08.below([0.0, 0.0]) == "below 1e-08"
    assert ch08.below([1e-12, 2e-8]) == "below 1e-07" and ch08.below([0.3]) == "below 1e+00"


def test_the_chapters_checks_stay_well_below_what_is_printed():
    """Another machine's rounding moves no bound: 1e-8 is far above the largest difference."""
    cells = [cell for cell in read(CHAPTERS[8])["cells"] if cell["cell_type"] == "code"]
    first = next(i for i, cell in enumerate(cells) if "for layer in layers" in "".join(cell["source"]))
    printed = "".join("".join(cell["outputs"][0]["text"]) for cell in cells[first : first + 2])
    assert printed.count("ok below 1e-08") == 10
    names, seen = {}, []
    with patch.object(ch08, "below", lambda differences: seen.append(max(differences))):
        for cell in cells[: first + 2]:
            if "ask(" not in "".join(cell["source"]):
                exec("".join(cell["source"]), names)
    assert len(seen) == 10 and max(seen) < 1e-8 / 1.5


def test_the_checks_divisor_hides_rounding_and_h_over_100_is_tried():
    """As the chapter says below its definition; the panel shows the formula alone."""
    case = healthy("Sigmoid", "HalfSquaredError")
    check = check_gradients(case.network(), *case.batch(4), 1e-12)
    bare = [relative_size(d) for d in check.differences.values()]
    printed = [d.relative for d in check.differences.values()]
    assert check.ok and max(bare) > 1e-5 and max(printed) <= 1e-6
    at_the_kink = healthy("Relu", "HalfSquaredError")
    steps = {
        d.step
        for d in check_gradients(at_the_kink.network(), *at_the_kink.batch(4), 0.1).differences.values()
    }
    assert 0.1 / 100 in steps
    assert ch08.curve("Relu", "HalfSquaredError")[0][-1] > 1e-6, "there the panel shows h alone"


def relative_size(d):
    a, b = d.backpropagation, d.numerical
    return np.max(np.abs(a - b)) / (np.max(np.abs(a)) + np.max(np.abs(b)))


def test_a_tanh_without_its_square_accuses_W1_and_b1():
    class Careless(layers.Tanh):
        def backward(self, dout):
            return dout * (1 - self.y)

    patient = rooms.Patient(rooms.HEALTHY, parts=(layers.Affine, Careless, layers.Affine,
                                                  layers.MeanSquaredError))  # fmt: skip
    check = check_gradients(patient.network(), *patient.batch(4))
    assert " and ".join(check.failed()) == ch08.WHO_DIFFERS.answer


@pytest.mark.parametrize("N", [2, 4])
def test_a_second_1_over_N_makes_the_quotient_1_over_N(N):
    class Twice(layers.SoftmaxWithLoss):
        def backward(self, dout=1.0):
            return super().backward(dout) / len(self.p)

    patient = rooms.Patient(rooms.HEALTHY, parts=(layers.Affine, layers.Relu, layers.Affine, Twice))
    usual = rooms.Patient(rooms.HEALTHY)
    right = truth(usual, N)
    for name, found in patient.network().gradient(*usual.batch(N)).items():
        assert np.allclose(found, right[name] / N, atol=1e-8)
    assert ch08.QUARTER.answer == "1/N was taken twice"


# your turn


def patient_15(W="self.x.T @ dout", b="dout.sum(axis=0)", dx='dout @ self.params["W"].T'):
    """A learner's attempt, made of three lines."""
    names = {"Affine": layers.Affine, "np": np}
    exec(
        "class Patient15(Affine):\n    def backward(self, dout):\n"
        f'        self.grads["W"] = {W}\n        self.grads["b"] = {b}\n        return {dx}\n',
        names,
    )
    return names["Patient15"]


SICK_B, SICK_DX = "dout.mean(axis=0)", 'dout @ self.params["W"]'


@pytest.mark.parametrize(
    ("attempt", "right", "words"),
    [
        ({"b": SICK_B, "dx": SICK_DX}, None, "○ Not written yet: nothing is mended. W1, b1 and b2 differ."),
        ({}, True, "✓ Right. W1, b1, W2 and b2 are ok"),
        ({"b": SICK_B}, False, "b1 and b2 differ. W1 and W2 are ok. b2 is 4 times too small"),
        ({"dx": SICK_DX}, False, "W1 and b1 differ. W2 and b2 are ok: look at a dx."),
        ({"b": "dout"}, False, "it is not summed over the batch"),
        ({"b": "dout.sum(axis=1)"}, False, "summed over the wrong axis"),
        ({"b": "-dout.sum(axis=0)"}, False, "the sign is flipped"),
        (
            {"dx": '-dout @ self.params["W"].T'},
            False,
            "W1 and b1 differ. W2 and b2 are ok: look at a dx. b1 has the right size and the wrong sign",
        ),
        ({"W": "dout.T @ self.x"}, False, "W1 and W2 differ. b1 and b2 are ok. W2 looks transposed"),
        ({"W": "self.x.T @ dout / 4"}, False, "W2 is 4 times too small, and 4 is the batch size N"),
        ({"dx": 'self.params["W"].T @ dout'}, False, "It stops with ValueError"),
        ({"dx": "None"}, False, "It stops with ValueError: Tanh.backward: dout of shape ()"),
        ({"b": "None"}, False, "b1 and b2 differ"),
    ],
)
def test_a_mended_patient_is_examined_and_told_who_still_differs(attempt, right, words):
    reply = ch08.check_patient(patient_15(**attempt))
    assert reply.right is right and words in repr(reply), reply
    assert "stops with" in words or re.search(r"[^.?]\.$", reply.words)
