"""What moves in a matplotlib Figure, as SVG.

matplotlib's own SVG writer names what it uses again, and such names clash where a page shows a picture
twice. This one draws every path in full, and clips with a nested <svg>.
"""

from base64 import b64encode
from functools import lru_cache
from io import BytesIO

from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.image import imsave
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


class Overlay(RendererBase):
    """Takes what matplotlib's artists draw; shapes holds it as SVG, in px from the upper left corner.

    width, height: of the Figure in px. dpi: px per inch.
    """

    def __init__(self, width, height, dpi):
        super().__init__()
        self.width, self.height, self.dpi, self.shapes = width, height, dpi, []

    def get_canvas_width_height(self):
        return self.width, self.height

    def points_to_pixels(self, points):
        return points * self.dpi / 72

    def draw_path(self, gc, path, transform, rgbFace=None):
        self._add(gc, data(path, transform + self._down(), self._frame(rgbFace)), rgbFace)

    def draw_markers(self, gc, marker, marker_transform, path, transform, rgbFace=None):
        places = (transform + self._down()).transform(path.vertices)
        scale = marker_transform + Affine2D().scale(1, -1)
        shapes = [data(marker, scale + Affine2D().translate(x, y)) for x, y in places if x == x and y == y]
        self._add(gc, "".join(shapes), rgbFace)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        gc.set_linewidth(0)
        size = self.points_to_pixels(prop.get_size_in_points())
        place = f'transform="translate({x:.1f} {y:.1f}) rotate({-angle:g})"'
        self._add(gc, letters(s, size, prop.copy(), ismath), gc.get_rgb(), place)

    def option_scale_image(self):
        """Images with interpolation="none" come as they are, and the browser enlarges their pixels."""
        return True

    def draw_image(self, gc, x, y, im, transform=None):
        high, wide = im.shape[:2]
        place = Affine2D() if transform is None else Affine2D().scale(1 / wide, 1 / high) + transform
        corners = (place + Affine2D().translate(x, y) + self._down()).transform([(0, 0), (wide, high)])
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        rows = im if corners[0, 1] == top else im[::-1]
        look = "pixelated" if right - left > 3 * wide else "auto"  # as matplotlib does where it resamples
        file = BytesIO()
        imsave(file, rows, format="png", pil_kwargs={"compress_level": 1})
        self.shapes.append(
            f'<image x="{left:.4g}" y="{top:.4g}" width="{right - left:.4g}" height="{bottom - top:.4g}" '
            f'preserveAspectRatio="none" style="image-rendering:{look}" '
            f'href="data:image/png;base64,{b64encode(file.getvalue()).decode()}"/>'
        )

    def _down(self):
        """matplotlib's y grows upward, SVG's downward."""
        return Affine2D().scale(1, -1).translate(0, self.height)

    def _frame(self, face):
        """A line far outside of the picture is cut there; a filled shape would lose its form."""
        return (-9, -9, self.width + 9, self.height + 9) if face is None else None

    def _add(self, gc, d, face, place=""):
        width = self.points_to_pixels(gc.get_linewidth())
        look = f'{place} fill="{"none" if face is None else to_hex(face[:3])}"'.lstrip()
        if width and gc.get_rgb()[3]:
            look += f' stroke="{to_hex(gc.get_rgb()[:3])}" stroke-width="{width:.4g}"'
            look += f' stroke-linejoin="{gc.get_joinstyle()}" stroke-linecap="{CAPS[gc.get_capstyle()]}"'
        if (dashes := gc.get_dashes()[1]) is not None:
            look += f' stroke-dasharray="{" ".join(f"{self.points_to_pixels(dash):.4g}" for dash in dashes)}"'
        if (alpha := gc.get_alpha()) != 1:
            look += f' opacity="{alpha:g}"'
        shape = f'<path d="{d}" {look}/>'
        if clip := gc.get_clip_rectangle():
            box = f"{clip.x0:.6g} {self.height - clip.y1:.6g} {clip.width:.6g} {clip.height:.6g}"
            x, y, wide, high = box.split()
            place = f'x="{x}" y="{y}" width="{wide}" height="{high}"'
            shape = f'<svg {place} viewBox="{box}" overflow="hidden">{shape}</svg>'
        self.shapes.append(shape)


CAPS = {"butt": "butt", "projecting": "square", "round": "round"}


@lru_cache(maxsize=1000)  # a page of digits says the same few texts again and again
def letters(text, size, prop, ismath):
    """The outlines of a text as SVG's d, from the start of its baseline. size: px."""
    scale = size / text_to_path.FONT_SCALE
    outlines = Path(*text_to_path.get_text_path(prop, text, ismath))
    return data(outlines, Affine2D().scale(scale, -scale))


def data(path, transform, frame=None):
    """A path as the text of SVG's d, in tenths of a px; cut at the frame (x0, y0, x1, y1)."""
    cut = path.cleaned(transform, remove_nans=True, clip=frame, simplify=path.should_simplify, curves=True)
    words, due = [], 0  # due: points that the last letter still takes
    for code, (x, y) in zip(cut.codes.tolist(), cut.vertices.tolist(), strict=True):
        if code == Path.CLOSEPOLY:
            words.append("Z")
        elif code != Path.STOP:
            words.append(f"{' ' if due else LETTERS[code]}{x:.1f} {y:.1f}")
            due = (due or Path.NUM_VERTICES_FOR_CODE[code]) - 1
    return "".join(words)
