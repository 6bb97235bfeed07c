"""How the course writes numbers and words: one way for each.

A minus is a true one, and a rounded zero has none. worked() writes a line of arithmetic that is right
as it stands there.
"""

SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SUPERSCRIPT = str.maketrans("0123456789+−T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ")
GREEK = {"alpha": "α", "beta": "β", "delta": "δ", "sigma": "σ", "theta": "θ"}


def symbol(name):
    """A parameter's name as the chapters write it: w1 -> w₁, alpha -> α, apple_price -> apple price."""
    words = [GREEK.get(word, word) for word in name.split("_")]
    word = words[-1]
    letters = word.rstrip("0123456789")
    words[-1] = letters + word[len(letters) :].translate(SUBSCRIPT) if letters else word
    return " ".join(words)


def number(value, digits=4):
    """A number in up to so many significant digits, without needless zeros.

    A number of at most two decimals is written in full: 1,012.5 with four digits too.
    """
    size = abs(value)
    if size and not 1e-4 <= size < 1e6:
        return power(value, digits - 1)
    if abs(size - round(size, 2)) < 1e-9 * size or not size:
        return minus(f"{value:,.2f}".rstrip("0").rstrip("."))
    return minus(f"{value:,.0f}" if size >= 10 ** (digits - 1) else f"{value:.{digits}g}")


def decimals(value, digits):
    """A number with so many decimals: −0.50, 1,012.50."""
    return minus(f"{value:,.{digits}f}")


def power(value, digits=1):
    """A number with a power of ten: 1.5e−07. No line breaks at a true minus."""
    return minus(f"{value:.{digits}e}")


def minus(text):
    """A formatted number with a true minus, and a rounded zero without one."""
    return (text.lstrip("-") if not text.strip("-0.,") else text).replace("-", "−")


def factor(text):
    """A written number for the inside of a product or a sum: in parentheses where it is negative."""
    return f"({text})" if text.startswith("−") else text


def worked(formula, compute, *values, digits=4, write=number):
    """A line of arithmetic: worked("{} × {}", mul, 2, −1.1) is "2 × (−1.1) = −2.2".

    formula: a format string with a place for each value. compute(*values) gives the result.
    The values get more digits until the result that follows from what is shown rounds to the one that
    is shown; "≈" stands for "=" where it was rounded. digits: of the result, at least. write: how.
    """

    def computed(values):
        y = compute(*values)
        return 0.0 if abs(y) < 1e-15 * max(map(abs, values)) else y  # what floating point leaves of 0

    result = write(computed(values), digits)
    for more in range(digits, digits + 12):
        shown = [write(value, more) for value in values]
        follows = computed([*map(read, shown)])
        if write(follows, digits) == result:
            break
    line, *pieces = formula.split("{}")
    for text, piece in zip(shown, pieces, strict=True):
        bare = line.endswith("(") or (not line and piece.startswith(" "))  # no other needs parentheses
        line += (text if bare else factor(text)) + piece
    equal = abs(follows - read(result)) <= 1e-12 * max(abs(follows), 1e-300)
    return f"{line} {'=' if equal else '≈'} {result}"


def read(text):
    """The number that a text of this module shows."""
    return float(text.replace("−", "-").replace(",", ""))


def count(n, thing, things=None):
    """1 step, 2 steps, 3,000 iterations; things: a plural that is not thing + s."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def listed(names):
    """Names in a row: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
