"""Widgets of the course's own: a pad to draw on, a progress bar, a panel that trains."""
