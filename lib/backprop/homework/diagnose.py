"""Why a value is wrong, told from the value and the wanted one without showing the wanted one.

A number is right within CLOSE of the largest wanted one: float32 reaches that, a wrong formula does not.
"""

import numpy as np

from .values import Refused, Sealed, seal

CLOSE = 1e-4  # of the largest wanted number's size: the tolerance of every verdict
ALMOST = 1e-2  # what is closer than this is drawn again, with other inputs, before it fails
ROUNDED = 1e-6  # what is handed out has six decimals, so half of the last one is no difference
ROUNDING = "is close, but not right: an approximation, or rounding on the way?"


def reasons(mine, wanted, overwritten=(), salt=None):
    """{name: why it is wrong} for the values of an exercise; {} where all are right.

    mine, wanted: {name: value}, see values.read. overwritten: names of inputs that the answer has changed.
    salt: of the seals among the wanted values.
    """
    batch = wanted.get("batch")
    found = {}
    for name, value in wanted.items():
        if name not in mine:
            found[name] = f"{name} is missing"
            continue
        with np.errstate(all="ignore"):  # a wrong number may be too large to work with
            if why := explain(name, mine[name], value, batch, salt):
                found[name] = why
    extra = ", ".join(name[:30] for name in mine if name not in wanted)
    if extra:
        expected = ", ".join(name for name in wanted if name != "batch")
        found["more"] = f"{extra[:100]} is not asked for; expected {expected}"
    if found and overwritten:
        found["inputs"] = f"the answer overwrites its input {' or '.join(overwritten)}: work on a copy"
    return found


def almost(mine, wanted):
    """True where wrong values are numbers that may be right up to rounding: worth another draw."""
    wrong = [name for name in wanted if name not in mine or explain(name, mine[name], wanted[name])]
    return bool(wrong) and all(
        isinstance(wanted[name], float | np.ndarray)
        and isinstance(mine.get(name), float | np.ndarray)
        and _near(np.asarray(mine[name]), np.asarray(wanted[name]), ALMOST)
        for name in wrong
    )


def agree(mine, wanted, salt=None):
    """True where two values are the same, numbers within CLOSE of the largest."""
    if isinstance(wanted, float | np.ndarray):
        return isinstance(mine, float | np.ndarray) and _near(np.asarray(mine), np.asarray(wanted))
    if isinstance(wanted, Sealed):
        return isinstance(mine, str | bool | list) and seal(mine, salt) == wanted.seal
    return type(mine) is type(wanted) and mine == wanted


def explain(name, mine, wanted, batch=None, salt=None):
    """One plain sentence that says what is wrong with a value, or "" where it is right.

    name: what the learner calls it. mine, wanted: values (see values.read).
    batch: the number of examples N, where the exercise has one.
    """
    if agree(mine, wanted, salt):
        return ""
    if isinstance(mine, Refused):
        return f"{name} is {mine.why}"
    if mine is None:
        return f"{name} is None: does the function return it?"
    if isinstance(wanted, list):
        return f"{name}: {_count_right(mine, wanted)}"
    if isinstance(wanted, str | bool | Sealed):
        return f"{name} is not right" + (": not all of them are" if isinstance(mine, list) else "")
    if not isinstance(mine, float | np.ndarray):
        return f"{name} is not a number; expected {_kind(wanted)}"
    if np.shape(mine) != np.shape(wanted):
        return f"{name} {_explain_shape(np.asarray(mine), np.asarray(wanted), batch)}"
    return f"{name} {_explain_numbers(np.asarray(mine), np.asarray(wanted), batch)}"


def _near(mine, wanted, part=CLOSE):
    """True where shapes are equal and all numbers are within this part of the largest."""
    if mine.shape != wanted.shape or not np.all(np.isfinite(mine)):
        return False
    return bool(np.all(np.abs(mine - wanted) <= _margin(wanted, part)))


def _margin(wanted, part=CLOSE):
    return part * np.max(np.abs(wanted), initial=0.0) + ROUNDED


def _kind(value):
    return "one number" if np.ndim(value) == 0 else f"an array of shape {np.shape(value)}"


