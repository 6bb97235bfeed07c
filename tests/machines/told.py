"""A pytest plugin: of two texts or dicts that should be equal, what differs, in one line."""

import re

import pytest

MARK = "differs: "


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [key for key in left | right if left.get(key) != right.get(key)]
        left, right = (" ".join(f"{key}: {those.get(key)}" for key in keys) for those in (left, right))
    if isinstance(left, str) and isinstance(right, str):
        return [MARK + difference(left, right)]
    return None


def difference(left, right):
    """The first words or numbers that differ, with those before them, and how many more there are."""
    a, b = (re.findall(r"[^\s<>]+", text) for text in (left, right))
    places = [i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
    if not places:
        return f"{len(a)} words or numbers, and {len(b)}"
    i = places[0]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return " ".join([*a[max(0, i - 5) : i], f"[{a[i]} ≠ {b[i]}]{more}"])
