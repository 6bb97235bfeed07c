"""The pictures of chapter 08: the check's difference against h, what it costs, and the bug lab."""

from functools import lru_cache

import numpy as np

from ..explore.figures import moving_dot, moving_line, new_figure
from ..explore.picture import Picture, drawing
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FORWARD, GRID, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, box, line, svg, text
from ..explore.words import decimals, listed, number, power, symbol
from ..homework import diagnose
from ..layers import (
    Affine,
    Elu,
    HalfSquaredError,
    LeakyRelu,
    Maxout,
    MeanSquaredError,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
)
from ..network import Network
from ..numerical import TOLERANCE, check_gradients
from .ch08_patients import HEALTHY, PATIENTS, Patient, TwoBugs, code, needs, why

# --- difference against h ---------------------------------------------------------------------


def maxout():
    """A Maxout layer of 3 nodes for 3 inputs."""
    rng = np.random.default_rng(5)
    W1, W2 = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    return Maxout(W1, rng.standard_normal(3), W2, rng.standard_normal(3))


MIDDLES = {c.__name__: c for c in (Sigmoid, Tanh, Relu, LeakyRelu, Elu)} | {"Maxout": maxout}
LOSSES = {c.__name__: c for c in (HalfSquaredError, MeanSquaredError, SoftmaxWithLoss)}
EXPONENTS = np.arange(-13, -0.75, 0.25)


def make_difference_against_h():
    """draw(layer, loss, exponent_of_h): the V of the check's difference against h."""
    figure, ax = new_figure(
        400, xlabel="step h", ylabel="largest relative difference", xscale="log", yscale="log",
        xlim=(5e-14, 2e-1), ylim=(1e-15, 5),
    )  # fmt: skip
    ax.axhline(TOLERANCE, color=DATA, linewidth=1.5)
    ax.text(1e-8, 2e-6, f"tolerance {power(TOLERANCE, 0)}", fontsize=10.5)
    whole = moving_line(ax, color=BACKWARD, linewidth=2)
    chosen = moving_dot(ax, markersize=12)

    def draw(layer="Sigmoid", loss="HalfSquaredError", exponent_of_h=-4.0):
        differences, rounding = curve(layer, loss)
        i = int(np.argmin(np.abs(EXPONENTS - exponent_of_h)))
        h = 10.0 ** EXPONENTS[i]
        whole.set_data(10.0**EXPONENTS, differences)
        chosen.set_data([h], [differences[i]])
        return Picture(figure, _say_h(h, differences[i], rounding / h))

    return draw


@lru_cache(maxsize=32)
def curve(layer, loss):
    """The largest relative difference of any parameter for each h = 10^EXPONENTS, as an array.

    Also rounding's part in it at h = 1, ten roundings of the loss: a float, which grows as 1 / h.
    """
    patient = Patient(HEALTHY, parts=(Affine, MIDDLES[layer], Affine, LOSSES[loss]))
    network, (x, t) = patient.network(), patient.batch(4)
    formula = network.gradient(x, t)
    size = {name: np.max(np.abs(a)) for name, a in formula.items()}

    def difference(h):
        measured = network.numerical_gradient(x, t, h)
        return max(
            np.max(np.abs(a - measured[name])) / (size[name] + np.max(np.abs(measured[name])))
            for name, a in formula.items()
        )

    rounding = 10 * np.finfo(float).eps * network.loss(x, t) / (2 * min(size.values()))
    return np.array([difference(h) for h in 10.0**EXPONENTS]), rounding


def _say_h(h, difference, rounding):
    """What the check finds at h, in words that hold on every machine.

    difference: as measured. rounding: ten roundings of the loss; what is measured is 1/70 to 1/7 of it
    where rounding is all there is, and another number on each machine.
    """
    words = f"h = {power(h, 0)}: "
    if difference > max(3 * rounding, TOLERANCE):
        words += f"relative difference {power(difference)}, above the tolerance. "
        return words + "Too large a step: within ±h the loss bends or has a kink."
    if rounding < 4 * TOLERANCE:
        below = min(10 ** np.ceil(np.log10(max(difference, rounding))), TOLERANCE)
        words += f"relative difference below {power(below, 0)}, within the tolerance. "
        if difference > 3 * rounding:
            return words + "The loss bends a little within ±h: a smaller step comes closer."
        return words + "Rounding alone could make as much."
    words += "too small a step. The two losses agree in nearly all digits, and what rounding leaves is "
    if rounding < 200 * TOLERANCE:
        return words + "a difference near the tolerance: the verdict is luck."
    return words + "a difference above the tolerance."


