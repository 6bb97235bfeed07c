"""The one mechanism for every prediction: ask(question) -> Answer, which replies at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from itertools import product

import ipywidgets as widgets

from .style import BACKWARD, FORWARD, MUTED, PAPER, WIDTH
from .words import count, number

NAME = r"[^\W\d][\w ]*[=:≈]\s*"  # "b = " in front of a number, and the words behind one, as in "2 passes"
WORDS = re.compile(
    r"(?<=[\d.%])(\s+(?!and\b|hundred|thousand|[mb]illion)[^\W\d_]+[²³]?)+(?=\s*([,;]|and\b|$))"
)


@dataclass(frozen=True)
class Question:
    """A prediction to make before the cell below it shows the answer.

    label: what to fill in, in a few words; each question of a chapter has its own.
    answer: a number, several in a tuple, or one of the choices. reason: why it is right.
    mistakes: foreseen wrong answers, each with what went wrong. hint: for any other.
    choices: texts to choose from. within: how far a number may be off. unit: of the numbers.
    """

    label: str
    answer: float | tuple | str
    reason: str
    hint: str
    mistakes: Mapping = field(default_factory=dict)
    choices: tuple = ()
    within: float = 0.0
    unit: str = ""

    def __post_init__(self):
        if self.choices and not {self.answer, *self.mistakes} <= set(self.choices):
            raise ValueError(f"{self.label}: the answer and the mistakes must be among the choices")

    @property
    def solution(self):
        """The answer as text, with its unit, and the reason."""
        values = self.answer if isinstance(self.answer, tuple) else (self.answer,)
        texts = [value if isinstance(value, str) else number(value, 6) for value in values]
        return f"{', '.join(texts)} {self.unit}".strip() + f". {self.reason}"

    @property
    def expects(self):
        """What to write: the kind of answer, its unit and its tolerance."""
        if self.choices:
            return "choose one"
        kind = f"{len(self.answer)} numbers" if isinstance(self.answer, tuple) else "a number"
        unit = f" in {self.unit}" if self.unit else ""
        return f"{kind}{unit}" + (f", to within {number(self.within)}" if self.within else "")

    def judge(self, given):
        """(right, words) for a choice or a text; right is None where the text can't be read."""
        meanings = [given] if self.choices else self._read(given)
        if not meanings:
            example = "2, −0.5, 1/2" if isinstance(self.answer, tuple) else "2, −0.5, 1/2 or 10 %"
            return None, f"I can't read that: expected {self.expects}, such as {example}."
        if any(self._same(meaning, self.answer) for meaning in meanings):
            return True, self.reason
        for wrong, why in self.mistakes.items():
            if any(self._same(meaning, wrong) for meaning in meanings):
                return False, why
        return False, self.hint

    def _read(self, text):
        """What a text may mean, as the kind of answer that is asked for: "b = 4.1 cm" is 4.1."""
        text = text.strip().removesuffix(self.unit).strip("()[] ").replace("percent", "%")
        text = WORDS.sub("", text)
        if not isinstance(self.answer, tuple):
            return numbers(re.sub(rf"^{NAME}", "", text))
        text = re.sub(rf"(^|(?<=[\s,;])){NAME}", "", re.sub(r",?\s+and\s+", "; ", text))
        parts = re.split(r"\s*;\s*|,?\s+" if re.search(r"[;\s]", text) else ",", text)
        ways = [numbers(part) for part in parts]
        return list(product(*ways)) if len(ways) == len(self.answer) else []

    def _same(self, given, wanted):
        if isinstance(wanted, str):
            return given == wanted
        if isinstance(wanted, tuple):
            return all(map(self._same, given, wanted))
        return abs(given - wanted) <= self.within + 1e-9 * abs(wanted)


def numbers(text):
    """The numbers that a text may mean: −0.5, 0,5, 1/2, 10 %, 1e-4; 1,000 may be 1 or 1000."""
    text = re.sub(r"\s", "", text).replace("−", "-")
    scale = 100 if text.endswith("%") else 1
    text = text.removesuffix("%")
    found = []
    for spelling in (text.replace(",", "."), text.replace(",", "")):
        try:
            found.append(float(Fraction(spelling)) / scale)
        except (ValueError, ZeroDivisionError, OverflowError):  # not a number: the caller says so
            continue
    return found[:1] if "," not in text else found


