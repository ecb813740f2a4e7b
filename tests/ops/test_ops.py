"""What ships for Prometheus and Grafana is sound, and speaks of metrics that there are."""

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from bot.metrics import FAMILIES
from tests.integration.program import ROOT

OPS = ROOT / "ops"
DOCS = (ROOT / "docs" / "operating.md").read_text("utf-8")
ALERTS = (OPS / "alerts.yml").read_text("utf-8")
TESTS = (OPS / "alerts_test.yml").read_text("utf-8")
DASHBOARD: dict[str, Any] = json.loads((OPS / "dashboard.json").read_text("utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
GRAPHS = [each for each in PANELS if each["type"] != "row"]
PROMTOOL = shutil.which("promtool")
OTHERS = ("up", "process_resident_memory_bytes", "process_cpu_seconds_total")
NAMES = re.findall(r"- alert: (\w+)", ALERTS)

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed: apt install prometheus"
)


def promtool(*arguments: object) -> str:
    command = [str(PROMTOOL), *map(str, arguments)]
    run = subprocess.run(command, cwd=OPS, capture_output=True, text=True, check=False, timeout=30)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@needs_promtool
def test_the_example_and_the_rules_are_what_prometheus_takes() -> None:
    assert "valid prometheus config" in promtool("check", "config", "prometheus.yml")
    assert f"{len(NAMES)} rules found" in promtool("check", "rules", "alerts.yml")


@needs_promtool
def test_each_alert_fires_when_it_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


@needs_promtool
def test_the_tests_of_the_alerts_can_fail(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(ALERTS.replace("> 900", "> 9000"), "utf-8")
    (tmp_path / "alerts_test.yml").write_text(TESTS, "utf-8")
    command = [str(PROMTOOL), "test", "rules", str(tmp_path / "alerts_test.yml")]
    run = subprocess.run(command, capture_output=True, check=False, timeout=30)
    assert run.returncode != 0


@pytest.mark.parametrize("alert", NAMES)
def test_each_alert_is_tested_and_says_what_to_do(alert: str) -> None:
    assert re.search(rf"alertname: {alert}\n\s+exp_alerts:\n\s+- exp_labels", TESTS)
    assert f"| `{alert}` |" in DOCS


def test_the_page_for_operators_names_no_alert_that_there_is_not() -> None:
    assert re.findall(r"(?m)^\| `(Dragoman\w+)` \|", DOCS) == NAMES


@pytest.mark.parametrize("name", ["alerts.yml", "alerts_test.yml", "dashboard.json"])
def test_every_metric_that_is_spoken_of_exists(name: str) -> None:
    known = {*FAMILIES, *OTHERS}
    known |= {
        f"{each.name}_{part}"
        for each in FAMILIES.values()
        if each.kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
    text = (OPS / name).read_text("utf-8")
    spoken_of = set(re.findall(r"\b(?:dragoman|process)_[a-z_]+", text))
    assert spoken_of <= known, spoken_of - known


def test_every_metric_that_is_measured_is_shown() -> None:
    shown = json.dumps(GRAPHS)
    unseen = {name for name in FAMILIES if name not in shown}
    assert unseen == {"dragoman_info", "dragoman_worker_calls_total"}


@pytest.mark.parametrize("panel", GRAPHS, ids=lambda panel: f"{panel['id']} {panel['title']}")
def test_each_panel_says_what_it_shows_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    assert len({each["refId"] for each in panel["targets"]}) == len(panel["targets"])
    for target in panel["targets"]:
        assert target["legendFormat"]
        assert target["datasource"]["uid"] == "${datasource}", "whichever the importer has"
        assert '$instance"' in target["expr"]


def test_no_panel_lies_on_another() -> None:
    assert len({each["id"] for each in PANELS}) == len(PANELS)
    places = [each["gridPos"] for each in PANELS]
    assert all(each["x"] + each["w"] <= 24 for each in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
