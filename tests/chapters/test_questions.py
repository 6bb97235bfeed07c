"""Every prediction and every Your turn of the chapters: right, each foreseen mistake, rubbish, untouched.

What is the right answer, and why each mistake is one, the tests of each chapter work out on their own.
"""

import re
from unittest.mock import patch

import numpy as np
import pytest
from asked import ALL, HERE, parts, turns, written
from backprop.chapters.turn import turn
from backprop.explore import Question, Reply, ask, question, tally
from backprop.explore.question import numbers
from backprop.explore.words import number

from notebooks import ran, read


@pytest.fixture(autouse=True)
def nothing_asked_yet():
    with patch.multiple(question, _asked={}, _tallies=[]):
        yield


# every question of the chapters


@pytest.mark.parametrize("name", ALL)
def test_the_right_answer_is_right_however_it_is_written(name):
    found = ALL[name]
    texts = [written(found.answer)]
    if not found.choices:
        texts += [written(found.answer, lambda text: text.replace(".", ",").replace("-", "−"))]
        texts += [f" {texts[0]} {found.unit}"]
    for text in texts:
        answer = ask(found)
        answer.field.value = text
        answer.check()
        assert answer.reply.right and found.reason in answer.reply.words
        assert found.reason.endswith((".", "”")), "a reason is not a question"
        assert answer.first is True


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].mistakes])
def test_a_foreseen_mistake_gets_its_own_reason(name):
    found = ALL[name]
    reasons = list(found.mistakes.values())
    assert len(set(reasons)) == len(reasons)
    for wrong, reason in found.mistakes.items():
        answer = ask(found)
        answer.field.value = written(wrong)
        answer.check()
        assert answer.reply.right is False and answer.reply.words.endswith(reason)


@pytest.mark.parametrize("name", ALL)
def test_what_is_no_answer_is_no_try(name):
    answer = ask(ALL[name])
    answer.check()
    assert answer.reply.right is None and "Nothing here yet" in answer.reply.words
    if not ALL[name].choices:
        for rubbish in ("soon", "1/0", "nan", "inf", "--1", "1e", "½½", "1;2;3;4;5;6;7"):
            answer.field.value = rubbish
            answer.check()
            assert answer.reply.right is None and "can't read" in answer.reply.words, rubbish
    assert answer.first is None and answer._show.disabled


@pytest.mark.parametrize("name", ALL)
def test_any_other_answer_gets_the_hint_and_none_tells_the_answer(name):
    found = ALL[name]
    if found.choices:
        others = [choice for choice in found.choices if choice not in (found.answer, *found.mistakes)]
    else:
        several = found.answer if isinstance(found.answer, tuple) else (found.answer,)
        others = ["; ".join(repr(1.7 * value + 123.4) for value in several)]
    for other in others:
        assert found.judge(other) == (False, found.hint)
    if not found.choices and not isinstance(found.answer, tuple):
        said = re.findall(r"−?[\d,]*\.?\d+", found.hint)
        assert number(found.answer, 6) not in said


