"""Alert rules and the page about them name only figures that the server has."""

from __future__ import annotations

import re
from typing import Any

import yaml

from distserver.report.metrics import COUNTERS, GAUGES, HISTOGRAMS, name_metric
from tests.support.sources import ROOT

_RULES = ROOT / "deploy/prometheus/alerts.yml"
_PAGE = ROOT / "docs/how-to/monitor.md"
_METRIC = re.compile(r"distserver_[a-z_]*[a-z]")


def _rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(_RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def _names() -> dict[str, tuple[str, ...]]:
    """Every name that Prometheus knows, with the labels that may be asked for."""
    names = {name_metric(family): family.labels for family in (*GAUGES, *COUNTERS)}
    for family in HISTOGRAMS:
        names |= {f"{name_metric(family)}_{end}": family.labels for end in ("count", "sum")}
        names[f"{name_metric(family)}_bucket"] = (*family.labels, "le")
    return names


def test_every_rule_says_what_it_is_and_how_bad() -> None:
    rules = _rules()
    assert len({rule["alert"] for rule in rules}) == len(rules) == 5
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_rules_ask_for_figures_that_are_there() -> None:
    names = _names()
    for rule in _rules():
        assert set(_METRIC.findall(rule["expr"])) <= set(names), rule["alert"]
        for metric, matchers in re.findall(r"(distserver_\w+)\{([^}]*)\}", rule["expr"]):
            assert set(re.findall(r"(\w+)!?=~?\"", matchers)) <= set(names[metric]), rule["alert"]


def test_the_page_explains_each_rule_and_asks_for_figures_that_are_there() -> None:
    text = _PAGE.read_text(encoding="utf-8")
    for rule in _rules():
        assert f"`{rule['alert']}`" in text
    whole = {name for name in _METRIC.findall(text) if not name.endswith("_spool")}
    assert whole <= set(_names()) | {name_metric(family) for family in HISTOGRAMS}
