"""Homework in notebooks: what a homework notebook imports, and the engine of the command `homework`.

A notebook needs only Check. The engine, read in this order: notebook, release, merge, sandbox, kernel,
run, statuses, verdict, pool, report, command.
"""

from .check import Check

__all__ = ["Check"]