_asked = {}  # label -> Answer: a question whose cell runs again counts once
_tallies = []


def ask(question):
    """Show a Question below its prose: an Answer, a widget that takes an answer and replies at once."""
    before = _asked.get(question.label)
    _asked[question.label] = answer = Answer(question, before and before.first)
    return answer


class Answer(widgets.VBox):
    """A field or choices, a button that shows the answer after a try, and the reply.

    first: whether the first try was right; None before it. reply: the Reply below the field.
    """

    def __init__(self, question, first=None):
        self.question, self.first, self.reply = question, first, None
        look = {"description": question.label, "style": {"description_width": "initial"}}
        self._show = widgets.Button(description="Show the answer", disabled=first is None)
        self._show.on_click(lambda _: self._say(None, question.solution))
        if question.choices:
            self.field = widgets.ToggleButtons(options=question.choices, value=None, **look)
            self.field.style.button_width = "initial"
            self.field.observe(lambda _: self.check(), "value")
            row = [self.field, self._show]
        else:
            self.field = widgets.Text(placeholder=question.expects, continuous_update=False, **look)
            self.field.layout.width = "420px"
            self.field.observe(lambda _: self.check(), "value")  # at Enter, or when it is left
            check = widgets.Button(description="Check", layout={"width": "90px"})
            check.on_click(lambda _: self.check())
            row = [self.field, check, self._show]
        self._reply = widgets.HTML()
        layout = widgets.Layout(flex_flow="row wrap", align_items="flex-end", max_width=f"{WIDTH}px")
        super().__init__([widgets.HBox(row, layout=layout), self._reply])
        self.add_class("question")

    def check(self):
        """Judge what stands in the field, and reply."""
        given = self.field.value
        if not given:
            self._say(None, f"Nothing here yet: {self.question.expects}.")
            return
        right, words = self.question.judge(given)
        if right is not None:
            self.first = right if self.first is None else self.first
            self._show.disabled = False
            for one in _tallies:
                one.count()
        self._say(right, words)

    def _say(self, right, words):
        self.reply = Reply(right, words)
        self._reply.value = self.reply._repr_html_()

    def _repr_mimebundle_(self, **kwargs):
        """The widget; for readers without a kernel, the folded answer."""
        question = self.question
        folded = f"<details><summary>{escape(question.label)}</summary>{escape(question.solution)}</details>"
        words = f"{question.label}: {question.expects}"
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": words, "text/html": folded}

    def __repr__(self):
        return self.reply.words if self.reply else self.question.label


class Reply:
    """What is said of an attempt: right is True, False, or None where there is nothing to judge."""

    def __init__(self, right, words):
        self.right = right
        self.words = {True: "✓ Right. ", False: "✗ Not yet. ", None: ""}[right] + words

    def __repr__(self):
        return self.words

    def _repr_html_(self):
        color = {True: FORWARD, False: BACKWARD, None: MUTED}[self.right]  # as the first word says
        return (
            f'<p role="status" style="line-height:1.5;margin:4px 0;padding:2px 8px;font-size:15px;'
            f"border-left:5px solid {color};background:{PAPER};color:#000;max-width:{WIDTH}px;"
            f'white-space:pre-wrap">{escape(self.words)}</p>'
        )


def tally():
    """A line that counts the questions asked so far, and those right at first try; it keeps up."""
    line = Tally()
    _tallies[:] = [line]
    return line


class Tally(widgets.HTML):
    """The line of tally(). sentence: its words."""

    def __init__(self):
        super().__init__()
        self.count()

    def count(self):
        """Count again."""
        firsts = [answer.first for answer in _asked.values()]
        made, right = len(firsts) - firsts.count(None), firsts.count(True)
        self.sentence = f"{count(len(firsts), 'prediction')}: {made} made, {right} right at first try."
        self.value = Reply(None, self.sentence)._repr_html_()

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": self.sentence}
