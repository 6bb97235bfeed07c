"""The one look of the course: colors safe for color-blind eyes (Okabe-Ito), sizes, number formats."""

FORWARD = "#009E73"  # bluish green: values, solid lines, written above
BACKWARD = "#D55E00"  # vermillion: gradients, dashed lines, written below
PARAMETER = "#0072B2"  # blue: weights and biases
HIGHLIGHT = "#E69F00"  # orange: what moves now
DATA = "#000000"
MUTED = "#595959"  # labels and axes
FAINT = "#d9d9d9"  # what is not reached yet
PAPER = "#ffffff"  # pictures bring their own background: dark themes work

WIDTH = 760  # of every picture, in px
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"

GREEK = {"alpha": "α", "beta": "β", "delta": "δ", "sigma": "σ", "theta": "θ"}
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def symbol(name):
    """A parameter's name as the chapters write it: w1 -> w₁, alpha -> α, apple_price -> apple price."""
    words = [GREEK.get(word, word) for word in name.split("_")]
    word = words[-1]
    letters = word.rstrip("0123456789")
    words[-1] = letters + word[len(letters) :].translate(SUBSCRIPT) if letters else word
    return " ".join(words)


def number(value, digits=4):
    """A number for a picture: up to this many significant digits, a true minus, no needless zeros."""
    value = value + 0.0  # −0 becomes 0
    if value and not 1e-4 <= abs(value) < 1e6:
        text = f"{value:.{digits - 1}e}"
    elif abs(value) >= 10 ** (digits - 1):
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−")
