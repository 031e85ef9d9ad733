from __future__ import annotations

import io
import sys
import warnings

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.tiny import make_model
from tests.support.toys import make_toy
from tszoo.cli import app
from tszoo.data import save_dataset
from tszoo.errors import MissingExtraError, ModelError
from tszoo.figures import draw_prototypes
from tszoo.figures import prototypes as module
from tszoo.models.load import load_folder
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage.layout import MODEL_FILES, MOST_BYTES, OPTIONAL_FILES, PICTURE
from tszoo.zoo.local import add_model

PNG = b"\x89PNG\r\n\x1a\n"
NASTY = [
    "$\\frac{1}{2}$",
    "$x^",
    "\\",
    "a\nb",
    "\x1b[2J",
    "\u202eabc",
    "<b>",
    "心电图",
    "😀",
    "W" * 500,
    "%",
    "{x}",
    "$$",
]


def waves(labels, n_channels=1, lengths=(40,)):
    rng = np.random.default_rng(0)
    shapes = [(n_channels, lengths[k % len(lengths)]) for k in range(len(labels))]
    return Prototypes(
        tuple(labels), tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)
    )


def words_of(prototypes, title, monkeypatch):
    """All that a picture says, and how many panels have lines."""
    figures = []
    with monkeypatch.context() as patch:
        patch.setattr(module, "small_png", figures.append)
        draw_prototypes(prototypes, title)
    (figure,) = figures
    from matplotlib.text import Text

    drawn = [axes for axes in figure.axes if axes.axison]
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()], drawn


@pytest.fixture(scope="module", autouse=True)
def _with_matplotlib():
    pytest.importorskip("matplotlib")


def test_the_same_input_is_the_same_small_png_of_a_few_colours():
    from PIL import Image

    prototypes = waves(["a", "b"], lengths=(150,))
    data = draw_prototypes(prototypes, "inception.GunPoint")
    assert data == draw_prototypes(prototypes, "inception.GunPoint")
    assert data != draw_prototypes(prototypes, "inception.Coffee")
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode, image.width) == ("PNG", "P", 960)
    assert image.info.keys() <= {"transparency"}
    assert b"tEXt" not in data
    assert b"tIME" not in data
    assert len(data) < 25_000


def test_every_class_has_a_panel_with_a_line_a_channel(monkeypatch):
    words, panels = words_of(
        waves(["x", "y", "z"], n_channels=2, lengths=(40, 60)), "T", monkeypatch
    )
    assert {"T", "class x", "class y", "class z", "channel 1", "channel 2"} <= set(words)
    assert [len(axes.get_lines()) for axes in panels] == [3, 3, 3]  # and one for zero
    assert [axes.get_lines()[1].get_xdata()[-1] for axes in panels] == [39, 59, 39]
    assert len({axes.get_lines()[2].get_color() for axes in panels}) == 1
    assert panels[0].get_xlim() == panels[1].get_xlim()
    assert panels[0].get_ylim() == panels[1].get_ylim()


@pytest.mark.parametrize("n_channels", [1, 20])
def test_what_is_not_drawn_is_said(n_channels, monkeypatch):
    words, panels = words_of(waves([str(k) for k in range(30)], n_channels), "T", monkeypatch)
    said = "\n".join(words)
    assert len(panels) == 12
    assert "class 11" in said
    assert "class 12" not in said
    assert "The first 12 classes; 18 more are not drawn." in said
    assert ("The first 8 channels; 12 more are not drawn." in said) == (n_channels == 20)
    assert "not drawn" not in "\n".join(words_of(waves(["a", "b"]), "T", monkeypatch)[0])


