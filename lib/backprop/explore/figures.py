"""matplotlib Figures in the course's look. What a slider moves is made by moving() or moving_line()."""

from io import BytesIO
from weakref import WeakKeyDictionary

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from .overlay import Overlay
from .style import DATA, HIGHLIGHT, MUTED, WIDTH


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


def moving(artist):
    """The artist, drawn over the kept background: what a slider moves."""
    artist.set_animated(True)
    return artist


def moving_line(ax, *format, **look):
    """An empty line that a slider moves; format and look as for ax.plot."""
    return moving(ax.plot([], [], *format, **look)[0])


def moving_dot(ax, **look):
    """The dot that marks the place a slider has chosen."""
    return moving_line(ax, "o", **{"color": HIGHLIGHT, "markeredgecolor": DATA, "markersize": 11,
                                   "zorder": 5, **look})  # fmt: skip


def layers(figure):
    """A Figure as (PNG bytes, SVG text): its kept background, and what moves above it."""
    background, _, artists = _kept_of(figure)
    overlay = Overlay(*figure.bbox.size, figure.dpi)
    for artist in artists:
        artist.draw(overlay)
    width, height = figure.bbox.size
    return background, (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" style="max-width:100%;height:auto;display:block">'
        f"{''.join(overlay.shapes)}</svg>"
    )


def png(figure):
    """A Figure as PNG bytes, whole: for pages without a kernel."""
    _, region, artists = _kept_of(figure)
    figure.canvas.restore_region(region)
    for artist in artists:
        artist.axes.draw_artist(artist)
    return _encoded(figure.canvas)


def _kept_of(figure):
    """(PNG, region, artists): the background without what moves, twice, and what moves, lowest first."""
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    if figure.stale or figure not in _kept:
        canvas.draw()  # leaves out the animated artists
        artists = sorted(figure.findobj(Artist.get_animated), key=Artist.get_zorder)
        _kept[figure] = _encoded(canvas), canvas.copy_from_bbox(figure.bbox), artists
        figure.stale = False  # axes of a fixed aspect say otherwise, and would be laid out again each time
    return _kept[figure]


def _encoded(canvas):
    file = BytesIO()
    imsave(file, canvas.buffer_rgba(), format="png", pil_kwargs={"compress_level": 1})
    return file.getvalue()


_kept = WeakKeyDictionary()  # Figure -> its background, and the artists that move
