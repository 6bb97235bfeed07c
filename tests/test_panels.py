"""Every panel of every chapter: all sliders to both ends and to random places; none may fail."""

import re

import numpy as np
import pytest
from backprop.explore import Panel, explore
from backprop.explore.controls import powers_of_ten
from backprop.explore.picture import Picture
from backprop.explore.widgets.training import TrainingPanel

from notebooks import CHAPTERS, every_place, panels, read

COMBINATIONS = 12


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_control_fails_and_each_one_changes_its_picture(path):
    assert panels(path.stem[:2]), "a chapter without a panel"
    rng = np.random.default_rng(0)
    for number, panel in enumerate(panels(path.stem[:2])):
        sweep(panel, f"{path.stem}, panel {number}", rng)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_panel_starts_as_its_notebook_has_stored_it(path):
    outputs = [output for cell in read(path)["cells"] for output in cell.get("outputs", [])]
    stored = ["".join(output.get("data", {}).get("text/plain", "")) for output in outputs]
    for panel in panels(path.stem[:2]):
        panel.reset()
        assert panel._repr_mimebundle_()["text/plain"] in stored


def sweep(panel, where, rng):
    changing = set()  # the controls that have changed the picture so far
    for _ in range(COMBINATIONS):  # the first one is the start
        for name, control in panel.controls.items():
            before, looks = control.value, {look(panel)}
            for value in ends(control):
                control.value = value
                assert panel.error is None, f"{where}: {panel.values()}: {panel.sentence}"
                assert not (found := HYPHEN.search(shown(panel))), f"{where}: {panel.values()}: {found}"
                looks.add(look(panel))
            control.value = before
            if len(looks) > 1:
                changing.add(name)
        for control in panel.controls.values():
            control.value = somewhere(control, rng)
            assert panel.error is None, f"{where}: {panel.values()}: {panel.sentence}"
    assert changing == set(panel.controls), f"{where}: {set(panel.controls) - changing} change nothing"
    panel.reset()
    assert panel.sentence, f"{where} says nothing"


def look(panel):
    """The picture without its sentence; a training panel's waits for Train, so there the sentence."""
    if isinstance(panel, TrainingPanel):
        return panel.sentence
    return re.sub("<desc>.*?</desc>", "", "".join(str(view.live) for _, view in panel._pictures))


def shown(panel):
    """All that a panel's sentence and markup say; a PNG says nothing."""
    markup = " ".join(view.live for _, view in panel._pictures if isinstance(view.live, str))
    return panel.sentence + re.sub("<[^>]*>", " ", markup)


HYPHEN = re.compile(r"(?<![\w)\[])-\d|\de-\d")  # a minus that is none; in code, [-1] is one


def ends(control):
    """Values to try for one control: both ends, or every option."""
    values = every_place(control)
    return values if hasattr(control, "options") else [values[0], values[-1]]


def somewhere(control, rng):
    """A random value of one control."""
    values = every_place(control)
    return values[rng.integers(len(values))]


def test_an_error_in_draw_is_one_sentence_and_the_panel_lives_on():
    panel = Panel(lambda a=1: f"<svg><title>t</title><desc>{1 / a:.1f}</desc></svg>", {"a": (0, 4)})
    panel.controls["a"].value = 0
    assert panel.sentence == "This can't be drawn: division by zero (ZeroDivisionError)"
    panel.controls["a"].value = 4
    assert panel.sentence == "a = 4" and panel.error is None


def test_a_panel_carries_widget_picture_and_sentence():
    bundle = Panel(lambda a=1: f"<svg><desc>a is {a}</desc></svg>", {"a": (0, 4)})._repr_mimebundle_()
    assert bundle["text/plain"] == "a = 1"
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "text/html" not in bundle, "nbconvert would prefer it to the picture"


def test_reset_draws_once():
    calls = []
    panel = Panel(lambda a=1, b=2: calls.append((a, b)) or "<svg></svg>", {"a": (0, 4), "b": (0, 4)})
    panel.controls["a"].value, panel.controls["b"].value = 3, 4
    calls.clear()
    panel.reset()
    assert calls == [(1, 2)]


def test_the_picture_is_sent_before_the_number_field(monkeypatch):
    panel = Panel(lambda k=5: f"<p>{k}</p>", {"k": (0, 3000)})
    (slider, field), sent = panel.children[0].children[0].children, []
    monkeypatch.setattr(panel._views.children[0], "send_state", lambda key=None: sent.append("picture"))
    monkeypatch.setattr(field, "send_state", lambda key=None: sent.append("field"))
    slider.value = 2000
    assert (field.value, sent) == (2000, ["picture", "field"])
    field.value = 70
    assert slider.value == 70 and "70" in panel._views.children[0].value
    panel.reset()
    assert field.value == 5


def test_a_moved_artist_does_not_pay_for_the_axes_again(monkeypatch):
    from backprop.chapters.ch00_start import make_neuron
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    panel = Panel(make_neuron(), {"w": (-5.0, 5.0)})
    drawn = []
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: drawn.append(canvas))
    before, view = panel._pictures[0][1].live, panel._views.children[0]
    panel.controls["w"].value = 3.0
    assert panel._pictures[0][1].live != before
    assert drawn == []
    assert panel._views.children[0] is view, "a new view would load its background again"


def test_an_animated_picture_equals_a_full_drawing():
    """The kept background loses nothing: the same picture drawn afresh has the same bytes."""
    from backprop.chapters.ch00_start import make_neuron
    from backprop.explore.figures import png

    moved, fresh = make_neuron(), make_neuron()
    png(moved().content)
    assert png(moved(w=3.0, b=1.0, x=-2.0).content) == png(fresh(w=3.0, b=1.0, x=-2.0).content)


def test_a_wrong_return_value_says_what_was_expected():
    panel = Panel(lambda a=1: a, {"a": (0, 4)})
    assert "draw returned int; expected a Picture, an SVG or HTML string" in panel.sentence


def test_a_caption_does_not_tear_a_derivative_apart():
    panel = explore(lambda x=1: Picture("<svg></svg>", "∂E/∂w₅ < 1, and no more."), x=(0, 2))
    caption = next(w.value for w in panel.children[2].children if "w₅" in getattr(w, "value", ""))
    assert '<span style="white-space:nowrap">∂E/∂w₅</span> &lt; 1, and no more.</p>' in caption


def test_a_slider_over_powers_of_ten_moves_its_exponent_and_shows_three_digits():
    slider = powers_of_ten(1e-4, -15, -1, 0.5)
    assert (slider.base, slider.min, slider.max, slider.step, slider.value) == (10, -15, -1, 0.5, 1e-4)
    assert slider.readout_format == ".3g"