def below(differences):
    """The power of ten above all differences, in words: 1e-08 at the least, as rounding lies below it."""
    return f"below {10.0 ** max(np.ceil(np.log10(max(*differences, 1e-99))), -8):.0e}"


# --- what both methods cost -------------------------------------------------------------------


def passes(inputs=784, hidden=50, outputs=10):
    """How many passes through a two-layer network either gradient takes, as bars on a log scale."""
    parameters = inputs * hidden + hidden + hidden * outputs + outputs

    def bar(y, name, count, words, color):
        width = 12 + 84 * np.log10(count)
        return (
            text(14, y, name, color, "start", bold=True)
            + box(14, y + 10, width, 26, color, color, 1, 0)
            + text(24 + width, y + 29, words, anchor="start")
        )

    return drawing(
        180, "Passes through the network",
        f"{inputs}-{hidden}-{outputs} has {parameters:,} parameters: {2 * parameters:,} forward passes "
        "for the numerical gradient; one forward and one backward pass for backpropagation.",
        text(14, 28, f"{inputs}-{hidden}-{outputs}: {parameters:,} parameters", DATA, "start", 17, bold=True),
        text(746, 28, "lengths on a logarithmic scale", MUTED, "end"),
        bar(62, "numerical gradient", 2 * parameters, f"{2 * parameters:,} passes", DATA),
        bar(124, "backpropagation", 2, "2 passes: one forward, one backward", BACKWARD),
    )  # fmt: skip


# --- the bug lab ------------------------------------------------------------------------------

UNDECIDED = "choose a name …"
DIAGNOSES = [UNDECIDED, *sorted((patient.bug for patient in PATIENTS.values()), key=str.lower)]
PARAMETERS = ("W1", "b1", "W2", "b2")
PLACES = ("Affine 1", "middle", "Affine 2", "loss")


def bug_lab(
    patient="patient 1", N=4, exponent_of_h=-4, look_at="W1", code_of="Affine 1", diagnosis=UNDECIDED,
    show_answer=False,
):  # fmt: skip
    """A patient's gradient check, its code, and a word on the learner's diagnosis.

    N: rows of the batch. h = 10^exponent_of_h. look_at: the parameter whose two gradients are shown.
    code_of: the part whose backward is shown. The bug is revealed once diagnosis names it, or with
    show_answer: then the code is that of the sick part, and its wrong line is marked.
    """
    case, h = PATIENTS[patient], 10.0**exponent_of_h
    check = examine(case, N, h)
    revealed = show_answer or diagnosis == case.bug
    if revealed:
        verdict = f"{'Right' if diagnosis == case.bug else 'The answer'}: {case.bug}."
    else:
        verdict = _verdict(case, N, h, diagnosis)
    sentence = f"{patient.capitalize()}, N = {N}, h = {power(h, 0)}: {_findings(check)}. {verdict}"
    place, lines = PLACES.index(code_of), []
    if revealed and case.bug == HEALTHY:
        sentence += f" {ALL_RIGHT}"
    elif revealed:
        place, lines = case.place, why(case.bug)[:2]
        sentence += f" {why(case.bug)[2]}"
    name, written = case.names()[place], _marked(code(case.classes()[place]), *lines)
    words = "; ".join(f"{label}: {line.strip()}" if label else line.strip() for label, line in written)
    return Picture(svg(
        502 + 21 * LINES, "The bug lab", f"{sentence} Backward of {name}: {words}",
        text(14, 26, patient.capitalize(), anchor="start", size=18, bold=True),
        text(746, 26, f"batch N = {N}, step h = {power(h, 0)}", anchor="end"),
        _chain(case.names(), place),
        _bars(check),
        _compare(look_at, check.differences[look_at]),
        _code(name, written),
    ), sentence)  # fmt: skip


ALL_RIGHT = "Every gradient of this network is right."
LINES = 7  # that the longest code takes, with the right line below the wrong one


def _marked(lines, wrong=None, right=None):
    """Lines of code as (label, line): the wrong one is marked, and the right one stands below it."""
    marked = []
    for written in lines:
        marked.append(("wrong" if written.strip() == wrong else "", written))
        if written.strip() == wrong:
            marked.append(("right", written.replace(wrong, right)))
    return marked


