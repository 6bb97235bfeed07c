"""The command `homework`: it releases, checks and grades homework notebooks.

Read in this order: notebook, release, merge, sandbox, kernel, run, statuses, verdict, pool, grade,
report, command. templates/ holds the pages that report fills in.
"""
