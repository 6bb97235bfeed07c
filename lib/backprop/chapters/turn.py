"""*Your turn*: a learner's function, tried beside the library's, with the homework's reasons."""

import copy

import numpy as np

from ..explore.question import Reply
from ..homework import diagnose, values


def turn(answer, inputs, **wanted):
    """Call answer(*inputs) and compare what it returns. Returns a Reply; "not written yet" for None.

    answer: the learner's function. inputs: a tuple; it gets copies. wanted: by name, what it must
    return, several values in this order.
    """
    given = copy.deepcopy(inputs)
    try:
        returned = answer(*given)
    except Exception as error:  # shown, not swallowed: the learner mends it in the cell above
        return Reply(False, f"It stops with {type(error).__name__}: {error}")
    several = returned if len(wanted) > 1 else (returned,)
    if returned is None:
        return Reply(None, "○ Not written yet, or its return is missing: it returns None.")
    if isinstance(several, tuple) and any(value is None for value in several):
        return Reply(None, "○ Not written yet: a value that it returns is None.")
    if not isinstance(several, tuple) or len(several) != len(wanted):
        return Reply(False, f"It must return {len(wanted)} values: {', '.join(wanted)}.")
    mine = _read(dict(zip(wanted, several, strict=True)))
    wrong = diagnose.reasons(mine, _read(wanted))
    if wrong and not all(map(np.array_equal, given, inputs)):
        wrong["inputs"] = "it changes its inputs in place; work on copies"
    if wrong:
        words = ("; ".join(wrong.values()) + ".").replace("?.", "?")
        prose = " " in next(iter(wrong))  # "the change of a"; a name such as dx keeps its small letter
        return Reply(False, words[0].upper() + words[1:] if prose else words)
    return Reply(True, f"{', '.join(wanted)}: as by the library.")


def _read(found):
    return values.read_all({name: values.plain(value) for name, value in found.items()})
