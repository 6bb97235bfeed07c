"""What a learner sees and drags: explore(draw, **controls) is the one mechanism.

Read in this order: style (the look), words (how numbers are written), svg, overlay and figures
(drawing), picture (what a draw function returns), controls and panel (sliders around it), question
(predictions); then the pictures that several chapters use: equations, graph, network; and widgets/
(labels, plot, pad, progress, training).

A function named for what it shows, such as two_paths, is a draw function: it takes the controls'
values and returns a Picture. One whose name begins with make_ returns such a function; it prepares what
stays, a Figure or a trained network, and the draw function then only moves things.
"""

from .equations import Equations, equations
from .graph import graph_picture
from .panel import Panel, explore
from .picture import Picture, drawing
from .question import Question, Reply, ask, tally
from .widgets.pad import DrawingPad
from .widgets.progress import Progress
from .widgets.training import TrainingPanel

__all__ = [
    "DrawingPad",
    "Equations",
    "Panel",
    "Picture",
    "Progress",
    "Question",
    "Reply",
    "TrainingPanel",
    "ask",
    "drawing",
    "equations",
    "explore",
    "graph_picture",
    "tally",
]
