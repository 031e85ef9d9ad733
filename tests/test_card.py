from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import make_toy
from tests.tiny import make_config, make_model
from tszoo.data import Preprocessing
from tszoo.models import facts as facts_module
from tszoo.models.card import card
from tszoo.models.config import Parent, SourceData
from tszoo.models.facts import facts_of
from tszoo.similarity.prototypes import Prototypes


def make_card(config=None, reference=None):
    config = make_config() if config is None else config
    prototypes = Prototypes(config.class_names, tuple(np.zeros((config.n_channels, 5), "f4") for _ in config.classes))
    return card(config, prototypes, reference)


def gunpoint(**changes):
    source = SourceData("GunPoint", "train", 50, "a" * 64)
    return replace(make_config(), source=source, length=150, classes=("1", "2"), **changes)


def test_the_hubs_own_parser_reads_the_front_matter():
    parsed = ModelCard(make_card(gunpoint()))
    assert parsed.data.library_name == "tszoo"
    assert parsed.data.license == "apache-2.0"
    assert parsed.data.datasets == ["GunPoint"]
    assert parsed.data.tags == ["time-series-classification", "tszoo", "inception", "univariate", "motion"]
    assert parsed.data.model_name == "inception.GunPoint"
    (result,) = parsed.data.eval_results
    assert (result.metric_type, result.metric_value) == ("accuracy", 0.925)
    assert (result.dataset_name, result.dataset_type, result.dataset_config) == ("GunPoint", "GunPoint", "GunPoint")
    assert result.dataset_split == "test"
    assert "base_model" not in parsed.data.to_dict()


def test_numbers_of_numpy_are_plain_in_the_front_matter():
    text = make_card(make_config(results={"accuracy": np.float64(0.5), "split": "test"}))
    assert "!!python" not in text
    assert type(ModelCard(text).data.eval_results[0].metric_value) is float


def test_the_body_says_what_the_config_says():
    text = make_card(gunpoint())
    for fact in (
        "# inception.GunPoint", "An ensemble of 2 networks", "(UCR archive), trained from scratch", "draws a gun",
        "| Series | 50 of the train split |", "| Length | 150 points |", "| Classes | 2: 1, 2 |",
        "| Recipe: learning\\_rate | 0.001 |", "| Epochs of each member | 3, 3 |", "| Time | 2 s |",
        "| Date | 2026-01-31 |", "Accuracy on the test split of 40 series.", "| **Ensemble** | 0.9250 |",
        "| Member 1 | 0.9100 |",
        "| InceptionTime, as published | 0.9500 |", "The members reach 0.9050 on average, from 0.9000 to 0.9100",
        "series of exactly 150 points", "10.1109/JAS.2019.1911747", "10.1007/s10618-020-00710-y",
    ):  # fmt: skip
        assert fact in text
    assert "1811.01533" not in text


def test_a_fine_tuned_model_names_its_parent():
    text = make_card(gunpoint(parent=Parent("hf://ORG/inception.Coffee@v1", "v1")))
    assert "fine-tuned from ORG/inception.Coffee, revision v1." in text
    assert "arxiv.org/abs/1811.01533" in text
    assert ModelCard(text).data.base_model == "ORG/inception.Coffee"
    assert "fine-tuned" in ModelCard(text).data.tags


def test_paths_of_the_authors_machine_stay_there():
    text = make_card(make_config(parent=Parent("/home/someone/secret/inception.Coffee/")))
    assert "secret" not in text
    assert ModelCard(text).data.base_model == "inception.Coffee"


def test_what_is_not_known_is_left_out():
    text = make_card(make_config(members=1, recipe={}, results={}, training={}))
    for word in (
        "## Results",
        "Time |",
        "Recipe",
        "Versions",
        "None",
        "null",
        "nan",
        "as published",
        "model-index",
        "Kind",
        "UCR",
    ):
        assert word not in text
    assert "One network (inception)" in text
    assert ModelCard(text).data.eval_results is None


