from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.support import warm
from tests.support.cards import HOSTILE, gunpoint, make_card
from tests.support.places import ROOT
from tests.support.tiny import make_config, make_model
from tests.support.toys import make_toy
from tszoo.data import Preprocessing
from tszoo.data.ucr.table import archive_sets, facts_of
from tszoo.errors import ModelError
from tszoo.models.card.page import card
from tszoo.models.card.seal import is_as_written
from tszoo.models.load import load_config, load_prototypes
from tszoo.models.record import (
    Base,
    ModelRecipe,
    Published,
    Results,
    TrainedOn,
    TrainingRecipe,
    TrainingRecord,
)
from tszoo.nets.registry import ARCHITECTURES, network_class
from tszoo.similarity.prototypes import Prototypes
from tszoo.training.recipe import Recipe


def test_the_hubs_own_parser_reads_the_front_matter():
    parsed = ModelCard(make_card(gunpoint()))
    assert parsed.data.library_name == "tszoo"
    assert parsed.data.pipeline_tag == "tabular-classification"
    assert parsed.data.license is None
    assert parsed.data.datasets is None
    assert parsed.data.tags == [
        "time-series-classification",
        "tszoo",
        "inception",
        "univariate",
        "motion",
        "ucr",
    ]
    assert parsed.data.model_name == "inception.GunPoint"
    (result,) = parsed.data.eval_results
    assert (result.metric_type, result.metric_value) == ("accuracy", 0.925)
    assert (result.dataset_name, result.dataset_type, result.dataset_config) == (
        "GunPoint",
        "GunPoint",
        "GunPoint",
    )
    assert result.dataset_split == "test"
    assert "base_model" not in parsed.data.to_dict()


def test_whole_accuracies_are_plain_in_the_front_matter():
    text = make_card(make_config(results=Results(accuracy=1, split="test")))
    assert "!!python" not in text
    assert type(ModelCard(text).data.eval_results[0].metric_value) is float
    with pytest.raises(ModelError, match=r"results\.accuracy must be a number from 0 to 1"):
        Results(accuracy=np.float64(0.5))


def test_the_body_says_what_the_config_says():
    text = make_card(gunpoint())
    for fact in (
        "# inception.GunPoint",
        "An ensemble of 2 networks",
        "(UCR archive), trained from scratch",
        "draws a gun",
        "| Series | 50 of the train split |",
        "| Length | 150 points |",
        "| Classes | 2: 1, 2 |",
        "| Recipe: learning rate | 0.001 |",
        "| Epochs of each member | 3, 3 |",
        "| Time | 2 s |",
        "| Date | 2026-01-31 |",
        "Accuracy on the test split of 40 series.",
        "| **Ensemble** | 0.9250 |",
        "| Member 1 | 0.9100 |",
        "| InceptionTime, as published | 0.9500 |",
        "| Difference from the published figure | -0.0250 |",
        "The members reach 0.9050 on average, from 0.9000 to 0.9100",
        "series of exactly 150 points",
        "10.1109/JAS.2019.1911747",
        "10.1007/s10618-020-00710-y",
    ):
        assert fact in text
    assert "1811.01533" not in text


def test_a_fine_tuned_model_names_its_parent():
    text = make_card(gunpoint(base=Base("hf://ORG/inception.Coffee@v1", "v1")))
    assert "fine-tuned from ORG/inception.Coffee, revision v1." in text
    assert "arxiv.org/abs/1811.01533" in text
    assert ModelCard(text).data.base_model == "ORG/inception.Coffee"
    assert "fine-tuned" in ModelCard(text).data.tags


def test_paths_of_the_authors_machine_stay_there():
    text = make_card(make_config(base=Base("/home/someone/secret/inception.Coffee/")))
    assert "secret" not in text
    assert "fine-tuned from inception.Coffee." in text


