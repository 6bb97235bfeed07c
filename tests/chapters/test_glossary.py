"""The glossary: in order, complete, and each term's link leads to where it is explained."""

import re

import pytest
from notebooks import CHAPTERS, NOTEBOOKS, sources

ROWS = re.findall(
    r"^\| (.+?) \| (.+) \| \[(\d\d)\]\((\S+)\) \|$",
    "\n".join(sources(NOTEBOOKS / "glossary.ipynb", "markdown")),
    re.MULTILINE,
)
FRAME = re.compile(r"^(# |\[|\*\*(What you|Next)|\|).*$", re.MULTILINE)  # names what other parts explain
# terms that their chapter explains in other words
IN_OTHER_WORDS = {
    "affine layer": "affine", "delta δ": "δ", "accuracy": "accuracy", "vanishing gradient": "vanish",
    "upstream gradient": "upstream", "learning rate α": "learning rate", "sigmoid σ": "sigmoid",
    "weight w": "weight", "bias b": "bias",
}  # fmt: skip
# bold for emphasis, or a part of a sentence that no one would look up
PLAIN = {
    "adds up", "axon terminals", "dendrites", "diagnosis", "error", "exercise", "extensible", "gap", "inhibit",
    "inner sizes", "learning loop", "modular", "n", "d", "m", "neurotransmitter", "panel", "predict", "premise",
    "repeat", "reset", "reusable", "stop", "surface", "threshold", "train", "try",
}  # fmt: skip


def prose(path):
    """A chapter's text without its title, its frame and its tables, in lower case."""
    return FRAME.sub("", "\n".join(sources(path, "markdown"))).lower()


TABLES = {path.stem[:2]: "\n".join(sources(path, "markdown")).lower() for path in CHAPTERS}
PROSE = {path.stem[:2]: prose(path) for path in CHAPTERS}


def bold(text):
    """The bold words of a text, without a full stop or a colon at their end."""
    return [words.rstrip(".:") for words in re.findall(r"\*\*(.+?)\*\*", text)]


def singular(word):
    return word.removesuffix("s")


def test_terms_stand_in_alphabetical_order_and_once():
    terms = [term.lower() for term, *_ in ROWS]
    assert len(terms) > 50 and len(set(terms)) == len(terms)
    assert terms == sorted(terms)


@pytest.mark.parametrize(("term", "meaning", "chapter", "file"), ROWS, ids=[row[0] for row in ROWS])
def test_a_term_links_to_where_it_is_explained_or_first_used(term, meaning, chapter, file):
    assert file.startswith(chapter) and (NOTEBOOKS / file).exists()
    name = re.split(r", | \(", term)[0]
    name = IN_OTHER_WORDS.get(name, name).lower()
    in_bold = name in map(singular, bold(PROSE[chapter])) or name in bold(PROSE[chapter])
    word = re.compile(rf"(?<!\w){re.escape(name)}")
    first = next((c for c, text in PROSE.items() if word.search(text)), None)
    first_with_tables = next((c for c, text in TABLES.items() if c != "00" and word.search(text)), None)
    assert in_bold or chapter in (first, first_with_tables), f"not bold in {chapter}; first used in {first}"
    assert not meaning.endswith("."), "a phrase, not a sentence"


def test_every_term_that_a_chapter_sets_in_bold_is_here():
    """A control's name may be bold too; other emphasis is listed in PLAIN."""
    terms = {name for term, *_ in ROWS for name in re.split(r", | \(|\)", term.lower())}
    terms |= {name.partition(" ")[0] for name in terms} | {name.rpartition(" ")[2] for name in terms}
    for path in CHAPTERS:
        code = "\n".join(sources(path, "code"))
        controls = {name.replace("_", " ") for name in re.findall(r"(\w+)=", code)}
        for words in bold(PROSE[path.stem[:2]]):
            short = len(words.split()) <= 3 and "?" not in words and "=" not in words
            if short and words not in PLAIN and words not in controls:
                assert {words, singular(words)} & terms, f"{path.stem}: {words!r} is not in the glossary"
