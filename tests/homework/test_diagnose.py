"""Each common mistake is called by its name, and a right value is called right."""

import json
import time

import numpy as np
import pytest
from backprop.homework import values
from backprop.homework.diagnose import almost, explain, reasons
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

N = 5
RNG = np.random.default_rng(0)
X, DOUT = RNG.normal(size=(N, 3)), RNG.normal(size=(N, 2))
WANTED = X.T @ DOUT  # (3, 2)
ONE_WRONG = WANTED + np.array([[0, 0], [7, 0], [0, 0]])
ONE_INFINITE = WANTED + np.array([[np.inf, 0], [0, 0], [0, 0]])
SQUARE = RNG.normal(size=(3, 3))


@pytest.mark.parametrize(
    ("mine", "wanted", "told"),
    [
        (None, WANTED, "is None: does the function return it?"),
        (WANTED.T, WANTED, "has the shape (2, 3), expected (3, 2): it looks transposed"),
        (SQUARE.T, SQUARE, "looks transposed"),
        (-WANTED, WANTED, "the sign is flipped"),
        (WANTED * N, WANTED, "5 times too large, and 5 is the batch size N: a factor 1/N is missing"),
        (WANTED / N, WANTED, "5 times too small, and 5 is the batch size N: a factor 1/N is too many"),
        (WANTED * 2, WANTED, "2 times too large: a factor is missing"),
        (WANTED / -3, WANTED, "3 times too small: a factor is missing or too many, and its sign is flipped"),
        (DOUT, DOUT.sum(axis=0), "it is not summed over the batch"),
        (DOUT * 2, DOUT.sum(axis=0), "is the sum over the batch missing?"),
        (DOUT.sum(axis=1), DOUT.sum(axis=0), "summed over the wrong axis?"),
        (WANTED[:, :1], WANTED[:, 0], "an axis of length 1"),
        (WANTED[:2], WANTED, "has the shape (2, 2), expected (3, 2)"),
        (1.0, WANTED, "is one number, expected an array of shape (3, 2)"),
        (WANTED, 1.0, "is an array of shape (3, 2), expected one number"),
        (WANTED * np.nan, WANTED, "6 of 6 numbers that are NaN"),
        (ONE_INFINITE, WANTED, "1 of 6 numbers that are infinite"),
        (WANTED * 0, WANTED, "is 0 everywhere"),
        (np.sort(WANTED, axis=0), np.sort(WANTED, axis=0)[::-1], "right numbers in the wrong places"),
        (np.abs(WANTED), WANTED, "the sign of some entries is flipped"),
        (WANTED + 1, WANTED, "off by the same amount everywhere"),
        (ONE_WRONG, WANTED, "right in 5 of 6 entries, and the first wrong one is at [1, 0]"),
        (WANTED * 1.002, WANTED, "is close, but not right"),
        (np.exp(WANTED), WANTED, "not right in any entry"),
        (3.3, 2.0, "neither its sign nor a simple factor"),
        (-2.0, 2.0, "the sign is flipped"),
        ("ab", values.Sealed("12"), "is not right"),
        (["a", "b", "c"], ["a", "x", "c"], "2 of 3 are right"),
        (["a"], ["a", "x"], "expected 2 answers, found 1"),
        (1.0, ["a", "x"], "expected 2 answers, found none"),
        ("ab", WANTED, "is not a number; expected an array of shape (3, 2)"),
    ],
)
def test_a_mistake_is_named(mine, wanted, told):
    reason = explain("dW", mine, wanted, batch=N, salt="s")
    assert reason.startswith("dW")
    assert told in reason


@pytest.mark.parametrize("right", [WANTED, 3.0, None, "ab", True, ["a", "b"], np.zeros((2, 2))])
def test_a_right_value_has_no_reason(right):
    assert explain("dW", right, right, batch=N) == ""
    assert reasons({"dW": right}, {"dW": right}) == {}


def test_a_reason_does_not_tell_the_number():
    for mine in (WANTED + 0.5, WANTED * 3, ONE_WRONG):
        reason = explain("dW", mine, WANTED)
        assert not any(f"{abs(number):.2f}" in reason for number in WANTED.flat)


def test_numbers_agree_within_the_tolerance_and_a_near_miss_is_drawn_again():
    for mine, right, near in ((1 + 1e-7, True, False), (1 + 1e-3, False, True), (1.5, False, False)):
        assert (explain("dW", mine * WANTED, WANTED) == "") == right
        assert almost({"dW": mine * WANTED}, {"dW": WANTED}) == near
    assert not almost({"dW": 1.001 * WANTED}, {"dW": WANTED, "db": WANTED})
    assert not almost({"word": "a"}, {"word": "b"})


