"""Job Template attributes of which only some values are carried out here: what is advertised is what is taken, and the
other way round (RFC 8011 §5.2, PWG 5100.7, PWG 5100.13)."""

from __future__ import annotations

from distserver.intake.ipp.ability import Ability
from distwire.ipp.attributes import Attribute, AttributeList, attribute
from distwire.ipp.values import Value, enum, integer, keyword, resolution

SEPARATE = "separate-documents-collated-copies"
"""`page-ranges` count the pages of each document anew."""
AS_ONE = "single-document-new-sheet"
"""They count those of all documents one after the other."""

CHOICES: dict[str, tuple[Value, ...]] = {
    "finishings": (enum(3),),
    "job-sheets": (keyword("none"),),
    "multiple-document-handling": (keyword(SEPARATE), keyword(AS_ONE)),
    "output-bin": (keyword("auto"),),
    "print-content-optimize": (keyword("auto"),),
    "print-rendering-intent": (keyword("auto"),),
    "printer-resolution": (resolution(300, 300),),
}
"""The default first."""

SELECTORS = ("document-number", "document-numbers", "pages")
"""Members of `overrides` that choose pages; no attribute can be overridden for them (PWG 5100.6)."""

MARGIN = 423
_EDGES = ("bottom", "left", "right", "top")
_SIZES = ("media-size", "media-size-name")
PAPER: dict[str, Value] = {
    **{f"media-{edge}-margin": integer(MARGIN) for edge in _EDGES},
    "media-source": keyword("auto"),
    "media-type": keyword("stationery"),
}
"""Members of `media-col` beside the size: each has this value, or is not honoured."""


def describe_choices() -> tuple[Attribute, ...]:
    """`-default` and `-supported` of each."""
    defaults = (attribute(f"{name}-default", values[0]) for name, values in CHOICES.items())
    return (*defaults, *(attribute(f"{name}-supported", *values) for name, values in CHOICES.items()))


def describe_paper() -> tuple[Attribute, ...]:
    """`-supported` of the members of `media-col`, and which there are."""
    names = (keyword(name) for name in sorted((*PAPER, *_SIZES)))
    return (
        attribute("media-col-supported", *names),
        *(attribute(f"{name}-supported", value) for name, value in PAPER.items()),
    )


def find_wrong_values(asked: Attribute) -> Attribute | None:
    """The values of one of `CHOICES` that are not taken, as they came; None when all are."""
    allowed = [value.data for value in CHOICES[asked.name]]
    wrong = tuple(value for value in asked.values if value.data not in allowed)
    return Attribute(asked.name, wrong) if wrong else None


def is_usual_paper(column: AttributeList) -> bool:
    """Whether a `media-col` asks for nothing but a size."""
    asked = {each.name: [value.data for value in each.values] for each in column if each.name not in _SIZES}
    return all(name in PAPER and data == [PAPER[name].data] for name, data in asked.items())


def overrides_nothing(column: AttributeList) -> bool:
    """Whether one of `overrides` only chooses pages."""
    return all(each.name in SELECTORS for each in column)


def color_modes(ability: Ability) -> tuple[str, ...]:
    """`print-color-mode` that the members can."""
    return ("auto", "color", "monochrome") if ability.color else ("auto", "monochrome")
