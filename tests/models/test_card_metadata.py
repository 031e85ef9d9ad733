from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cards import HOSTILE, gunpoint, make_card
from tests.support.tiny import make_config
from tests.support.toys import make_toy
from tszoo.data import Dataset
from tszoo.errors import ModelError
from tszoo.models.card.frontmatter import front_matter
from tszoo.models.card.reference import hub_repository, shown_model, shown_revision
from tszoo.models.record import Base, ModelRecipe, PartResults, Results, TrainedOn, TrainingRecipe
from tszoo.training.recipe import Recipe

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def joint(*names, accuracies=None):
    """A config of a model of several data sets, with what it reaches on each."""
    sets = [replace(make_toy(seed=k), name=name) for k, name in enumerate(names)]
    if accuracies is None:
        accuracies = {name: 0.5 + 0.01 * k for k, name in enumerate(names)}
    per_dataset = {name: PartResults(share) for name, share in accuracies.items()}
    results = Results(split="test", accuracy=0.5, per_dataset=per_dataset)
    classes = tuple(f"{k}: {label}" for k, one in enumerate(sets) for label in one.classes)
    return make_config(
        trained_on=TrainedOn.joint("several", sets), classes=classes, results=results
    )


def test_every_result_says_where_it_comes_from():
    (here,) = ModelCard(make_card(gunpoint())).data.eval_results
    assert (here.source_name, here.source_url) == (
        "tszoo",
        "https://huggingface.co/models?library=tszoo",
    )
    for reference in ("hf://ORG/inception.GunPoint", f"hf://ORG/inception.GunPoint@{COMMIT}"):
        (there,) = ModelCard(make_card(gunpoint(), reference)).data.eval_results
        assert (there.source_name, there.source_url) == (
            "tszoo",
            "https://huggingface.co/ORG/inception.GunPoint",
        )


def test_what_others_published_is_not_in_the_model_index():
    text = make_card(gunpoint())
    assert "InceptionTime" in text
    head = text.split("\n---\n")[0]
    assert "InceptionTime" not in head
    assert "0.95" not in head


def test_data_sets_never_merge():
    """Neither here nor when the Hub's client writes the card anew.

    The client groups results by type, config and split.
    """
    names = ["A B", "A-B", "A_B", "心", "电", "a b", "A  B"]
    parsed = ModelCard(make_card(joint(*names)))
    for card in (parsed, ModelCard(str(parsed))):
        results = card.data.eval_results
        assert [result.dataset_name for result in results] == names
        assert [result.dataset_config for result in results] == names
        assert [result.metric_value for result in results] == [0.5 + 0.01 * k for k in range(7)]
        assert len({result.unique_identifier for result in results}) == 7


def test_a_data_set_without_a_figure_has_no_result():
    config = joint("A", "B", accuracies={"A": 0.75, "B": None})
    (result,) = ModelCard(make_card(config)).data.eval_results
    assert (result.dataset_name, result.metric_value) == ("A", 0.75)


@pytest.mark.parametrize("value", [0.0, 1.0, 1, 0.1, 1e-5, 1e-300, 1 / 3, float(np.float64(0.3))])
def test_figures_come_back_as_they_are(value):
    text = make_card(make_config(results=Results(accuracy=value, split="test")))
    assert "!!" not in text
    (result,) = ModelCard(text).data.eval_results
    assert type(result.metric_value) is float
    assert result.metric_value == float(value)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, np.float64("nan"), np.float32("inf")]
)
def test_figures_that_are_no_numbers_are_refused(value):
    with pytest.raises(
        ModelError, match=r"results\.accuracy must be a number from 0 to 1, not .*(nan|inf)"
    ):
        Results(accuracy=value)
    with pytest.raises(
        ModelError, match=r"results\.per_dataset\.'B'\.accuracy must be a number from 0 to 1"
    ):
        joint("A", "B", accuracies={"A": 0.5, "B": value})


def test_numbers_of_numpy_are_refused():
    for value in (np.float64(0.5), np.float32(0.25)):
        with pytest.raises(
            ModelError, match=r"results\.per_dataset\.'B'\.accuracy must be a number from 0 to 1"
        ):
            joint("A", "B", accuracies={"A": 0.5, "B": value})


def test_bases_on_the_hub_are_base_models():
    for base in (
        Base("hf://ORG/inception.Coffee", COMMIT),
        Base(f"hf://ORG/inception.Coffee@{COMMIT}"),
    ):
        text = make_card(gunpoint(base=base))
        values = ModelCard(text).data.to_dict()
        assert values["base_model"] == "ORG/inception.Coffee"
        assert values["base_model_relation"] == "finetune"
        assert f"fine-tuned from ORG/inception.Coffee, revision {COMMIT}." in text


@pytest.mark.parametrize(
    "base",
    [
        "inception.Coffee",
        "/home/me/inception.Coffee",
        "ORG/inception.Coffee",
        "hf://inception.Coffee",
        "hf://a--b/inception.Coffee",
        "hf://ORG/inception.Coffee/",
    ],
)
def test_other_bases_are_named_in_the_text_alone(base):
    text = make_card(gunpoint(base=Base(base)))
    values = ModelCard(text).data.to_dict()
    assert "base_model" not in values
    assert "base_model_relation" not in values
    assert "fine-tuned from inception.Coffee." in text
    assert "fine-tuned" in values["tags"]