@lru_cache(maxsize=2048)
def examine(patient, N, h):
    """check_gradients on a Patient and the first N rows: a GradientCheck."""
    return check_gradients(patient.network(), *patient.batch(N), h)


def quotient(check, name):
    """backpropagation ÷ numerical for one parameter, in words: a number, "varies", or two shapes."""
    difference = check.differences[name]
    a, b = difference.backpropagation, difference.numerical
    if a.shape != b.shape:
        return f"shape {a.shape}, not {b.shape}"
    if name not in check.failed():
        return "1"
    q = np.sum(a * b) / np.sum(b * b)  # the best one; it rests on the large entries
    off = np.max(np.abs(a - q * b))
    same = off <= 0.002 * np.max(np.abs(a)) or off <= 1e-6 * np.max(np.abs(b))  # the second: a is 0
    return number(round(float(q), 6), 2) if same else "varies"


def _findings(check):
    """Who differs and who does not."""
    bad = check.failed()
    fine = [symbol(name) for name in check.differences if name not in bad]
    if not bad:
        return "every parameter is ok"
    words = f"{listed(map(symbol, bad))} {'differs' if len(bad) == 1 else 'differ'}"
    return f"{words}; {listed(fine)} {'is' if len(fine) == 1 else 'are'} ok" if fine else words


def _verdict(case, N, h, diagnosis):
    """A word on a diagnosis that is not the right one, with a reason that can be seen."""
    check = examine(case, N, h)
    if diagnosis == UNDECIDED:
        if check.failed():
            return "What is the bug? Choose a diagnosis."
        return "Healthy? A check sees only what its batch shows: try other N, then choose a diagnosis."
    if diagnosis == HEALTHY:
        return "No: a healthy network passes at every N." if check.failed() else "Not at every N: move N."
    guesses = case.having(diagnosis)
    if not guesses:
        return f"No: that bug needs {' or '.join(needs(diagnosis))}, and this patient has none."
    same = [guess for guess in guesses if examine(guess, N, h).failed() == check.failed()]
    if same:
        return _compared(case, same[0], N, h)
    seen = [f"in {guess.names()[guess.place]}, {_who(examine(guess, N, h))}" for guess in guesses]
    return f"No. With that bug {'; '.join(seen)}."


def _who(check):
    """Who would differ."""
    bad = check.failed()
    if len(bad) in (0, len(check.differences)):
        return "all four would differ" if bad else "none would differ"
    return f"only {listed(map(symbol, bad))} would differ"


def _compared(case, guess, N, h):
    """What tells a guess from the patient though the same parameters differ: the first thing to see."""
    check, other, place = examine(case, N, h), examine(guess, N, h), guess.names()[guess.place]
    if not check.failed():
        ever = any(examine(guess, rows, h).failed() for rows in range(1, 9))
        if ever:
            return f"No, but with that bug in {place} none would differ at N = {N} either: move N."
        return f"No: with that bug in {place} none would differ at any N."
    words = f"No. With that bug in {place},"
    for name in check.failed():
        if (its := quotient(other, name)) != quotient(check, name):
            if its.startswith("shape"):
                return f"{words} d{symbol(name)} would have the {its}."
            would = "vary" if its == "varies" else f"be {its}"
            return f"{words} the quotient of {symbol(name)} would {would}."
    name = check.failed()[0]
    own, its = (c.differences[name].backpropagation for c in (check, other))
    at = np.unravel_index(np.argmax(np.abs(own - its)), own.shape)
    entry = "entry " + " in row ".join(str(i + 1) for i in reversed(at))
    return (
        f"{words} backpropagation would give {decimals(its[at], 3)} for {entry} of d{symbol(name)}, "
        f"not {decimals(own[at], 3)}."
    )


# the picture's parts


def _chain(names, chosen):
    """The patient's layers and loss in a row; the one whose code is shown has a thick frame."""
    x, shapes = 14, []
    for i, (name, width) in enumerate(zip(names, (110, 110, 110, 184), strict=True)):
        if x > 14:
            shapes.append(arrow(x - 66, 66, x - 6, 66, FORWARD))
        color, thickness = (HIGHLIGHT, 4) if i == chosen else (DATA, 2)
        shapes.append(box(x, 46, width, 40, color, line_width=thickness))
        shapes.append(text(x + width / 2, 71, name, bold=True))
        x += width + 72
    return "".join(shapes)


