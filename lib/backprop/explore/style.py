"""The one look of the course: colors safe for color-blind eyes (Okabe-Ito), and sizes."""

FORWARD = "#009E73"  # bluish green: values, solid lines, written above
BACKWARD = "#D55E00"  # vermillion: gradients, dashed lines, written below
PARAMETER = "#0072B2"  # blue: weights and biases
HIGHLIGHT = "#E69F00"  # orange: what moves now
DATA = "#000000"
MUTED = "#595959"  # labels and axes
FAINT = "#919191"  # what is not reached yet
GRID = "#d9d9d9"  # what only guides the eye
PAPER = "#ffffff"  # pictures bring their own background: dark themes work
# darker shades for thin things: text needs a contrast of 4.5 : 1, a line 3 : 1
INK = {FORWARD: "#008561", BACKWARD: "#c05500", HIGHLIGHT: "#8f6300", FAINT: "#707070"}
STROKE = {HIGHLIGHT: "#c48700"}

WIDTH = 760  # of every picture, in px
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
