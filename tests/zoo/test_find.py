from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tiny import TINY_ARGS, make_model
from tests.support.toys import make_toy
from tszoo.errors import ModelError, ZooError
from tszoo.storage.layout import MODEL_FILES
from tszoo.zoo import embedded, find
from tszoo.zoo.embedded import embedded_zoo
from tszoo.zoo.find import find_model, list_models, load_model, locate, open_zoo
from tszoo.zoo.local import add_model
from tszoo.zoo.names import check_name, is_name, name_for, suggestion
from tszoo.zoo.zoo import Zoo


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("original") / "zoo"
    for name in ("GunPoint", "Coffee", "ECG200"):
        add_model(root, make_model(replace(make_toy(), name=name), members=1))
    args = {"filters": [3], "kernel_lengths": [4]}
    add_model(
        root,
        make_model(
            replace(make_toy(), name="Coffee"), 1, architecture="fcn", architecture_args=args
        ),
    )
    return root


@pytest.fixture
def zoo(tmp_path, original):
    return shutil.copytree(original, tmp_path / "zoo")


def test_a_model_is_found_by_its_name_or_its_folder(zoo, monkeypatch):
    expected = zoo / "inception.GunPoint"
    assert find_model("inception.GunPoint", zoo) == expected
    assert find_model("inception.GunPoint", str(zoo)) == expected
    assert find_model("inception.GunPoint", open_zoo(zoo)) == expected
    assert find_model(str(expected), zoo) == expected
    assert find_model(expected) == expected
    monkeypatch.chdir(expected)
    assert find_model(".").resolve() == expected
    assert find_model("../inception.Coffee").resolve() == zoo / "inception.Coffee"


def test_a_folder_here_is_found_by_its_bare_name(zoo, tmp_path, monkeypatch):
    make_model(members=1).save(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert find_model("mine", zoo) == Path("mine")
    monkeypatch.setattr(find, "embedded_zoo", lambda: zoo)
    assert find_model("mine") == Path("mine")


def test_the_zoo_comes_before_a_folder_here(zoo, tmp_path, monkeypatch):
    make_model(members=1).save(tmp_path / "inception.Coffee")
    monkeypatch.chdir(tmp_path)
    assert find_model("inception.Coffee", zoo) == zoo / "inception.Coffee"
    assert find_model("./inception.Coffee", zoo) == Path("inception.Coffee")


def test_without_an_embedded_zoo_a_folder_is_still_found(tmp_path, monkeypatch):
    def none():
        raise ZooError("no embedded zoo")

    monkeypatch.setattr(find, "embedded_zoo", none)
    make_model(members=1).save(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert find_model("mine") == Path("mine")
    with pytest.raises(ZooError, match="no embedded zoo"):
        find_model("other")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("inception.GunPiont", "inception.GunPoint"),
        ("inception.coffee", "inception.Coffee"),
        ("fcn.Cofee", "fcn.Coffee"),
    ],
)
def test_close_names_are_suggested(zoo, wrong, right):
    with pytest.raises(
        ZooError,
        match=f"no model '{wrong}' in this zoo, and no such folder. Did you mean .*{right}",
    ):
        find_model(wrong, zoo)


def test_far_names_are_not(zoo):
    with pytest.raises(ZooError, match=r"no such folder\.$"):
        find_model("zzzzzz", zoo)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("", "'' is no path"),
        ("a\0b", r"'a\\x00b' is no path"),
        ("../zoo", "'../zoo': no such model folder"),
        ("../../etc/passwd", "no such model folder"),
        ("zoo/none", "no such model folder"),
        ("inception.GunPoint/../../x", "no such model folder"),
        ("..", "no such model folder"),
        ("x" * 5000, "no such model folder"),
        ("a\x1b[2J", r"'a\\x1b\[2J': no such model folder"),
    ],
)
def test_references_that_lead_nowhere_are_refused(zoo, reference, message):
    with pytest.raises(ZooError, match=message) as caught:
        find_model(reference, zoo)
    assert str(caught.value).isprintable()


