"""The glossary: in order, complete, and each term's link leads to where it is explained."""

import re

import pytest

from notebooks import CHAPTERS, NOTEBOOKS, sources

WHOLE = "\n".join(sources(NOTEBOOKS / "glossary.ipynb", "markdown"))
SYMBOLS, TABLE = WHOLE.split("## Terms")
ROWS = re.findall(r"^\| (.+?) \| (.+) \| \[(\d\d)\]\((\S+)\) \|$", TABLE, re.MULTILINE)
# lines of a chapter that name what other chapters explain
FRAME = re.compile(r"^(# |\[|\*\*(What you|Next)|\|.*\]\().*$", re.MULTILINE)
# how the chapter itself puts it
WORD = {"affine layer": "affine", "vanishing gradient": "vanish", "upstream gradient": "upstream"}
IN_PASSING = {"label": "08"}  # an earlier chapter that names the term and links to the one that explains it
# bold for emphasis, or a part of a sentence that no one would look up
PLAIN = {
    "adds up", "axon terminal", "dendrite", "diagnosis", "error", "exercise", "extensible", "gap",
    "inhibit", "inner size", "learning loop", "modular", "n", "d", "m", "neurotransmitter", "panel",
    "predict", "premise", "repeat", "reset", "reusable", "stop", "surface", "threshold", "train", "try",
    "your turn",
}  # fmt: skip


def prose(path):
    """A chapter's text without its title, its frame and its table of chapters, in lower case."""
    return FRAME.sub("", "\n".join(sources(path, "markdown"))).lower()


PROSE = {path.stem[:2]: prose(path) for path in CHAPTERS}


def bold(text):
    """The bold words of a text in the singular, without a full stop or a colon at their end."""
    return [words.rstrip(".:").removesuffix("s") for words in re.findall(r"\*\*(.+?)\*\*", text)]


def symbols():
    """What the table of symbols explains, one a row or several, and the letters among it."""
    rows = re.findall(r"^\| (.+?) \| .+ \|$", SYMBOLS, re.MULTILINE)[1:]
    found = [symbol for row in rows for symbol in re.split(r", (?!as in)", row)]
    return found, {symbol.strip("′₁₂ ")[0] for symbol in found}


def letters(formula):
    """The letters of a formula in LaTeX that stand for something."""
    plain = re.sub(r"\\(text|begin|end|color|mathrm|operatorname)\{[^}]*\}", " ", formula)
    for command, letter in GREEK.items():
        plain = re.sub(rf"\\{command}\b", letter, plain)
    return set(re.findall(r"[^\W\d_]", re.sub(r"\\[A-Za-z]+", " ", plain)))


GREEK = {"alpha": "α", "delta": "δ", "sigma": "σ", "theta": "θ", "Delta": "Δ"}
KNOWN = {"e", "Δ"}  # as in every book


def names(term):
    """What a row is about, in lower case: "delta δ, error of a node" is delta, δ and error of a node."""
    found = [name.strip(" )") for name in re.split(r",|\(", term)]
    found += [part for name in found for part in name.rpartition(" ")[::2] if len(name.split()[-1]) == 1]
    return [name.lower() for name in found if len(name) > 1 or not name.isascii()]


def test_terms_stand_in_alphabetical_order_and_once():
    terms = [term.lower() for term, *_ in ROWS]
    assert len(terms) > 50 and len(set(terms)) == len(terms) == TABLE.count("\n|") - 2
    assert terms == sorted(terms)


@pytest.mark.parametrize(("term", "meaning", "chapter", "file"), ROWS, ids=[row[0] for row in ROWS])
def test_a_term_links_to_where_it_is_explained_or_first_used(term, meaning, chapter, file):
    assert file.startswith(chapter) and (NOTEBOOKS / file).exists()
    assert not meaning.endswith("."), "a phrase, not a sentence"
    words = [WORD.get(name, name) for name in names(term)]
    in_bold = {word.removesuffix("s") for word in words} & set(bold(PROSE[chapter]))
    used = re.compile("|".join(rf"(?<!\w){re.escape(word)}" for word in words))
    first = next((c for c in PROSE if c != IN_PASSING.get(term) and used.search(PROSE[c])), None)
    assert in_bold or chapter == first, f"not bold in {chapter}; first used in {first}"


def test_every_term_that_a_chapter_sets_in_bold_is_here():
    """A control's name may be bold too; other emphasis is listed in PLAIN."""
    terms = {name.removesuffix("s") for term, *_ in ROWS for name in (*names(term), WORD.get(term)) if name}
    for path in CHAPTERS:
        code = "\n".join(sources(path, "code"))
        controls = {name.replace("_", " ").removesuffix("s") for name in re.findall(r"(\w+)=", code)}
        for words in bold(PROSE[path.stem[:2]]):
            short = len(words.split()) <= 3 and "?" not in words and "=" not in words
            if short and words not in PLAIN | controls:
                assert words in terms, f"{path.stem}: {words!r} is not in the glossary"


def test_a_symbol_stands_in_one_row():
    found, _ = symbols()
    assert len(found) == len(set(found)) > 30


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_a_formula_has_only_symbols_of_the_table(path):
    text = "\n".join(sources(path, "markdown"))
    for formula in re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text, re.DOTALL):
        unknown = letters("".join(formula)) - symbols()[1] - KNOWN
        assert not unknown, f"{sorted(unknown)} in {''.join(formula).strip()}"


# what other books write: one letter for the loss, one for the sigmoid, one for each miss
OTHERS = re.compile(
    r"∂[CLJ]\b|\\partial [CLJ]\b|∂loss|\bg\(1 − g\)|g′|δ<sub>h|delta_h\b|\bcost\b(?= function)"
)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_no_chapter_uses_another_symbol_for_the_same(path):
    assert not (found := OTHERS.search("\n".join(sources(path, "markdown") + sources(path, "code")))), found