def _explain_shape(mine, wanted, batch):
    told = f"has the shape {mine.shape}, expected {wanted.shape}"
    if mine.ndim == 0:
        return f"is one number, expected an array of shape {wanted.shape}"
    if wanted.ndim == 0:
        told = f"is an array of shape {mine.shape}, expected one number"
    if mine.size == wanted.size and mine.ndim != wanted.ndim:
        return f"{told}: an axis of length 1 is too many or missing"
    if mine.ndim == 2 and mine.T.shape == wanted.shape:
        return f"{told}: it looks transposed"
    if mine.ndim == wanted.ndim + 1 and mine.shape[1:] == wanted.shape:
        if _near(mine.sum(axis=0), wanted):
            return f"{told}: it is not summed over the batch"
        if mine.shape[0] == batch:
            return f"{told}: one row per example; is the sum over the batch missing?"
    if mine.ndim == 1 and wanted.ndim == 1 and mine.shape[0] == batch:
        return f"{told}: summed over the wrong axis?"
    return told


def _explain_numbers(mine, wanted, batch):
    """The first property that the wrong numbers have, from the plainest on."""
    bad = mine[~np.isfinite(mine)]
    if bad.size:
        word = "NaN" if np.isnan(bad).any() else "infinite"
        told = f"has {bad.size} of {mine.size} numbers that are {word}"
        return f"{told}: a division by 0, or exp of a large number?"
    if not mine.any():
        return "is 0 everywhere"
    if _near(-mine, wanted):
        return "has the right size and the wrong sign: the sign is flipped"
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1] and _near(mine.T, wanted):
        return "looks transposed"
    factor = _factor(mine, wanted)
    if factor is not None:
        return _explain_factor(factor, batch)
    if _near(mine, wanted, ALMOST):
        return ROUNDING
    if mine.size > 1:
        return _explain_entries(mine, wanted)
    return "is not right, and neither its sign nor a simple factor explains it"


def _factor(mine, wanted):
    """c where mine = c · wanted for all entries, c a small whole number or one over it; else None."""
    c = np.sum(mine * wanted) / max(np.sum(wanted * wanted), 1e-300)
    for k in (c, 1 / c if c else 0):
        if 1.5 < abs(k) < 1000.5 and abs(k - round(k)) < 1e-3 * abs(k):
            c = round(k) if k is c else 1 / round(k)
            return c if _near(mine, c * wanted) else None
    return None


def _explain_factor(factor, batch):
    sign = ", and its sign is flipped" if factor < 0 else ""
    large = abs(factor) > 1
    k = round(abs(factor) if large else 1 / abs(factor))
    told = f"is {k} times too {'large' if large else 'small'}"
    if batch and k == round(batch):
        told += f", and {k} is the batch size N: "
        told += "a factor 1/N is missing" if large else "a factor 1/N is too many"
    else:
        told += ": a factor is missing or too many"
    return told + sign


def _explain_entries(mine, wanted):
    """What holds of some entries only, or of the entries as a heap."""
    if _near(np.sort(mine, axis=None), np.sort(wanted, axis=None)):
        return "has the right numbers in the wrong places"
    if _near(np.abs(mine), np.abs(wanted)):
        return "has the right sizes, but the sign of some entries is flipped"
    gap = mine - wanted
    if _near(gap, np.full_like(gap, gap.flat[0])):
        return "is off by the same amount everywhere: something is added that should not be"
    wrong = np.argwhere(np.abs(gap) > _margin(wanted))
    if len(wrong) < mine.size:
        place = [int(i) for i in wrong[0]]
        right = mine.size - len(wrong)
        return f"is right in {right} of {mine.size} entries, and the first wrong one is at {place}"
    return "is not right in any entry, and neither the sign nor a simple factor explains it"


def _count_right(mine, wanted):
    if not isinstance(mine, list) or len(mine) != len(wanted):
        found = len(mine) if isinstance(mine, list) else "none"
        return f"expected {len(wanted)} answers, found {found}"
    right = sum(a == b for a, b in zip(mine, wanted, strict=True))
    return f"{right} of {len(wanted)} are right"