LEFT, DECADE, TOP, ROW = 60, 30, 150, 34  # px: where 1e-9 stands, one power of ten, the first bar, a row


def _bars(check):
    """The relative difference of each parameter on a log scale, and its verdict in words."""

    def at(difference):
        return LEFT + DECADE * (np.log10(min(max(difference, 1e-9), 1)) + 9)

    bottom = TOP + ROW * len(check.differences)
    shapes = [
        text(LEFT, 122, "relative difference", anchor="start", bold=True),
        text(408, 122, "check", anchor="start", bold=True),
        text(496, 122, "backpropagation ÷ numerical", anchor="start", bold=True),
    ]
    for exponent in (-9, -6, -3, 0):
        x = at(10.0**exponent)
        shapes.append(line(x, TOP - 12, x, bottom - 4, GRID, 1))
        shapes.append(text(x, bottom + 14, "1" if exponent == 0 else f"1e−{-exponent}", MUTED, size=14))
    for i, (name, difference) in enumerate(check.differences.items()):
        y, fails = TOP + ROW * i, name in check.failed()
        color = HIGHLIGHT if fails else MUTED
        shapes.append(text(LEFT - 12, y + 9, symbol(name), PARAMETER, "end", 17, bold=True))
        shapes.append(box(LEFT, y - 8, max(at(difference.relative) - LEFT, 3), 20, color, color, 1, 0))
        shapes.append(text(392, y + 8, _short(difference.relative), anchor="end"))
        shapes.append(text(408, y + 8, "DIFFERS" if fails else "ok", anchor="start", bold=fails))
        shapes.append(text(496, y + 8, quotient(check, name), anchor="start"))
    limit = at(check.tolerance)
    shapes.append(line(limit, TOP - 16, limit, bottom - 2, DATA, 2.5))
    shapes.append(text(limit + 8, bottom + 34, "tolerance 1e−6", size=14))
    return "".join(shapes)


def _short(difference):
    """A relative difference in few characters; below 1e-9 it is rounding, another on each machine."""
    if difference < 1e-9:
        return "< 1e−9"
    if np.isinf(difference):
        return "∞"
    return decimals(difference, 2) if difference > 0.01 else power(difference, 0)


def _compare(name, difference):
    """Both gradients of one parameter, entry by entry."""
    top, shapes = 360, []
    numerical = f"numerical, with h = {power(difference.step, 0)}"
    for x, words, array, color in ((14, "by backpropagation", difference.backpropagation, BACKWARD),
                                   (400, numerical, difference.numerical, DATA)):  # fmt: skip
        shapes.append(text(x, top, f"d{symbol(name)} {words}", color, "start", bold=True))
        rows = np.atleast_2d(array)
        for r, row in enumerate(rows[:4]):
            for c, value in enumerate(row[:4]):
                shapes.append(text(x + 56 + 84 * c, top + 24 + 21 * r, decimals(value, 3), color, "end"))
        if rows.shape[0] > 4 or rows.shape[1] > 4:
            shapes.append(text(x + 330, top + 24 + 21 * r, "…", color, "start"))
    return "".join(shapes)


def _code(name, lines):
    """The backward of one part, line by line; lines: as _marked gives them."""
    shapes = [
        line(14, 462, 746, 462, GRID),
        text(14, 488, f"{name}: code of backward(dout)", anchor="start", bold=True),
    ]
    for i, (label, written) in enumerate(lines):
        color, y = {"wrong": BACKWARD, "right": FORWARD}.get(label, DATA), 512 + 21 * i
        indent = len(written) - len(written.lstrip())
        shapes.append(text(14, y, label, color, "start", bold=True))
        shapes.append(text(80 + 9 * indent, y, written.strip(), color, "start", code=True))
    return "".join(shapes)


# the questions, in the chapter's order
# fmt: off