def test_a_zoo_is_a_folder_of_models(zoo, tmp_path):
    assert len(open_zoo(zoo).models) == 4
    with pytest.raises(ZooError, match="no such folder"):
        open_zoo(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        ZooError, match="empty: no models in this folder; a zoo holds one folder a model"
    ):
        open_zoo(tmp_path / "empty")
    with pytest.raises(
        ZooError, match=r"inception\.Coffee: a model, not a zoo; the zoo is the folder around it"
    ):
        open_zoo(zoo / "inception.Coffee")
    with pytest.raises(ZooError, match="'hf://ORG' is on the Hub; name a folder here"):
        add_model("hf://ORG", make_model(members=1))


def test_names_that_differ_in_their_case_only_are_one(tmp_path):
    add_model(tmp_path / "zoo", make_model(members=1), "Mine")
    with pytest.raises(
        ZooError, match="has Mine already, which not every system can tell from mine"
    ):
        add_model(tmp_path / "zoo", make_model(members=1), "mine")
    add_model(tmp_path / "zoo", make_model(members=1), "Mine", overwrite=True)


def test_a_zoo_of_broken_models_is_a_zoo(tmp_path):
    path = add_model(tmp_path / "zoo", make_model(members=1))
    (path / "README.md").unlink()
    assert open_zoo(tmp_path / "zoo").broken[0].model == "inception.Toy"


def test_models_are_listed_by_architecture_and_pattern(zoo):
    opened = open_zoo(zoo)

    def names(*args):
        return [entry.model for entry in list_models(opened, *args)]

    assert names() == ["fcn.Coffee", "inception.Coffee", "inception.ECG200", "inception.GunPoint"]
    assert names("fcn") == ["fcn.Coffee"]
    assert names("resnet") == []
    assert names(None, "coffee") == ["fcn.Coffee", "inception.Coffee"]
    assert names(None, "*.c*") == ["fcn.Coffee", "inception.Coffee"]
    assert names("inception", "*[0-9]") == ["inception.ECG200"]
    assert names(None, "[") == []


def test_a_model_is_loaded_by_name(zoo):
    toy = make_toy()
    model = load_model("inception.GunPoint", zoo)
    expected = make_model(replace(toy, name="GunPoint"), members=1)
    np.testing.assert_allclose(model.predict_proba(toy), expected.predict_proba(toy), atol=1e-3)


def test_a_name_in_a_zoo_is_taken_once(zoo):
    model = make_model(replace(make_toy(), name="Coffee"), members=1, seed=5)
    with pytest.raises(ModelError, match="there is a model already"):
        add_model(zoo, model)
    assert add_model(zoo, model, overwrite=True, dtype="float32") == zoo / "inception.Coffee"
    assert (
        Zoo(zoo).entry("inception.Coffee").bytes
        == (zoo / "inception.Coffee/model.safetensors").stat().st_size
    )
    assert add_model(zoo, model, "other") == zoo / "other"
    assert not (zoo / ".lock").exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "a\0",
        "a b",
        "a..b",
        "a.",
        "é",
        "x" * 97,
        "x" * 5000,
        "/a",
        "C:a",
        "-a",
        "a-",
        "a--b",
        "a\n",
        "con",
        "NUL",
        "Com1",
        "lpt9.b",
        "aux.b",
        "prn.a.b",
        "a.git",
        "b.GIT",
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(ZooError, match="cannot name a model"):
        add_model(tmp_path / "zoo", make_model(members=1), name)
    assert not (tmp_path / "zoo").exists()


def test_a_zoo_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ZooError, match=r"the zoo cannot be made \((Not a directory|File exists)\)"):
        add_model(tmp_path / "file", make_model(members=1))


