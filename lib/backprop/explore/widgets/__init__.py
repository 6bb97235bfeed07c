"""Widgets of the course's own: labels for sliders, a pad to draw on, a progress bar, a panel that trains."""
