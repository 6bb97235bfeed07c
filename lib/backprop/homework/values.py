"""The one way in which a check shows a value, and the way back.

A check's output is compared as text, so equal values must be equal text on every machine: numbers
have six decimals, or none where all six are 0; 0 has no sign; arrays are nested lists. One value to a
line:

    exercise 2
      dW (2, 3) = [[0.123457, -0.500000, 1], [0, 2, 3]]
      order = sealed 1f0c…
"""

import hashlib
import json
import re

import numpy as np

DECIMALS = 6
LINE = re.compile(r"  (\w+)(?: \([\d, ]*\))? = (.+)")
SEALED = "sealed "


def canonical(value, seal):
    """A learner's value as a float, a str, None, or a float64 array; what a check compares and prints.

    seal(text) -> str hides a word or a truth value, so that an output does not tell the answer.
    Numbers and arrays of numbers pass; words, truth values and lists of them are sealed.

    Raises TypeError for anything else, with its type: a value that could redefine == or + is not let in.
    """
    if value is None:
        return None
    if type(value) in (int, float) or isinstance(value, (np.floating, np.integer)):
        return float(value)
    if type(value) in (bool, np.bool_, str):
        return SEALED + seal(str(value))
    if type(value) in (list, tuple):
        if any(type(item) in (bool, np.bool_, str) for item in value):
            return [canonical(item, seal) for item in value]
        value = np.array([canonical_number(item) for item in value])
    if type(value) is np.ndarray and value.dtype.kind in "fiu":
        return value.astype(np.float64)
    kind = f"an array of {value.dtype}" if type(value) is np.ndarray else f"a {type(value).__name__}"
    raise TypeError(f"{kind}; expected a number or an array of numbers")


def canonical_number(item):
    """A number, or a list or an array of numbers, as NumPy takes it; TypeError for anything else."""
    if type(item) in (list, tuple):
        return [canonical_number(i) for i in item]
    if type(item) in (int, float, np.ndarray) or isinstance(item, (np.floating, np.integer)):
        return item
    raise TypeError(f"a list with a {type(item).__name__} in it; expected numbers")


def line(name, value):
    """The line of a canonical value."""
    if isinstance(value, np.ndarray):
        return f"  {name} {value.shape} = {number_text(value)}"
    return f"  {name} = {number_text(value)}"


def number_text(value):
    """A number with six decimals; a list of them in brackets; a word as it is."""
    if isinstance(value, list):
        return "[" + ", ".join(number_text(item) for item in value) + "]"
    if isinstance(value, np.ndarray):
        return number_text(value.tolist())
    if isinstance(value, float):
        text = f"{value:.{DECIMALS}f}".removesuffix("." + "0" * DECIMALS)
        return "0" if text == "-0" else text
    return str(value)


def parse(output):
    """The values in a check's output: {name: float, array, str, None or list of words}.

    output is whatever a kernel has shown, so nothing in it is trusted: lines that are not of the
    form above are passed over.
    """
    values = {}
    for name, text in LINE.findall(output[:200_000]):
        if text == "None":
            values[name] = None
        elif text.startswith(SEALED):
            values[name] = text
        elif text.startswith(f"[{SEALED}"):
            values[name] = text[1:-1].split(", ")
        else:
            value = _numbers(text)
            if value is not None:
                values[name] = value
    return values


def _numbers(text):
    """A float or a float64 array from its text; None where the text is neither."""
    try:
        value = json.loads(re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", text)))
        if isinstance(value, list):
            return np.array(value, dtype=np.float64)
        return float(value)
    except (ValueError, TypeError, RecursionError):  # printed by a learner's own code: no value
        return None


def seal(seed, exercise, text):
    """Eight letters that stand for a text under a seed; the text can't be read from them."""
    return hashlib.sha256(f"{seed} {exercise} {text}".encode()).hexdigest()[:8]