def test_text_from_outside_is_shown_as_it_is(monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words, _ = words_of(waves(NASTY[:12]), NASTY[0], monkeypatch)
        for title in NASTY:
            assert draw_prototypes(waves([title]), title).startswith(PNG)
    assert NASTY[0] in words
    assert "class $x^" in words
    assert all(text.replace("\n", "").isprintable() and len(text) < 60 for text in words)


def test_a_users_style_changes_nothing():
    import matplotlib

    expected = draw_prototypes(waves(["$a$", "b"]), "T")
    with matplotlib.rc_context(
        {"text.usetex": True, "axes.facecolor": "red", "font.size": 30, "savefig.dpi": 10}
    ):
        assert draw_prototypes(waves(["$a$", "b"]), "T") == expected


@pytest.mark.parametrize("value", [0.0, 1e38, -1e38, 1e-38])
def test_any_values_can_be_drawn(value):
    series = tuple(np.full((1, length), value, dtype=np.float32) for length in (1, 2, 5_000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw_prototypes(Prototypes(("a", "b", "c"), series), "T").startswith(PNG)


def test_a_missing_matplotlib_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        MissingExtraError, match=r'figures need matplotlib: pip install "tszoo\[plot\]"'
    ):
        draw_prototypes(waves(["a", "b"]), "T")


def test_a_folder_may_hold_a_picture_which_its_card_shows(tmp_path):
    model = make_model(members=1)
    model.save(tmp_path / "m", picture=PNG + b"x")
    assert OPTIONAL_FILES == (PICTURE,)
    assert {path.name for path in (tmp_path / "m").iterdir()} == {*MODEL_FILES, *OPTIONAL_FILES}
    assert (tmp_path / "m" / PICTURE).read_bytes() == PNG + b"x"
    assert "](prototypes.png)" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert load_folder(tmp_path / "m").config == model.config
    # it is replaced with the rest, and goes where the new model has none
    model.save(tmp_path / "m", overwrite=True)
    assert {path.name for path in (tmp_path / "m").iterdir()} == set(MODEL_FILES)
    assert "prototypes.png" not in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_a_picture_alone_makes_no_folder_of_a_model(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / PICTURE).write_bytes(PNG)
    with pytest.raises(
        ModelError, match=r"not a model's folder alone \(it holds prototypes\.png\)"
    ):
        make_model(members=1).save(tmp_path / "m", overwrite=True)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<svg/>", PNG[1:], PNG + bytes(MOST_BYTES[PICTURE])]
)
def test_what_is_no_picture_is_refused(data, tmp_path):
    with pytest.raises(
        ModelError,
        match=r"prototypes\.png must be a PNG image of at most 4194304 bytes, not \d+ bytes",
    ):
        make_model(members=1).save(tmp_path / "m", picture=data)
    assert not (tmp_path / "m").exists()


def test_a_zoo_takes_pictures_too(tmp_path):
    folder = add_model(tmp_path / "zoo", make_model(members=1), picture=PNG)
    assert (folder / PICTURE).read_bytes() == PNG


@pytest.mark.parametrize("has_matplotlib", [True, False])
def test_the_commands_draw_where_they_can(has_matplotlib, tmp_path, monkeypatch):
    toy = make_toy()
    save_dataset(toy, tmp_path / "Toy.csv")
    make_model(toy, members=1).save(tmp_path / "source")
    if not has_matplotlib:
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    commands = {
        tmp_path / "tuned": [
            "finetune",
            f"{tmp_path}/Toy.csv",
            "--source",
            f"{tmp_path}/source",
            "--head",
            "ridge",
            "--out",
            f"{tmp_path}/tuned",
        ],
        tmp_path / "zoo" / "fcn.Toy": [
            "pretrain",
            f"{tmp_path}/Toy.csv",
            "--out",
            f"{tmp_path}/zoo",
            "--arch",
            "fcn",
            "--set",
            "filters=[3]",
            "--set",
            "kernel_lengths=[4]",
            "--epochs",
            "1",
            "--members",
            "1",
        ],
    }
    for folder, command in commands.items():
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert (folder / PICTURE).is_file() == has_matplotlib
        text = (folder / "README.md").read_text(encoding="utf-8")
        assert ("](prototypes.png)" in text) == has_matplotlib
        assert "matplotlib" not in result.output
