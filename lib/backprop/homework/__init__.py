"""What a homework notebook imports; the command that grades it stands in backprop.grading.

Read in this order: values (how a value is shown), diagnose (why it is wrong), check (both together),
programs (a backpropagation as lines of text). released/ holds the notebooks as learners get them.
"""

from .check import Check

__all__ = ["Check"]
