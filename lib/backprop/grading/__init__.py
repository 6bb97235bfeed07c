"""The command `homework`: it releases, checks, grades and exports homework notebooks.

Read in this order: notebook, release, merge (what is judged); sandbox with seccomp and cgroups, kernel,
run (where it runs); statuses, verdict (the judge); pool, intake, grade, report, export, command (a class).
templates/ holds the pages that report fills in.
"""