def test_what_is_missing_too_much_or_overwritten_is_named():
    assert reasons({}, {"dW": 1.0}) == {"dW": "dW is missing"}
    found = reasons({"dW": 1.0, "loss": 2.0}, {"dW": 1.0, "batch": 1.0})
    assert "loss is not asked for; expected dW" in found["more"]
    assert "overwrites its input x" in reasons({"dW": 2.0}, {"dW": 1.0}, ["x"])["inputs"]
    assert reasons({"dW": 1.0}, {"dW": 1.0}, ["x"]) == {}, "a right value is right all the same"


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(ANY)
def test_whatever_an_answer_is_comes_back_as_a_value_or_is_refused(value):
    data = json.loads(json.dumps(values.plain(value)))
    values.line("n", values.read(data))


@given(arrays(np.float64, st.lists(st.integers(0, 3), max_size=3).map(tuple)))
def test_an_array_comes_back(array):
    np.testing.assert_array_equal(values.read(json.loads(json.dumps(values.plain(array)))), array)


@given(ANY)
def test_what_a_kernel_says_is_read_or_refused_and_harms_nobody(data):
    try:
        found = values.read(data)
    except ValueError:
        return
    reasons({"n": found}, {"n": WANTED})
    reasons({"n": found}, {"n": ["a", "b"]})


@pytest.mark.parametrize(
    "data",
    [
        {"shape": [2], "numbers": [1.0]},
        {"shape": [-1], "numbers": []},
        {"shape": [1], "numbers": ["1"]},
        {"shape": [10**9, 0], "numbers": []},
        {"sealed": 1},
        {},
        [1.0],
        10**400,
    ],
)
def test_what_is_no_value_is_refused(data):
    with pytest.raises(ValueError, match="n"):
        values.read(data)


def test_numbers_print_the_same_whatever_their_type():
    def line(name, value):
        return values.line(name, values.read(values.plain(value)))

    assert {line("n", n) for n in (7, 7.0, np.int64(7), np.float32(7), 7 + 1e-13)} == {"  n = 7"}
    assert {line("a", a) for a in ([1, 2], (1, 2.0), np.array([1, 2]))} == {"  a (2,) = [1, 2]"}
    assert line("n", -1e-9) == "  n = 0"


class Equal(float):
    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Equal(1), "an Equal"),
        ({"a": 1}, "a dict"),
        (object(), "an object"),
        (np.array(["a"]), "an array of <U1"),
        ([Equal(1)], "an Equal"),
        ({1}, "a set"),
        (1j, "a complex"),
        (10**400, "401 digits"),
        ([[1], [1, 2]], "rows have different lengths"),
        (np.ones((1, 1)).view(np.matrix), "an np.matrix"),
    ],
)
def test_only_plain_values_pass(value, told):
    assert told in values.read(values.plain(value)).why


def test_words_are_sealed_as_a_whole_slowly_and_with_their_salt():
    sealed = values.public(["a", "b"], "hw 1")
    assert set(sealed) == {"sealed"}
    assert sealed == values.public(["a", "b"], "hw 1") != values.public(["a", "b"], "hw 2")
    assert reasons({"n": ["a", "b"]}, {"n": values.read(sealed)}, salt="hw 1") == {}
    assert reasons({"n": ["b", "a"]}, {"n": values.read(sealed)}, salt="hw 1")
    started = time.process_time()
    values.seal("a", "s")
    assert time.process_time() - started > 0.005, "trying words must not be quick"


def test_a_list_of_names_that_nobody_asked_for_is_cut():
    many = {f"{letter * 25}": 1.0 for letter in "abcdefgh"}
    assert len(reasons(many | {"y": 1.0}, {"y": 1.0})["more"]) < 150


def test_a_shape_that_has_nothing_to_do_with_the_batch_is_not_blamed_on_it():
    assert "batch" not in explain("b", np.ones((4, 3)), np.ones(2), 4)
    assert "batch" in explain("b", np.ones((4, 2)), np.ones(2), 4)


def test_an_empty_list_is_an_array_and_a_record_must_be_one():
    assert values.plain([]) == values.plain(np.array([]))
    with pytest.raises(ValueError, match="not a record"):
        values.read_all([])