@pytest.mark.parametrize(
    "name",
    ["inception.GunPoint", "console", "nul_", "a.con", "com10", "a.git2", "a_-b", "a-.b", "git"],
)
def test_names_that_only_look_like_others_are_names(name):
    assert check_name(name) == name_for(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("con", "con_"),
        ("NUL.b", "NUL_.b"),
        ("c.a--b", "c.a-b"),
        ("a.git", "a_git"),
        ("a.nul", "a.nul"),
        ("aux." + "x" * 92, "aux_." + "x" * 91),
        ("x" * 92 + ".gitter", "x" * 92 + "_git"),
    ],
)
def test_names_of_other_things_become_names(text, name):
    assert name_for(text) == name


NAMELIKE = st.text(max_size=120) | st.from_regex(r"(?i)\A(con|com1|a)?[a-z.-]{0,6}(\.git)?\Z")


@given(NAMELIKE)
def test_names_are_single_parts_of_a_path(text):
    if is_name(text):
        assert Path(text).parts == (text,)
        assert not text.startswith(".")
        assert name_for(text) == text
        assert not PureWindowsPath(text).is_reserved()
        validate_repo_id(f"org/{text}")
    else:
        with pytest.raises(ZooError, match="cannot name a model"):
            check_name(text)


@given(NAMELIKE)
def test_any_text_makes_a_name_if_a_letter_is_left(text):
    if re.search("[A-Za-z0-9]", text):
        assert is_name(name_for(f"inception.{text}"))


def test_suggestions_are_sentences():
    assert (
        suggestion("inception.gunpiont", ["inception.GunPoint", "fcn.Wafer"])
        == " Did you mean inception.GunPoint?"
    )
    assert suggestion("x", []) == ""


def test_the_embedded_zoo_lies_in_the_package_or_beside_it(tmp_path, monkeypatch):
    package = tmp_path / "site" / "tszoo"
    (package / "zoo").mkdir(parents=True)
    monkeypatch.setattr(embedded, "__file__", str(package / "zoo" / "embedded.py"))
    with pytest.raises(ZooError, match="this installation of tszoo has no embedded zoo"):
        embedded_zoo()
    add_model(tmp_path / "site" / "cards", make_model(members=1))
    assert embedded_zoo() == tmp_path / "site" / "cards"
    add_model(package / "cards", make_model(members=1))
    assert embedded_zoo() == package / "cards"
    assert open_zoo().root == package / "cards"
    assert find_model("inception.Toy") == package / "cards" / "inception.Toy"


def test_looking_at_a_zoo_is_cheap(zoo):
    """Listing models and reading prototypes loads neither PyTorch nor the Hub's client."""
    code = (
        "import sys\n"
        "from tszoo.zoo.find import open_zoo, list_models, find_model\n"
        "opened = open_zoo(sys.argv[1])\n"
        "assert len(list_models(opened)) == 4\n"
        "opened.prototypes('inception.Coffee'), find_model('inception.Coffee', opened)\n"
        "heavy = {'torch', 'numba', 'huggingface_hub', 'sklearn', 'scipy', 'tslearn'} & "
        "set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(zoo)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_zoo_holds_models_whole(zoo):
    for folder in zoo.iterdir():
        if folder.is_dir():
            assert sorted(path.name for path in folder.iterdir()) == sorted(MODEL_FILES)
            assert load_model(folder).config.architecture_args in (
                TINY_ARGS,
                {"filters": [3], "kernel_lengths": [4]},
            )


def test_a_folder_that_we_may_not_read_says_so(tmp_path, zoo, monkeypatch):
    secret = tmp_path / "secret"
    secret.mkdir()
    stat = Path.stat

    def refuse(path, **options):
        if secret in path.absolute().parents:
            raise PermissionError(errno.EACCES, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.chdir(tmp_path)
    for reference in (secret, str(secret), "secret", "./secret"):
        with pytest.raises(ModelError, match=r"secret: cannot be read \(Permission denied\)\.$"):
            locate(reference, zoo)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nobody is kept out here")
def test_a_folder_of_somebody_else_says_so(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir(mode=0)
    with pytest.raises(ModelError, match=r"secret: cannot be read \(Permission denied\)\.$"):
        locate(secret)
