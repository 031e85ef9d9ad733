"""Whatever a model's folder holds: it is the model that it says, or it is refused in one line."""

from __future__ import annotations

import json
import shutil
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import warm
from tests.support.hostile import CASES, LARGE
from tests.support.hostile.parts import (
    CARD,
    CONFIG,
    PROTOTYPES,
    WEIGHTS,
    header_of,
    keys_of,
    write_tensors,
)
from tests.support.hostile.scales import SCALES
from tests.support.places import ROOT
from tests.support.tiny import make_model
from tszoo.errors import TszooError
from tszoo.models.digests import KEY
from tszoo.models.load import load_folder

FILES = (CARD, CONFIG, WEIGHTS, PROTOTYPES)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "model"
    make_model().save(path)
    return path


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoded") / "model"
    make_model().save(path, dtype="int8")
    return path


@pytest.fixture
def folder(tmp_path, original):
    return shutil.copytree(original, tmp_path / "model")


def refusal(folder: Path) -> str:
    """Load a model that must not load, and give what is said of it."""
    with pytest.raises(TszooError) as caught:
        load_folder(folder)
    return str(caught.value)


# made by hand


# a model is one without its card, too
CARDLESS = ("README.md missing", "README.md a link to itself", "README.md a link nowhere")


@pytest.mark.parametrize("case", CARDLESS)
def test_a_folder_without_a_card_is_loaded(folder, case):
    CASES[case](folder)
    assert load_folder(folder).config == make_model().config


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", sorted(set(CASES) - set(CARDLESS)))
def test_a_hostile_folder_is_refused_in_one_line(folder, case):
    CASES[case](folder)
    said = refusal(folder)
    assert said.isprintable()
    assert said.startswith(str(folder))
    assert len(said) < len(str(folder)) + 500
    assert not (folder / "unpickled").exists()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", SCALES)
def test_whole_numbers_without_sound_scales_are_refused_by_name(tmp_path, encoded, case):
    folder = shutil.copytree(encoded, tmp_path / "model")
    spoil, expected = SCALES[case]
    spoil(folder)
    said = refusal(folder)
    assert said.isprintable()
    assert said.startswith(f"{folder / WEIGHTS}: ")
    assert expected in said
    assert len(said) < len(str(folder)) + 500


