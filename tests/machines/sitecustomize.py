"""Python imports this at its start where PYTHONPATH leads to this folder: in pytest and in each kernel.

NOISE="seed ulps" asks for the arithmetic of noise.py. NumPy gets it when it is first imported, so a
process that does without NumPy stays without it.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def run_the_next_sitecustomize():
    """The environment's own one, which this file hides."""
    rest = [place for place in sys.path if os.path.abspath(place) != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


class AfterNumPy(importlib.abc.MetaPathFinder):
    """Finds NumPy as usual, once, and calls `then` when NumPy has been loaded."""

    def __init__(self, then):
        self.then = then

    def find_spec(self, name, path=None, target=None):
        if name != "numpy":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_and_change(module):
            load(module)
            self.then()

        spec.loader.exec_module = load_and_change
        return spec


run_the_next_sitecustomize()
if os.environ.get("NOISE"):
    spec = importlib.util.spec_from_file_location("noise", os.path.join(HERE, "noise.py"))
    noise = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(noise)
    arithmetic = noise.Noise(*map(int, os.environ["NOISE"].split()))
    arithmetic.change_math()
    sys.meta_path.insert(0, AfterNumPy(arithmetic.change_numpy))
