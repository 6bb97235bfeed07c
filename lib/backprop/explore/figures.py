"""matplotlib Figures in the course's look. Mark an artist animated=True if a slider moves it."""

from matplotlib.figure import Figure

from .style import DATA, MUTED, WIDTH


def new_figure(height=380, columns=1, rows=1, **axes):
    """A Figure as wide as every picture, with its axes: (figure, ax), or (figure, [ax, …]) row by row.

    height: in px. axes: for every axes' set(), such as xlabel="x" or xlim=(0, 1).
    """
    figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in grid:
        style(ax, **axes)
    return figure, (grid[0] if len(grid) == 1 else list(grid))


def style(ax, **settings):
    """Give axes the course's look: no box, a faint grid, text of at least 14 px."""
    ax.set(**settings)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.tick_params(colors=MUTED, labelcolor=DATA, labelsize=10.5)
    ax.xaxis.label.set_fontsize(11)
    ax.yaxis.label.set_fontsize(11)
    ax.title.set_fontsize(11.5)
    ax.grid(True, color="#e6e6e6", linewidth=0.8)
    ax.set_axisbelow(True)
