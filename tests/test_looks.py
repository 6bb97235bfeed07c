"""No panel changes its looks unseen: fingerprints of its pictures are those in looks.json."""

import json

import pytest
from looks import SKIPPED, STORE, fingerprint, looks

from notebooks import CHAPTERS

STORED = json.loads(STORE.read_text(encoding="utf-8"))
ROUNDING = {"08.0"}  # panels that show rounding itself, which no two machines do alike
LOOKED_AT = [path.stem[:2] for path in CHAPTERS if path.stem[:2] not in SKIPPED]


@pytest.mark.parametrize("chapter", LOOKED_AT)
def test_a_panel_looks_as_it_was_looked_at(chapter):
    now = looks(chapter)
    assert now.keys() == {panel for panel in STORED if panel.startswith(chapter)}
    for panel, states in now.items():
        assert states.keys() == STORED[panel].keys(), f"{panel} has other controls"
        for state, pictures in states.items():
            for found, stored in zip(pictures, STORED[panel][state], strict=True):
                told = f"panel {panel} at {state}: {found}, stored {stored}; right? python tests/looks.py"
                assert found[:2] == stored[:2], told
                if panel not in ROUNDING:
                    assert found[2:] == pytest.approx(stored[2:], abs=0.6), told


SVG = '<svg viewBox="0 0 9 9"><circle cx="1" cy="2" r="3" fill="#000"/><text x="4" y="5">words</text></svg>'


@pytest.mark.parametrize(
    ("old", "new"),
    [("#000", "#fff"), ('cx="1"', 'cx="2"'), ('r="3"', 'r="4"'), ("circle", "ellipse"), ('y="5"', 'y="-5"')],
)
def test_a_fingerprint_changes_with_a_color_a_place_a_size_and_a_kind(old, new):
    assert fingerprint(SVG.replace(old, new)) != fingerprint(SVG)
    assert fingerprint(SVG.replace("words", "others")) == fingerprint(SVG)
