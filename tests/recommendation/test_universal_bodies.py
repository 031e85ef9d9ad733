"""Universal bodies are always probed, have no place by DTW, and come with the sources."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.sources import make_zoo
from tests.support.toys import make_toy
from tests.support.universal import seen, universal_model
from tszoo.data import Dataset
from tszoo.errors import ZooError
from tszoo.recommendation import advise, recommend
from tszoo.recommendation.eligible import universal_bodies
from tszoo.zoo.find import open_zoo
from tszoo.zoo.local import add_model


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    folder = make_zoo(tmp_path_factory.mktemp("zoo"))
    add_model(folder, universal_model())
    add_model(folder, universal_model("universalToy", "Toy", "Other", seed=1))
    return folder


def test_the_catalogue_keeps_them_without_prototypes(zoo):
    catalogue = open_zoo(zoo)
    entry = catalogue.entry("inception.universalT")
    assert entry.is_universal
    assert entry.n_classes == 0
    assert catalogue.prototypes(entry.name).classes == ()
    others = [model.name for model in catalogue.models if not model.is_universal]
    assert catalogue.pool(others).names == tuple(others)
    assert len(others) == 3
    assert catalogue.packed_sha256 is not None


def test_they_are_probed_and_ranked_among_the_sources(zoo):
    advice = advise(make_toy(), zoo)
    by_name = {source.model: source for source in advice.sources}
    assert set(by_name) == {entry.name for entry in open_zoo(zoo).models}
    universal = by_name["inception.universalT"]
    assert universal.is_universal
    assert universal.distance is None
    assert universal.n_datasets == 2
    assert 0 <= universal.score <= 1
    errors = [source.error for source in advice.sources]
    assert all(error is not None for error in errors)


def test_one_that_has_seen_the_target_is_no_source_for_it(zoo):
    advice = advise(make_toy(), zoo)
    by_name = {source.model: source for source in advice.sources}
    assert by_name["inception.universalToy"].is_target
    assert "inception.universalToy" not in [source.model for source in advice.usable]
    assert "inception.universalToy" not in [choice.source for choice in advice.choices]


def test_the_ranking_by_dtw_is_without_them(zoo):
    ranked = recommend(make_toy(), zoo, method="dtw")
    assert not any("universal" in source.model for source in ranked)


def test_they_can_be_excluded(zoo):
    advice = advise(make_toy(), zoo, exclude=["Older"])
    assert "inception.universalT" not in [source.model for source in advice.sources]


def test_a_zoo_of_universal_bodies_alone_serves(tmp_path):
    add_model(tmp_path, universal_model())
    (source,) = recommend(make_toy(), tmp_path)
    assert source.model == "inception.universalT"
    with pytest.raises(ZooError, match="only universal bodies are left"):
        recommend(make_toy(), tmp_path, method="dtw")


def test_they_see_several_channels_one_by_one(zoo):
    toy = make_toy(n_channels=2)
    advice = advise(toy, zoo)
    universal = [source for source in advice.sources if source.is_universal]
    assert len(universal) == 2
    assert all(source.score is not None for source in universal)


def test_series_of_unequal_lengths_are_read(zoo):
    toy = make_toy()
    series = [row[:, : 20 + k % 5] for k, row in enumerate(toy.series)]
    labels = [toy.classes[label] for label in np.asarray(toy.labels)]
    target = Dataset.from_arrays(series, labels, name="Ragged", unequal=True)
    universal = [source for source in advise(target, zoo).sources if source.is_universal]
    assert all(source.score is not None for source in universal)


def test_one_that_has_learnt_all_of_another_and_more_takes_its_place(tmp_path):
    """Unless it has learnt the target, too."""
    folder = make_zoo(tmp_path / "zoo")
    add_model(folder, universal_model("half", "Old", "Older"))
    add_model(folder, universal_model("all", "Old", "Older", "Oldest", seed=1))
    catalogue = open_zoo(folder)
    strange = make_toy(seed=5)
    found = set(universal_bodies(strange, catalogue, ()))
    assert found == {"inception.all"}
    assert "inception.half" in universal_bodies(strange, catalogue, ("Oldest",))
    (known,) = seen("Old", "Older", "Oldest")[2:]
    found = set(universal_bodies(known, catalogue, ()))
    assert found == {"inception.all", "inception.half"}
    advice = advise(known, folder)
    usable = {source.model for source in advice.usable}
    assert "inception.half" in usable
    assert "inception.all" not in usable
