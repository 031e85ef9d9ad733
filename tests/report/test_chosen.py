"""What a report says of the plan that a model was made by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.command_line import run, write_folder
from tests.support.fits import RUN
from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError
from tszoo.models.load import load_folder
from tszoo.models.recalibrate import write_calibration
from tszoo.report.chosen import MOST_SOURCES, chosen
from tszoo.transfer.plan import Plan
from tszoo.transfer.plan_file import plan_of, write_plan
from tszoo.transfer.planned import Considered
from tszoo.transfer.planning import make_plan


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_zoo(tmp_path_factory.mktemp("chosen") / "zoo")


@pytest.fixture(scope="module")
def toy() -> Dataset:
    return make_toy()


@pytest.fixture(scope="module")
def plan(zoo: Path, toy: Dataset) -> Plan:
    return make_plan(toy, zoo=zoo, head="ridge", members=1, run=RUN)


def test_a_plan_keeps_the_sources_that_it_looked_at(plan: Plan) -> None:
    assert plan.advice is not None
    ranked = plan.advice.sources
    found = [(source.model, source.error, source.distance) for source in plan.considered]
    assert found == [(source.model, source.error, source.distance) for source in ranked]
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_of_before_has_none(plan: Plan) -> None:
    before = replace(plan, considered=())
    assert "considered" not in before.to_dict()
    assert chosen(Plan.from_json(before.to_json())).sources == []


def test_what_is_told_is_what_the_plan_says(plan: Plan) -> None:
    told = chosen(plan)
    assert dict(told.decided)["Where to start"] == plan.reasons["source"]
    assert plan.reasons["members"] in dict(told.decided)["Members"]
    first = plan.considered[0]
    assert first.error is not None
    assert told.sources[0][0] == first.model
    assert told.sources[0][2] == f"{first.error:.3f}"
    taken = [row[0] for row in told.sources if row[-1] == "taken"]
    assert taken == [source.name for source in plan.sources]
    assert [other[0] for other in told.others] == [other.what for other in plan.alternatives]


def test_many_sources_are_counted(plan: Plan) -> None:
    learnt = Considered("inception.A", "A", is_target=True)
    told = chosen(replace(plan, considered=(learnt,) * (MOST_SOURCES + 3)))
    assert (len(told.sources), told.n_more) == (MOST_SOURCES, 3)
    assert told.sources[0][2:] == ("–", "–", "–", "has learnt these very data")


@pytest.mark.parametrize(
    "change", [{"error": "low"}, {"score": 2}, {"model": 1}, {"is_target": 1}, {"other": 1}]
)
def test_a_plan_with_an_odd_source_is_refused(change: dict, plan: Plan) -> None:
    values = {**vars(plan.considered[0]), **change}
    with pytest.raises(ModelError, match="considered source"):
        Considered.from_dict(values)


def test_a_model_has_its_plan_beside_it_and_the_report_tells_it(zoo: Path, tmp_path: Path) -> None:
    mine, out, page = write_folder(tmp_path / "Mine"), tmp_path / "m", tmp_path / "r.html"
    run("finetune", mine, "--zoo", zoo, "--head", "ridge", "--members", 1, "--out", out)
    plan = plan_of(out, load_folder(out).config)
    assert plan is not None
    run("report", out, "--out", page)
    text = page.read_text()
    assert "What was chosen, and why" in text
    rows = text[text.index("Sources that were looked at") :]
    for source in plan.considered:
        assert f"<td>{source.model}</td><td>{source.dataset}</td>" in rows
    kept = tmp_path / "calibrated"
    write_calibration(out, None, kept, overwrite=False)
    assert plan_of(kept, load_folder(kept).config) == plan
    (out / "plan.json").unlink()
    run("report", out, "--out", page)
    assert "Sources that were looked at" not in page.read_text()
    (out / "plan.json").write_text("{}")
    error = run("report", out, "--out", page, status=1).stderr
    assert error.count("\n") == 1
    assert "plan.json" in error
    assert "delete it" in error


def test_the_plan_of_other_data_is_not_the_models(plan: Plan, toy: Dataset, tmp_path: Path) -> None:
    model = plan.fit(toy, run=RUN)
    model.save(tmp_path / "m")
    write_plan(tmp_path / "m", replace(plan, target=replace(plan.target, sha256="0" * 64)))
    assert plan_of(tmp_path / "m", model.config) is None