@pytest.mark.parametrize("chapter", HERE)
def test_each_question_is_asked_once_below_its_prose_and_counted(chapter):
    cells = read(HERE[chapter])["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    asked = [(i, text) for i, text in enumerate(texts) if text.startswith("ask(")]
    mine = [name for name in ALL if name.startswith(f"ch{chapter}.")]
    assert [text for _, text in asked] == [f"ask({name})" for name in mine], "in the order of the module"
    assert all("**Predict.**" in texts[i - 1] for i, _ in asked)
    assert sum("**Predict.**" in text for text in texts) == len(asked)
    labels = [ALL[name].label for name in mine]
    assert len(set(labels)) == len(labels) and all(len(label) <= 45 for label in labels)
    assert sum(text == "tally()" for text in texts) == (1 if mine else 0)


# the mechanism


def test_numbers():
    assert numbers("−0.5") == [-0.5] and numbers("1/2") == [0.5] and numbers("10 %") == [0.1]
    assert numbers("0,5") == [0.5, 5] and numbers("1,000") == [1, 1000]
    assert numbers("39,760") == [39.76, 39760]
    assert numbers("1e-4") == [1e-4] and numbers(" 2 ") == [2]
    assert numbers("") == numbers("x") == numbers("1/0") == numbers("nan") == []


EXAMPLE = Question("x", 2.5, "Because.", "Think.", {10: "Too many."}, within=0.01, unit="cm")


def test_a_tolerance_is_stated_and_kept():
    assert EXAMPLE.expects == "a number in cm, to within 0.01"
    assert EXAMPLE.judge("2.51")[0] and EXAMPLE.judge("2.49 cm")[0]
    assert EXAMPLE.judge("2.52") == (False, "Think.") and EXAMPLE.judge("10.01") == (False, "Too many.")


PAIR = Question("y", (-0.25, 4.1), "r", "h")


@pytest.mark.parametrize(
    "text",
    ["a=-0.25, b=4.1", "a = −0.25 and b = 4.1", "-0.25 and 4.1", "-0.25, and 4.1", "-0.25 won, 4.1 won",
     "-0.25 won and 4.1 won", "new a: -0.25, new b: 4.1", "a=-0.25 b=4.1", "(a = -0,25; b = 4,1)",
     "w1 = -1/4, w2 = 4.1 cm²"],
)  # fmt: skip
def test_names_words_and_the_word_and_are_read_past_in_several_numbers(text):
    assert PAIR.judge(text)[0] is True


@pytest.mark.parametrize(
    "text",
    ["x = 2.5", "x=2.5 cm", "2.5 passes", "2.5 won more", "x ≈ 5/2", "250 percent", "2.5cm", "W₁ = 2.5"],
)
def test_names_and_words_are_read_past_in_one_number(text):
    assert EXAMPLE.judge(text)[0] is True


@pytest.mark.parametrize(
    "text", ["2 x 5", "2x = 5", "2 x = 5", "2 and 5", "2 or 5", "2.5 thousand", "3 million", "x =", "x 2.5",
             "1e", "and", "a" * 5000, "2" + " a" * 3000 + " 5"]
)  # fmt: skip
def test_what_might_mean_something_else_is_not_read(text):
    assert EXAMPLE.judge(text)[0] is None and PAIR.judge(text + " =")[0] is None


def test_the_first_try_counts_also_when_the_cell_runs_again():
    answer = ask(EXAMPLE)
    line = tally()
    assert line.sentence == "1 prediction: 0 made, 0 right at first try."
    answer.field.value = "3"
    assert "Not yet" in answer._reply.value and line.sentence == "1 prediction: 1 made, 0 right at first try."
    answer.field.value = "2.5"
    assert "Right" in answer._reply.value and "0 right at first try" in line.value
    again = ask(EXAMPLE)
    again.field.value = "2.5"
    assert again.first is False and not again._show.disabled
    other = ask(Question("y", "up", "r", "h", choices=("up", "down")))
    other.field.value = "up"
    assert line.sentence == "2 predictions: 2 made, 1 right at first try."


def test_the_answer_is_shown_after_one_try():
    answer = ask(EXAMPLE)
    assert answer._show.disabled
    answer.field.value = "3"
    answer._show.click()
    assert answer.reply.words == "2.5 cm. Because." and answer.reply.right is None


def test_a_page_without_a_kernel_has_the_folded_answer():
    bundle = ask(EXAMPLE)._repr_mimebundle_()
    assert bundle["text/plain"] == "x: a number in cm, to within 0.01"
    assert bundle["text/html"] == "<details><summary>x</summary>2.5 cm. Because.</details>"
    assert tally()._repr_mimebundle_()["text/plain"] == "1 prediction: 0 made, 0 right at first try."


def test_mistakes_are_among_the_choices():
    with pytest.raises(ValueError, match="among the choices"):
        Question("x", "up", "r", "h", {"left": "no"}, choices=("up", "down"))


def test_a_reply_says_its_verdict_in_words_and_shows_text_as_text():
    assert repr(Reply(True, "a")) == "✓ Right. a" and repr(Reply(False, "a")) == "✗ Not yet. a"
    assert repr(Reply(None, "a")) == "a" and "&lt;b&gt;" in Reply(True, "<b>")._repr_html_()


# your turn


def attempt(chapter, code, check):
    names = dict(ran(chapter)[0])
    exec(code, names)
    return eval(check, names)


@pytest.mark.parametrize(("chapter", "i"), list(turns()))
def test_an_untouched_stub_is_short_and_says_so(chapter, i):
    stub, check, _ = parts(chapter, i)
    assert len([line for line in stub.splitlines() if line.strip()]) <= 8 and "..." in stub
    reply = attempt(chapter, stub, check)
    assert reply.right is None and "Not written yet" in repr(reply)


@pytest.mark.parametrize(("chapter", "i"), list(turns()))
def test_the_folded_solution_is_right(chapter, i):
    _, check, solution = parts(chapter, i)
    assert attempt(chapter, solution, check).right, repr(attempt(chapter, solution, check))


@pytest.mark.parametrize(("chapter", "i"), list(turns()))
def test_a_solution_with_a_changed_sign_or_a_missing_line_is_not_right(chapter, i):
    _, check, solution = parts(chapter, i)
    body = solution.splitlines()
    changed = [solution.replace(a, b, 1) for a, b in ((" - ", " + "), (" * ", " + ")) if a in solution]
    changed += ["\n".join(body[:k] + body[k + 1 :]) for k in range(1, len(body)) if body[k].strip()]
    told = []
    for code in changed:
        try:
            compile(code, "", "exec")
        except SyntaxError:
            continue
        told.append(attempt(chapter, code, check).right)
    assert told and True not in told


def answers(x):
    return x * 2, float(x.sum())


@pytest.mark.parametrize(
    ("answer", "right", "words"),
    [
        (answers, True, "✓ Right. y, total: as by the library."),
        (lambda x: None, None, "○ Not written yet, or its return is missing: it returns None."),
        (lambda x: (x * 2, None), None, "○ Not written yet: a value that it returns is None."),
        (lambda x: x * 2, False, "✗ Not yet. It must return 2 values: y, total."),
        (lambda x: (1 / 0, 0), False, "✗ Not yet. It stops with ZeroDivisionError: division by zero"),
        (lambda x: (x * -2, x.sum()), False, "✗ Not yet. y has the right size and the wrong sign"),
    ],
)
def test_a_turn_says_what_is_wrong(answer, right, words):
    x = np.array([1.0, 2.0])
    reply = turn(answer, (x,), y=x * 2, total=3.0)
    assert reply.right is right and repr(reply).startswith(words)


def test_a_turn_begins_its_reason_with_a_capital_unless_with_a_name():
    assert repr(turn(lambda: -2.0, (), dx=2.0)).startswith("✗ Not yet. dx has the right size")
    words = repr(turn(lambda: -2.0, (), **{"the change of dx": 2.0}))
    assert words.startswith("✗ Not yet. The change of dx has the right size")


def test_a_turn_gives_copies_and_names_what_was_overwritten():
    def careless(x):
        x *= 2
        return x + 1

    x = np.array([1.0, 2.0])
    reply = turn(careless, (x,), y=np.array([2.0, 4.0]))
    assert x.tolist() == [1, 2] and "changes its inputs in place" in repr(reply)