def test_what_is_not_known_is_left_out():
    text = make_card(make_config(members=1, results=Results(), training=TrainingRecord()))
    for word in (
        "## Results",
        "Time |",
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
    text = make_card(make_config(results=Results(train_accuracy=1.0)))
    assert "| On the training series | 1.0000 |" in text
    assert "split of" not in text
    assert "as published" not in text


def test_members_without_an_ensemble_say_on_which_split():
    """As in a zoo that leaves members out: what those together reach was not measured."""
    results = Results(split="test", n_series=40, member_accuracy=(0.9, 0.91), train_accuracy=1.0)
    text = make_card(make_config(results=results))
    assert (
        "Accuracy of each member by itself on the test split of 40 series.\n\n|  | Accuracy |"
        in text
    )
    assert "The test split was read for this table alone" in text
    assert "| Member 1 | 0.9100 |" in text
    assert "**Ensemble**" not in text
    text = make_card(make_config(results=Results(member_accuracy=(0.9, 0.91))))
    assert "Accuracy of each member by itself on the held-out split.\n" in text
    assert "The test split" not in text
    assert (
        "split"
        not in make_card(make_config(members=1, results=replace(results, member_accuracy=(0.9,))))
        .partition("## Results")[2]
        .partition("## Intended")[0]
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_how_long_series_may_be_is_what_the_network_takes(architecture):
    text = make_card(gunpoint(architecture=architecture, architecture_args={}))
    assert "takes series of exactly 150 points" in text
    assert ("of any length" in text) == network_class(architecture).any_length
    assert ("fine-tuned too: it has a weight for every point" in text) == (architecture == "mlp")


def test_unequal_lengths_and_many_classes_are_told():
    config = make_config(preprocessing=Preprocessing(unequal=True), classes=tuple(range(100)))
    text = make_card(config)
    assert "lengths differ, padding is masked" in text
    assert "exactly" not in text
    assert "29 and 70 more |" in text


def test_published_figures_link_to_their_source_only_by_plain_addresses():
    def published(url):
        return make_card(
            make_config(results=Results(accuracy=0.5, published=Published("P", 0.6, url)))
        )

    assert "| [P](https://example.org/a.csv), as published | 0.6000 |" in published(
        "https://example.org/a.csv"
    )
    for url in ("javascript:alert(1)", "https://x.org/a) [b](http://c.d", "http://x.org", None):
        assert "| P, as published | 0.6000 |" in published(url)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_data_cannot_break_the_page(text):
    config = make_config(classes=(text, "other"), architecture_args={text: text})
    page = make_card(config)
    body, _, seal = page.split("\n---\n", 1)[1].rstrip("\n").rpartition("\n")
    assert seal.startswith("<!-- Written by tszoo, sha256")
    plain_page = make_card(make_config(classes=("x", "other"), architecture_args={"x": "x"}))
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


def parts_of(page):
    """What a Markdown parser finds on a page: the kinds of its parts, and what they lead to.

    No text.
    """
    tokens = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .parse(page.split("\n---\n", 1)[1])
    )
    found = [part for token in tokens for part in (token, *(token.children or ()))]
    return [
        (part.type, part.attrs.get("href"), part.attrs.get("src"))
        for part in found
        if part.type != "text"
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_parser_finds_nothing_that_text_from_data_put_there(text):
    def page(name):
        learnt = TrainedOn.of(replace(make_toy(), name=name))
        shown = learnt.dataset
        config = make_config(
            trained_on=learnt,
            results=Results(accuracy=0.5, split=shown, published=Published(shown, 0.5)),
            base=Base("hf://ORG/NAME", shown),
            recipe=ModelRecipe(TrainingRecipe(Recipe(epochs=3)), bases=(shown, "other")),
            training=TrainingRecord(
                device=shown,
                precision=shown,
                date=shown,
                versions={shown: shown},
                stopped={0: shown},
            ),
            classes=(name, "other"),
        )
        return make_card(config, name, picture=True)

    def telling(name):
        # text that is escaped comes in more pieces
        return [
            part for part in parts_of(page(name)) if part[0] not in ("text_special", "softbreak")
        ]

    assert telling(text) == telling("x")


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_name_and_label_make_a_card_that_parses(name, label):
    config = make_config()
    toy = make_toy()
    learnt = TrainedOn.of(replace(toy, name=name))
    if not label.isprintable() and any(0xD800 <= ord(c) < 0xE000 for c in label):
        return
    page = make_card(replace(config, trained_on=learnt, classes=(label, label + "2")))
    parsed = ModelCard(page)
    assert parsed.data.model_name == f"inception.{learnt.dataset}"
    assert parsed.data.eval_results[0].dataset_name == learnt.dataset
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", name) for name in parsed.data.datasets or ())
    assert page.encode("utf-8")


def test_a_licence_stands_where_the_author_gave_one():
    mine = replace(make_config(), license="cc-by-4.0")
    parsed = ModelCard(make_card(mine))
    assert parsed.data.license == "cc-by-4.0"
    assert "## License\n\n`cc-by-4.0` covers the weights" in parsed.text
    assert "UCR archive" not in parsed.text
    assert "## License" not in make_card(gunpoint())
    assert "The archive asks to be cited" in make_card(gunpoint(license="apache-2.0"))


def test_the_title_is_the_repositorys_name():
    assert "\n# my-model\n" in make_card(gunpoint(), "hf://me/my-model@v1")
    assert ModelCard(make_card(gunpoint(), "hf://me/my-model")).data.model_name == "my-model"
    assert "\n# inception.GunPoint\n" in make_card(gunpoint(), "folder")


def test_data_sets_of_the_hub_are_linked_and_no_others():
    learnt = TrainedOn("me/steps", "train", 50, "a" * 64)
    page = make_card(replace(gunpoint(), trained_on=learnt))
    assert ModelCard(page).data.datasets == ["me/steps"]


def test_papers_are_cited_in_bibtex():
    page = make_card(gunpoint())
    (block,) = re.findall(r"```bibtex\n(.*?)\n```", page, re.DOTALL)
    assert re.findall(r"@\w+\{(\w+),", block) == ["ismailfawaz2020inceptiontime", "dau2019ucr"]
    assert block.count("{") == block.count("}")


def test_classes_without_a_prototype_are_told():
    config = gunpoint()
    page = card(config, Prototypes(("2",), (np.zeros((1, 150), "f4"),)), "x", picture=True)
    assert "![1 classes" in page
    assert "1 of the classes have none, which would show one of their few series" in page
    assert "| Prototypes | none: " in card(config, Prototypes((), ()), "x")


def test_facts_are_told_of_the_archives_data_only():
    assert facts_of("GunPoint", 150, 2).kind == "motion"
    assert facts_of("GunPoint", 151, 2) is None
    assert facts_of("GunPoint", 150, 3) is None
    assert facts_of("Mine", 150, 2) is None


def test_facts_match_the_archive(archive):
    for name, facts in archive_sets().items():
        file = archive / name / f"{name}_TRAIN.tsv"
        if not facts.about or not file.is_file():
            continue
        with file.open() as lines:
            rows = [line.split("\t") for line in lines]
        assert len(rows[0]) - 1 == facts.length, name
        assert len({row[0] for row in rows}) == facts.n_classes, name


def snippet_of(text):
    """A card's Python."""
    (snippet,) = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)
    return snippet


def run_snippet(snippet, folder):
    """Run it in a process of its own, as a reader would; give what it prints."""
    # in the folder there is no tszoo to import but the installed one, and nothing may warn
    done = warm.run(
        [sys.executable, "-W", "error", "-c", snippet],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.usefixtures("quick_recipes")
def test_the_snippet_of_a_folder_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    make_model(make_toy(n_channels=3), members=1).save(tmp_path / "my \"model's")
    text = (tmp_path / "my \"model's" / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet_of(text), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.search(r"'c[01]'", printed)
    assert re.search(r"'(walk|run)'", printed)  # the fine-tuned model's labels
    assert "tszoo info 'my \"model'\"'\"'s'" in text
    assert "pip install" not in text


def test_the_snippet_of_a_ridge_head_fits_another(tmp_path):
    from tszoo.transfer.finetune import finetune

    finetune(make_toy(), make_model(members=1), head="ridge").save(tmp_path / "ridge")
    text = (tmp_path / "ridge" / "README.md").read_text(encoding="utf-8")
    assert 'own = tszoo.finetune(target, source=model, head="ridge")' in text
    assert re.search(r"'(walk|run)'", run_snippet(snippet_of(text), tmp_path))


def test_a_card_for_the_hub_says_how_to_get_there():
    reference = "hf://ORG/inception.Toy@v1"
    text = make_card(reference=reference)
    assert f'model = tszoo.Model.load("{reference}")' in text
    assert "```bash\npip install tszoo\n```\n\n```python\n" in text
    assert f"tszoo info {reference}" in text
    assert "From the folder" not in text


def test_a_reference_is_spelled_so_that_python_reads_it_back():
    for reference in ("plain", 'a"b', "a'b", "a'\"b", "a\\b", "a\nb", "\x1b[2J", "心 😀", "\u202e"):
        line = next(
            line
            for line in make_card(reference=reference).split("\n")
            if line.startswith("model = ")
        )
        assert line.isprintable()
        assert eval(line.removeprefix("model = tszoo.Model.load(").removesuffix(")")) == reference


def test_the_picture_is_shown_where_there_is_one():
    assert "prototypes.png" not in make_card()
    assert "![2 classes, a line for the typical series of each](prototypes.png)\n" in make_card(
        picture=True
    )
    config = make_config(make_toy(n_channels=3))
    assert "![2 classes, 3 lines, one a channel, for the typical series of each]" in make_card(
        config, picture=True
    )


def test_the_embedded_cards_are_as_written():
    for path in sorted((ROOT / "cards").glob("*/README.md")):
        text, config = path.read_text(encoding="utf-8"), load_config(path.parent)
        prototypes = load_prototypes(path.parent)
        shown = bool(prototypes.series)
        assert text == card(config, prototypes, path.parent.name, picture=shown), path
        assert is_as_written(text)
        assert (path.parent / "prototypes.png").is_file() == shown