def test_prototypes_are_never_whole_numbers(folder):
    header, body = header_of(folder / PROTOTYPES)
    for key in keys_of(header):
        start, end = header[key]["data_offsets"]
        header[key] = {**header[key], "dtype": "I8", "data_offsets": [start // 4, end // 4]}
    write_tensors(folder / PROTOTYPES, header, body[: len(body) // 4])
    assert "'classes.0' is I8 of shape (1, 32), expected F32" in refusal(folder)


def test_there_are_hundreds_of_them():
    assert len(CASES) >= 500
    assert len(LARGE) >= 30


def test_the_sound_folder_is_none_of_them(folder):
    assert load_folder(folder).config == make_model().config


# made by chance


@given(st.sampled_from((CONFIG, WEIGHTS, PROTOTYPES)), st.data())
@settings(max_examples=60)
def test_a_file_that_ends_early_is_refused(mutable, name, data):
    folder, contents = mutable
    content = contents[name].rstrip() if name == CONFIG else contents[name]
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    said = refusal(folder)
    (folder / name).write_bytes(contents[name])
    assert said.isprintable()


@given(st.sampled_from((WEIGHTS, PROTOTYPES)), st.binary(min_size=1, max_size=40), st.data())
@settings(max_examples=60)
def test_a_file_with_something_put_in_is_refused(mutable, name, more, data):
    folder, contents = mutable
    content = contents[name]
    at = data.draw(st.integers(0, len(content)) | st.integers(0, 400))
    (folder / name).write_bytes(content[:at] + more + content[at:])
    said = refusal(folder)
    (folder / name).write_bytes(content)
    assert said.isprintable()


@given(st.sampled_from((WEIGHTS, PROTOTYPES)), st.integers(1, 40), st.data())
@settings(max_examples=60)
def test_a_file_with_something_cut_out_is_refused(mutable, name, less, data):
    folder, contents = mutable
    content = contents[name]
    at = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 400))
    (folder / name).write_bytes(content[:at] + content[at + less :])
    said = refusal(folder)
    (folder / name).write_bytes(content)
    assert said.isprintable()


def check_with_another_header(folder, name, content, sound, flips, data):
    """Change bytes of a file's header: the folder is refused, or holds what it held.

    The file is put back.
    """
    changed = bytearray(content)
    end = 8 + struct.unpack("<Q", content[:8])[0]
    for flip in flips:
        changed[data.draw(st.integers(0, end - 1))] ^= flip
    (folder / name).write_bytes(changed)
    try:
        loaded = load_folder(folder)
    except TszooError as error:
        assert str(error).isprintable()
    else:
        assert held(loaded) == sound
    (folder / name).write_bytes(content)


@given(
    st.sampled_from((WEIGHTS, PROTOTYPES)),
    st.lists(st.integers(1, 255), min_size=1, max_size=3),
    st.data(),
)
@settings(max_examples=60)
def test_a_header_with_other_bytes_is_refused_or_says_the_same(mutable, sound, name, flips, data):
    """White space may differ, and the metadata of weights, which nobody reads.

    Anything else is refused.
    """
    folder, contents = mutable
    check_with_another_header(folder, name, contents[name], sound, flips, data)


@given(st.lists(st.integers(1, 255), min_size=1, max_size=3), st.data())
@settings(max_examples=40)
def test_a_header_of_whole_numbers_with_other_bytes_is_refused_or_says_the_same(
    mutable_encoded, flips, data
):
    folder, content, sound = mutable_encoded
    check_with_another_header(folder, WEIGHTS, content, sound, flips, data)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
# what rules the network and the outputs; any other value of one of these is another model than the
# weights are of
RULING = [
    ("architecture",),
    ("architecture_args",),
    ("architecture_args", "depth"),
    ("architecture_args", "filters"),
    ("architecture_args", "kernel_lengths"),
    ("architecture_args", "bottleneck"),
    ("members",),
    ("classes",),
    ("n_channels",),
    ("format_version",),
    ("preprocessing",),
    ("trained_on",),
    ("recipe",),
    ("training",),
    ("results",),
]


@given(st.sampled_from(RULING), JSON_VALUES)
@settings(max_examples=60)
def test_a_config_with_another_value_where_it_matters_is_refused(mutable, path, value):
    folder, contents = mutable
    tree = json.loads(contents[CONFIG])
    at = tree
    for key in path[:-1]:
        at = at[key]
    if value == at[path[-1]] and type(value) is type(at[path[-1]]):
        return
    at[path[-1]] = value
    (folder / CONFIG).write_text(json.dumps(tree))
    # an empty object says nothing of results or of training
    if path[0] in ("training", "results") and value == {}:
        tree.pop(KEY)  # the digests of the files, which are no part of a config
        assert load_folder(folder).config.to_dict() == tree
    else:
        assert refusal(folder).isprintable()
    (folder / CONFIG).write_bytes(contents[CONFIG])


def held(model):
    """All that a model's files hold, to be compared."""
    state = [
        {k: v.numpy().tobytes() for k, v in network.state_dict().items()}
        for network in model.networks
    ]
    return (
        model.config,
        state,
        model.prototypes.classes,
        [series.tobytes() for series in model.prototypes.series],
    )


@pytest.fixture(scope="module")
def mutable(tmp_path_factory, original):
    """A folder that each example spoils and mends, and the content of its files."""
    folder = shutil.copytree(original, tmp_path_factory.mktemp("mutable") / "model")
    return folder, {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def mutable_encoded(tmp_path_factory, encoded):
    """A folder with weights of whole numbers, which each example spoils.

    Their content, and what the model is.
    """
    folder = shutil.copytree(encoded, tmp_path_factory.mktemp("mutable_encoded") / "model")
    return folder, (folder / WEIGHTS).read_bytes(), held(load_folder(folder))


@pytest.fixture(scope="module")
def sound(original):
    return held(load_folder(original))


# time and memory

JUDGE = """
import json, resource, sys, time, warnings
from pathlib import Path
warnings.simplefilter("error")
from tszoo.errors import TszooError
from tszoo.models.digests import KEY
from tszoo.models.load import load_folder

load_folder(sys.argv[1])
room = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + (512 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, room))


def most():  # what resource tells would count the process that this one was forked from
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


before = most()
for folder in sys.argv[2:]:
    started = time.process_time()
    said = "loaded"
    try:
        load_folder(folder)
    except TszooError as error:
        said = str(error)
    print(json.dumps([said, time.process_time() - started, most() - before]), flush=True)
"""


# each takes a second, and one that is like it is judged by default
ALIKE = {
    "prototypes: as many tensors as are read",
    "config: the deepest network",
    "config: the widest network",
    "config: most layers of most lengths",
}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(sorted(set(LARGE) - ALIKE), id="most"),
        pytest.param(sorted(ALIKE), id="alike", marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(120)
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is limited in other ways elsewhere"
)
def test_the_largest_are_refused_in_little_time_and_memory(original, tmp_path, names):
    """In a process of their own, so that nothing else has used the memory before."""
    folders = [shutil.copytree(original, tmp_path / str(k)) for k in range(len(names))]
    for folder, name in zip(folders, names, strict=True):
        LARGE[name](folder)
    done = warm.run(
        [sys.executable, "-c", JUDGE, str(original), *map(str, folders)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    judged = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (names[len(judged)], done.stderr[-2000:])
    for name, folder, (said, seconds, megabytes) in zip(names, folders, judged, strict=True):
        assert said.startswith(str(folder)), (name, said)
        assert said.isprintable(), name
        assert len(said) < len(str(folder)) + 500, name
        # of this process, and still a multiple of what it takes: busy cores are slower ones
        assert seconds < 4.0, (name, seconds)
        assert megabytes < 200, (name, megabytes)
