"""What a learner sees and drags. explore(draw, **controls) is the one mechanism."""

from .equations import Equations
from .graph import graph_picture
from .panel import Panel, explore

__all__ = ["Equations", "Panel", "explore", "graph_picture"]