def test_of_several_sources_those_on_the_hub_are_base_models():
    bases = ("hf://ORG/one", "local", "hf://ORG/two", "hf://ORG/one")
    recipe = ModelRecipe(TrainingRecipe(Recipe(epochs=3)), bases=bases)
    text = make_card(make_config(base=Base("hf://ORG/one", COMMIT), recipe=recipe))
    assert ModelCard(text).data.base_model == ["ORG/one", "ORG/two"]


def test_tags_tell_the_domain():
    assert "ucr" not in ModelCard(make_card()).data.tags
    ecg = make_config(trained_on=TrainedOn("ECG200", "train", 100, "a" * 64), length=96)
    assert {"ecg", "ucr"} <= set(ModelCard(make_card(ecg)).data.tags)
    outline = make_config(trained_on=TrainedOn("Yoga", "train", 300, "a" * 64), length=426)
    assert "image-outline" in ModelCard(make_card(outline)).data.tags


def test_tags_of_several_data_sets_are_those_of_each():
    rng = np.random.default_rng(0)

    def archived(name, length):
        return Dataset.from_arrays(rng.standard_normal((6, length)), ["a", "b"] * 3, name=name)

    learnt = TrainedOn.joint("pair", [archived("ECG200", 96), archived("GunPoint", 150)])
    tags = ModelCard(
        make_card(make_config(trained_on=learnt, classes=tuple("abcd"), results=Results()))
    ).data.tags
    assert tags[4:] == ["ecg", "motion", "ucr"]
    learnt = TrainedOn.joint("pair", [archived("ECG200", 96), archived("Mine", 150)])
    tags = ModelCard(
        make_card(make_config(trained_on=learnt, classes=tuple("abcd"), results=Results()))
    ).data.tags
    assert tags[4:] == ["ecg"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_breaks_out_of_the_head(text):
    learnt = TrainedOn.of(replace(make_toy(), name=text))
    results = Results(accuracy=0.5, split=learnt.dataset)
    config = make_config(trained_on=learnt, results=results, base=Base("x" + learnt.dataset))
    parsed = ModelCard(make_card(config, text))
    plain = ModelCard(
        make_card(
            make_config(trained_on=replace(learnt, dataset="x"), base=Base("x"), results=results)
        )
    )
    assert parsed.data.to_dict().keys() == plain.data.to_dict().keys()
    assert parsed.data.license is None
    (result,) = parsed.data.eval_results
    assert result.dataset_name == result.dataset_config == result.dataset_split == learnt.dataset
    assert parsed.data.model_name == f"inception.{learnt.dataset}"
    assert all(isinstance(tag, str) for tag in parsed.data.tags)
    assert parsed.text.startswith("\n# inception.")
    for name in parsed.data.datasets or ():
        validate_repo_id(name)


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_what_is_written_reads_back(word, other):
    printing = ["".join(c for c in text if c.isprintable()) for text in (word, other)]
    values = {
        "a": printing[0],
        "b": [*printing, {"c": printing[1], "d": [{"e": 0.25, "f": printing[0]}]}],
    }
    text = front_matter(values)
    assert yaml.safe_load(text.removeprefix("---\n").removesuffix("\n---")) == values


def test_text_that_some_reader_takes_for_a_number_is_quoted():
    """YAML 1.1 and 1.2 differ.

    The Hub reads 1.2, and a tag or a data set that is a number is refused there.
    """
    for text in (
        "1e5",
        "0o7",
        "0x1f",
        "12",
        "1_000",
        "1.5",
        "yes",
        "No",
        "NULL",
        "on",
        "y",
        "~",
        "",
        ".nan",
        "nan",
    ):
        assert front_matter({"a": text}) == f'---\na: "{text}"\n---'
    assert (
        front_matter({"a": "time-series-classification"})
        == "---\na: time-series-classification\n---"
    )


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("hf://ORG/NAME", "ORG/NAME"),
        ("hf://ORG/NAME@v1", "ORG/NAME"),
        (f"hf://a/b.c_d-e@{COMMIT}", "a/b.c_d-e"),
        ("hf://ORG/NAME@", None),
        ("hf://ORG", None),
        ("hf://ORG/NAME/x", None),
        ("ORG/NAME", None),
        ("hf://ORG/a..b", None),
        ("hf://ORG/-a", None),
        ("hf://ORG/a.", None),
        ("hf://ORG/a.git", None),
        ("hf://../NAME", None),
        ("hf://ORG/na me", None),
        ("hf://ORG/NAME\n", None),
        ("hf://ORG/" + "x" * 97, None),
        ("https://huggingface.co/ORG/NAME", None),
        ("hf://ORG.git/NAME", None),
        ("hf://ORG/NAME@a..b", None),
    ],
)
def test_repositories_are_told_from_other_names(reference, repository):
    assert hub_repository(reference) == repository
    if repository is not None:
        validate_repo_id(repository)


def test_a_revision_stands_by_itself_or_in_the_reference():
    assert shown_revision("hf://ORG/NAME@v1", None) == "v1"
    assert shown_revision("hf://ORG/NAME@v1", COMMIT) == COMMIT
    assert shown_revision("hf://ORG/NAME", None) is None
    assert shown_revision("mine@v1", None) is None


def test_names_are_shown_without_the_way_to_them():
    assert shown_model("hf://ORG/NAME@v1") == "ORG/NAME"
    assert shown_model("C:\\Users\\me\\model") == "model"
    assert re.fullmatch(r"[\w.-]+", shown_model("/home/me/<b>x</b>"))
