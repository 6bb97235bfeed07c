"""Values as plain data: what a check hands over, how it shows it, and the way back.

A learner's kernel hands over JSON and nothing else. A value is one of: a number, a text, a truth value,
None, a list of texts and truth values, {"shape": [2, 3], "numbers": [six of them]}, {"sealed": "1f0c…"},
or {"refused": "a function; expected a number …"}.
"""

import hashlib
import json
import math
from dataclasses import dataclass

import numpy as np

DECIMALS = 6
ROUNDS = 60_000  # of a seal: some 30 ms, so that trying 10,000 answers takes minutes
LARGEST = 100_000  # numbers of an array, characters of a text
WORDS = (str, bool)


@dataclass(frozen=True)
class Sealed:
    """A value that is known by its seal only."""

    seal: str


@dataclass(frozen=True)
class Refused:
    """A value that is no plain data; why says what it is and what was expected."""

    why: str


def plain(value):
    """A learner's value as JSON-able data; what is none becomes {"refused": why}."""
    try:
        return _plain(value)
    except (TypeError, OverflowError) as error:
        return {"refused": str(error)}


def _plain(value):
    if isinstance(value, np.bool_):
        return bool(value)
    if value is None or type(value) in WORDS:
        return _short(value)
    if type(value) in (list, tuple):
        if value and all(type(item) in (*WORDS, np.bool_) for item in value):
            return [_plain(item) for item in value[:LARGEST]]
        value = _array([_number(item) for item in value])
    if type(value) is np.ndarray and value.dtype.kind in "fiu":
        if value.size > LARGEST:
            raise TypeError(f"an array of {value.size} numbers; expected a smaller one")
        numbers = value.astype(np.float64).ravel().tolist()
        return {"shape": list(value.shape), "numbers": numbers} if value.ndim else numbers[0]
    return float(_number(value))


def _array(nested):
    try:
        return np.array(nested, dtype=np.float64)
    except ValueError as error:
        raise TypeError("a list whose rows have different lengths; expected an array") from error


def _number(item):
    """A number, or a list or an array of numbers, as NumPy takes it."""
    if type(item) in (list, tuple):
        return [_number(i) for i in item]
    if type(item) is int and abs(item) > 10**300:
        raise TypeError(f"a whole number of some {int(item.bit_length() * 0.30103) + 1} digits")
    if type(item) in (int, float) or isinstance(item, np.floating | np.integer):
        return item
    if type(item) is np.ndarray and item.dtype.kind in "fiu":
        return item
    raise TypeError(f"{_kind(item)}; expected a number or an array of numbers")


def _kind(item):
    if isinstance(item, np.matrix):
        return "an np.matrix, which multiplies differently (np.asarray makes an array of it)"
    if type(item) is np.ndarray:
        return f"an array of {item.dtype}"
    name = _short(type(item).__name__)
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"


def _short(text):
    return text[:LARGEST] if isinstance(text, str) else text


def read(data):
    """The value in plain data: None, a float, a str, a bool, an array, a list, Sealed or Refused.

    The data comes from a kernel that is not trusted.
    Raises ValueError for what plain() does not make.
    """
    if data is None or type(data) in WORDS:
        return data
    if type(data) is int and abs(data) > 10**300:
        raise ValueError("a number too large")
    if type(data) in (int, float):
        return float(data)
    if type(data) is list and all(type(item) in WORDS for item in data):
        return data
    if type(data) is dict and len(data) == 1:
        (key, text), *_ = data.items()
        if key in ("sealed", "refused") and type(text) is str:
            return Sealed(text) if key == "sealed" else Refused(text[:300])
    if type(data) is dict and data.keys() == {"shape", "numbers"}:
        shape, numbers = data["shape"], data["numbers"]
        if type(shape) is list and type(numbers) is list and len(shape) <= 8:
            whole = all(type(n) is int and 0 <= n <= LARGEST for n in shape)
            if whole and math.prod(shape) == len(numbers) and all(type(n) is float for n in numbers):
                return np.array(numbers).reshape(shape)
    raise ValueError(f"not a value: {str(data)[:60]}")


def read_all(data):
    """{name: value} of {name: plain data}; ValueError where it is none."""
    if type(data) is not dict:
        raise ValueError("not a record of values")
    return {name: read(item) for name, item in data.items()}


def loads(text):
    """The JSON in a text; ValueError where there is none, also for brackets without end."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("brackets without end") from error


def line(name, value):
    """The line in which a check shows a value."""
    if isinstance(value, np.ndarray):
        return f"  {name} {value.shape} = {text_of(value)}"
    return f"  {name} = {text_of(value)}"


def text_of(value):
    """A number with six decimals, or none where all are 0; 0 has no sign. A list of them in brackets."""
    if isinstance(value, list | np.ndarray):
        return "[" + ", ".join(text_of(item) for item in value) + "]"
    if isinstance(value, Refused):
        return value.why
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}".removesuffix("." + "0" * DECIMALS)
        return "0" if text == "-0" else text
    return str(value)


def public(data, salt):
    """Plain data as it is handed out: numbers rounded, words sealed."""
    if type(data) is float:
        return round(data, DECIMALS) + 0.0
    if type(data) is dict and "numbers" in data:
        return data | {"numbers": [round(number, DECIMALS) + 0.0 for number in data["numbers"]]}
    return data if data is None else {"sealed": seal(data, salt)}


def seal(words, salt):
    """What stands for a text, a truth value or a list of them as a whole; it takes a while on purpose.

    SHA-256 over and over, as hashlib.pbkdf2_hmac does, which browsers' Python lacks.
    """
    digest = json.dumps([salt, words]).encode("ascii")
    for _ in range(ROUNDS):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()[:16]