def test_results_without_a_test_split_are_those_of_training():
    text = make_card(make_config(results={"train_accuracy": 1.0}))
    assert "| On the training series | 1.0000 |" in text
    assert "split of" not in text
    assert "as published" not in text


def test_unequal_lengths_and_many_classes_are_told():
    config = make_config(preprocessing=Preprocessing(unequal=True), classes=tuple(range(100)))
    text = make_card(config)
    assert "lengths differ, padding is masked" in text
    assert "exactly" not in text
    assert "29 and 70 more |" in text


def test_published_figures_link_to_their_source_only_by_plain_addresses():
    def published(url):
        return make_card(
            make_config(results={"accuracy": 0.5, "published": {"name": "P", "accuracy": 0.6, "url": url}})
        )

    assert "| [P](https://example.org/a.csv), as published | 0.6000 |" in published("https://example.org/a.csv")
    for url in ("javascript:alert(1)", "https://x.org/a) [b](http://c.d", "http://x.org", 3, None):
        assert "| P, as published | 0.6000 |" in published(url)


HOSTILE = [
    "<script>alert(1)</script>", "a | b", "a\nb\n# c", "[x](http://evil.org)", "![x](y)", "`code`", "---", "\x1b[2J",
    "\u202eabc", "*bold*", "https://evil.org", "www.evil.org", "@someone", "&lt;", "$x$", "~~x~~", "\\", "{{ x }}",
    "# x",
    "a: b\n---\n",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_data_cannot_break_the_page(text):
    config = make_config(classes=(text, "other"), recipe={text: text}, architecture_args={})
    page = make_card(config)
    body = page.split("\n---\n", 1)[1]
    plain_page = make_card(make_config(classes=("x", "other"), recipe={"x": "x"}, architecture_args={}))
    assert page.count("\n") == plain_page.count("\n")
    assert all(line.isprintable() for line in page.split("\n"))
    unescaped = re.sub(r"\\.", "", body)
    assert "<" not in unescaped
    assert not re.search(r"\]\(http://evil|https?://evil|www\.evil|@someone", unescaped)
    row = next(line for line in unescaped.split("\n") if line.startswith("| Classes |"))
    assert row.count("|") == 3
    assert "`" not in row
    assert "[" not in row
    assert "*" not in row


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_name_and_label_make_a_card_that_parses(name, label):
    config = make_config()
    toy = make_toy()
    source = SourceData.of(replace(toy, name=name))
    if not label.isprintable() and any(0xD800 <= ord(c) < 0xE000 for c in label):
        return
    page = make_card(replace(config, source=source, classes=(label, label + "2")))
    parsed = ModelCard(page)
    assert parsed.data.model_name == f"inception.{source.dataset}"
    assert parsed.data.eval_results[0].dataset_name == source.dataset
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", parsed.data.datasets[0])
    assert page.encode("utf-8")


def test_facts_are_told_of_the_archives_data_only():
    assert facts_of("GunPoint", 150, 2).kind == "motion"
    assert facts_of("GunPoint", 151, 2) is None
    assert facts_of("GunPoint", 150, 3) is None
    assert facts_of("Mine", 150, 2) is None


def test_facts_match_the_archive(archive):
    for name, facts in facts_module._FACTS.items():
        file = archive / name / f"{name}_TRAIN.tsv"
        if not file.is_file():
            continue
        with file.open() as lines:
            rows = [line.split("\t") for line in lines]
        assert len(rows[0]) - 1 == facts.length, name
        assert len({row[0] for row in rows}) == facts.n_classes, name


@pytest.mark.parametrize("n_channels", [1, 3])
def test_the_snippet_runs_as_it_stands(tmp_path, monkeypatch, n_channels):
    toy = make_toy(n_channels=n_channels)
    make_model(toy).save(tmp_path / "my model's")
    monkeypatch.chdir(tmp_path)
    text = (tmp_path / "my model's" / "README.md").read_text()
    snippet = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        exec(snippet, {})
    assert re.search(r"'c[01]'", printed.getvalue())
    assert "tszoo info 'my model'\"'\"'s'" in text