EXACTLY_0 = Question(
    "Both are right. Their difference is", "tiny, hardly ever 0",
    "The numerical gradient is an approximation, and computers round. The difference should be tiny beside "
    "the gradient itself.",
    "Chapter 05 measured a slope with h = 1e−4. Was it exact?",
    {"exactly 0": "The central difference is an approximation, and both are rounded.",
     "as large as h": "The central difference's error goes with h², and h² is 1e−8."},
    choices=("exactly 0", "tiny, hardly ever 0", "as large as h"),
)
CLIFF = Question(
    "No right arm, but a cliff, because", "the loss is a parabola up to a kink",
    "Along one weight this loss is a parabola, and for a parabola the central difference is exact, for any "
    "h. Then a ReLU's input crosses 0: the kink. check_gradients therefore tries h / 100 as well before it "
    "says DIFFERS.",
    "ReLU is straight on either side of 0. What does the square make of a straight line?",
    {"rounding grows with h": "Rounding matters less, the larger h is: it is the left arm.",
     "ReLU has no slope": "It has: 1 above 0, and 0 below."},
    choices=("rounding grows with h", "ReLU has no slope", "the loss is a parabola up to a kink"),
)
TWICE_HIDDEN = Question(
    "With 100 hidden nodes, the measurement takes", "about 4 times as long",
    "Twice as many parameters, so twice as many passes, and each pass takes twice the multiplications. "
    "Backpropagation makes two passes as before: about 2 times as long.",
    "How many parameters are there now? And how much work is one pass?",
    {"about 2 times as long": "So many more passes, but each of them also takes twice the work.",
     "as long": "Each new weight takes two passes of its own.",
     "about 8 times as long": "The passes double, and the work of one pass. What else would?"},
    choices=("as long", "about 2 times as long", "about 4 times as long", "about 8 times as long"),
)
WHO_DIFFERS = Question(
    "Who will differ?", "W1 and b1",
    "Their gradient comes back through the tanh. W2's and b2's does not.",
    "Walk backward from the loss. Whose gradients are ready before you reach the tanh?",
    {"W2 and b2": "Backward, the last Affine comes first: its gradients never pass the tanh.",
     "all four": "The last Affine's gradients never pass the tanh.",
     "W1 only": "b1 gets its gradient from the same dout as W1."},
    choices=("W1 and b1", "W2 and b2", "all four", "W1 only"),
)
QUARTER = Question(
    "0.25 at N = 4, 0.5 at N = 2", "1/N was taken twice",
    "Every gradient is then 1/N times what it should be: 1/4 and 1/2.",
    "Which factor is 1/4 at N = 4, and 1/2 at N = 2?",
    {"1/N is missing": "Then the quotients would be N: 4 and 2.",
     "a factor 2 is missing": "Then the quotient would be 0.5 at every N."},
    choices=("1/N is missing", "1/N was taken twice", "a factor 2 is missing"),
)
# fmt: on


# your turn


def check_patient(layer):
    """Examine a learner's Affine as both Affines of a small network, with check_gradients."""
    before = _examination(TwoBugs)
    try:
        check = _examination(layer)
    except Exception as error:  # shown, not swallowed: the learner mends it in the cell above
        return Reply(False, f"It stops with {type(error).__name__}: {error}")
    failed = check.failed()
    if not failed:
        return Reply(True, "W1, b1, W2 and b2 are ok: the patient is healthy.")
    found = f"{listed(failed)} {'differs' if len(failed) == 1 else 'differ'}"
    if all(np.array_equal(d.backpropagation, before.differences[name].backpropagation)
           for name, d in check.differences.items()):  # fmt: skip
        return Reply(None, f"○ Not written yet: nothing is mended. {found}.")
    fine = [name for name in check.differences if name not in failed]
    rest = f" {listed(fine)} {'is' if len(fine) == 1 else 'are'} ok" if fine else ""
    if failed == ["W1", "b1"]:
        rest += ": look at a dx"
    first = check.differences[failed[-1]]  # backward, the last one comes first
    reason = diagnose.explain(failed[-1], first.backpropagation, first.numerical, batch=4)
    words = [found, rest.strip(), "" if "is not right" in reason else reason.rstrip("?")]
    return Reply(False, " ".join(f"{word}." for word in words if word))


def _examination(layer):
    """check_gradients on a 3-3-3 network of this Affine, with N = 4."""
    normal = np.random.default_rng(15).standard_normal
    layers = [layer(normal((3, 3)), normal(3)), Tanh(), layer(normal((3, 3)), normal(3))]
    return check_gradients(Network(layers, MeanSquaredError()), normal((4, 3)), normal((4, 3)))
