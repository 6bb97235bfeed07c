"""The widgets' JavaScript, from the .js files beside this one."""

from pathlib import Path


def javascript(name):
    """The text of a .js file; as text, since anywidget watches a file and never lets it go."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
