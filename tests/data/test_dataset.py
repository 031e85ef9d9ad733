import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tszoo.data import Dataset
from tszoo.errors import DataError, TszooError


@pytest.mark.parametrize(
    ("X", "shape"),
    [
        ([[1, 2, 3], [4, 5, 6]], (2, 1, 3)),
        (np.ones((2, 3)), (2, 1, 3)),
        (np.ones((2, 4, 3), dtype=np.float16), (2, 4, 3)),
        (np.ones((2, 3), dtype=np.int8), (2, 1, 3)),
        (np.ones((2, 3), dtype=bool), (2, 1, 3)),
        ([np.ones((4, 3)), np.ones((4, 3))], (2, 4, 3)),
        ([np.ones(2), np.ones(5)], (2, 1, 5)),
        ([np.ones((2, 2)), np.ones((2, 5))], (2, 2, 5)),
        ((row for row in np.ones((2, 3))), (2, 1, 3)),
        (np.ones((2, 3)).astype(object), (2, 1, 3)),
        ([["1", "2"], ["3", "4"]], (2, 1, 2)),
        (np.array([np.ones(2), np.ones(5)], dtype=object), (2, 1, 5)),
    ],
)
def test_from_arrays_takes_every_form(X, shape):
    dataset = Dataset.from_arrays(X, layout="NCT")
    assert dataset.series.shape == shape
    assert dataset.series.dtype == np.float32
    assert dataset.lengths.dtype == np.int64
    assert dataset.labels is None
    assert dataset.classes == ()


class Frame:
    """Anything with __array__, as a table or a tensor, whose iteration gives something else."""

    def __array__(self, dtype=None, copy=None):
        return np.arange(6.0).reshape(2, 3)

    def __iter__(self):
        return iter("abc")


def test_from_arrays_asks_foreign_containers_for_their_array():
    assert Dataset.from_arrays(Frame()).series[1, 0].tolist() == [3, 4, 5]


def test_unequal_lengths_are_padded_with_nan():
    dataset = Dataset.from_arrays([[1, 2], [3, 4, 5]])
    assert dataset.lengths.tolist() == [2, 3]
    assert dataset.is_unequal
    assert dataset.n_missing == 0
    assert np.isnan(dataset.series[0, 0, 2])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "mine: no series."),
        (np.empty((0, 5)), "no series, or series without values"),
        (np.empty((5, 0)), "no series, or series without values"),
        (np.ones(5), "X has 1 dimension"),
        (np.ones((2, 2, 2, 2)), "X has 4 dimension"),
        ([[1.0], []], "series 1: no values"),
        (5, "X is of type int, expected an array"),
        (None, "X is of type NoneType"),
        ([["a", "b"]], "series 0: not numeric"),
        (np.ones((2, 3)) * 1j, "values of type complex128"),
        (np.array([["2020-01-01"]], dtype="datetime64[D]"), "values of type datetime64"),
        ([[1, [2, 3]]], "series 0: not numeric"),
        ([[10**400]], "series 0: not numeric"),
        ([np.ones((2, 3)), np.ones((3, 3))], r"series 1: shape \(3, 3\), the first has \(2, 3\)"),
        ([np.ones(3), np.ones((3, 3))], r"series 0: shape \(3,\)|series 1: shape \(3, 3\)"),
        ([[1, 2], [3, np.inf]], "mine, series 1: infinite value at point 1"),
        ([[1, 2], [3, 1e39]], "mine, series 1: infinite value at point 1"),
        ([[1, 2], [np.nan, np.nan]], "mine, series 1: every value is missing. Remove the series."),
        (
            np.array([[[1, 2], [np.nan, np.nan]]]),
            "mine, series 0: every value is missing in channel 1",
        ),
    ],
)
def test_bad_series_are_refused_in_one_line(X, message):
    with pytest.raises(DataError, match=message) as caught:
        Dataset.from_arrays(X, name="mine")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("y", "classes", "labels"),
    [
        ([1, -1, 1], (-1, 1), [1, 0, 1]),
        ([30, 10, 20], (10, 20, 30), [2, 0, 1]),
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        (["10", "9", "x"], ("9", "10", "x"), [1, 0, 2]),
        (np.array([2, 1, 2], dtype=np.int8), (1, 2), [1, 0, 1]),
        (np.array(["b", "a", "b"]), ("a", "b"), [1, 0, 1]),
        (np.array(["b", "a", "b"], dtype=object), ("a", "b"), [1, 0, 1]),
        ([(1, "x"), (0, "y"), (1, "x")], ((0, "y"), (1, "x")), [1, 0, 1]),
        ([True, False, True], (False, True), [1, 0, 1]),
        ([0.5, 0.25, 0.5], (0.25, 0.5), [1, 0, 1]),
        ((c for c in "bab"), ("a", "b"), [1, 0, 1]),
        ([2**60 + 1, 2**60, 2**60], (2**60, 2**60 + 1), [1, 0, 0]),
        ([10**400, 1, 1], (1, 10**400), [1, 0, 0]),
    ],
)
def test_labels_are_kept_and_counted(y, classes, labels):
    dataset = Dataset.from_arrays(np.ones((3, 4)), y)
    assert dataset.classes == classes
    assert [type(label) for label in dataset.classes] == [type(label) for label in classes]
    assert dataset.labels is not None
    assert dataset.labels.tolist() == labels


@pytest.mark.parametrize("labels", [(1, "1.0"), ("0", 0.0)])
def test_classes_that_sort_alike_have_a_fixed_order(labels):
    orders = {Dataset.from_arrays(np.ones((2, 2)), y).classes for y in (labels, labels[::-1])}
    assert orders == {labels}


@pytest.mark.parametrize(
    "labels", [("A", "A "), ("a b", "a  b"), ("\u00e9", "e\u0301"), (1, "1"), ("x\u00a0", "x")]
)
def test_classes_that_look_the_same_are_refused(labels):
    with pytest.raises(DataError, match=r"^mine: the labels .* look the same, and are not"):
        Dataset.from_arrays(np.ones((4, 3)), labels * 2, name="mine")


@pytest.mark.parametrize("of", [list, np.array, "series", "torch", "column", "frame"])
def test_forms_of_labels(of):
    y = [1, 0, 1]
    if of == "series":
        y = pytest.importorskip("pandas").Series(y)
    elif of == "frame":
        y = pytest.importorskip("pandas").DataFrame({"y": y})
    elif of == "torch":
        torch = pytest.importorskip("torch")
        y = list(torch.tensor(y))
    elif of == "column":
        y = np.array(y)[:, None]
    else:
        y = of(y)
    dataset = Dataset.from_arrays(np.ones((3, 4)), y)
    assert dataset.classes == (0, 1)
    assert [type(label) for label in dataset.classes] == [int, int]
    assert dataset.require_labels().tolist() == [1, 0, 1]


def test_tensors_that_numpy_does_not_know():
    torch = pytest.importorskip("torch")
    X = torch.tensor([[1.0, 2.5], [3.0, 4.0]], requires_grad=True)
    for tensors in (X, X.detach().bfloat16(), list(X), [X[0], X[1, :1]]):
        dataset = Dataset.from_arrays(tensors)
        assert dataset.series[0, 0].tolist() == [1.0, 2.5]


def test_series_with_and_without_an_axis_of_channels():
    dataset = Dataset.from_arrays([[1.0, 2.0], [[3.0, 4.0, 5.0]]])
    assert dataset.lengths.tolist() == [2, 3]
    with pytest.raises(DataError, match=r"series 1: shape \(2, 2\), the first has \(1, 2\)"):
        Dataset.from_arrays([[1.0, 2.0], [[3.0, 4.0], [5.0, 6.0]]])


def test_an_index_in_another_order_is_asked_about():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.arange(12.0).reshape(4, 3), index=list("abcd"))
    y = pandas.Series([0, 1, 0, 1], index=list("abcd"))
    for other in (y, y.to_numpy(), y.reset_index(drop=True), y.set_axis(list("wxyz"))):
        assert Dataset.from_arrays(X, other).require_labels().tolist() == [0, 1, 0, 1]
    for labels in (y[::-1], y.sort_values()):
        with pytest.raises(DataError, match=r"y has the index of X in another order"):
            Dataset.from_arrays(X, labels)
        assert Dataset.from_arrays(X, labels.loc[X.index]).require_labels().tolist() == [0, 1, 0, 1]
    points = pandas.concat({key: pandas.DataFrame({"x": row}) for key, row in X.iterrows()})
    assert Dataset.from_arrays(points, y).n_series == 4
    with pytest.raises(DataError, match="another order"):
        Dataset.from_arrays(points, y[::-1])


def test_rows_of_frames_are_in_the_order_of_their_times():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[10, 20, 30])
    repeated = frame.set_axis([0, 1, 0])
    dataset = Dataset.from_arrays([frame, frame.iloc[[2, 0, 1]], repeated])
    assert dataset.series[:, 0].tolist() == [[1.0, 2.0, 3.0]] * 3


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 2], "mine: 2 labels for 3 series"),
        ([1, None, 2], "mine, series 1: no label"),
        ([1, "", 2], "mine, series 1: no label"),
        ([1, float("nan"), 2], "mine, series 1: no label"),
        (
            ["a", "NaN", "b"],
            r"mine, series 1: no label \(NaN\)\. Give the series one, or leave it out\.$",
        ),
        (["a", "?", "b"], r"mine, series 1: no label \(\?\)"),
        (np.array(["a", np.nan, "b"]), r"mine, series 1: no label \(nan\)"),
        ([[1], [2], [3]], "labels must be hashable"),
        (np.ones((3, 2)), r"y has shape \(3, 2\), .* y\.argmax\(axis=1\) is that"),
        ("abc", "y is of type str, expected one label for each series"),
        ({0: "a", 1: "b", 2: "b"}, "y is of type dict"),
        ({"a", "b", "c"}, "y is of type set"),
        (7, "y is of type int"),
        (np.array(7), "y is of type ndarray"),
    ],
)
def test_bad_labels_are_refused(y, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_arrays(np.ones((3, 4)), y, name="mine")


def test_nans_at_the_ends_alone_are_padding():
    dataset = Dataset.from_arrays([[1, 2, np.nan, np.nan], [1, 2, 3, np.nan]])
    assert dataset.lengths.tolist() == [2, 3]
    assert dataset.series.shape == (2, 1, 3)  # what nobody has is cut off
    assert dataset.n_missing == 0


def test_nans_elsewhere_make_all_of_them_missing_values():
    dataset = Dataset.from_arrays([[1, np.nan, 3, 4], [1, 2, 3, np.nan], [np.nan, 1, 1, 1]])
    assert dataset.lengths.tolist() == [4, 4, 4]
    assert dataset.n_missing == 3


def test_the_caller_can_say_what_nans_are():
    X = [[1, np.nan, 3, 4], [1, 2, 3, np.nan]]
    padded = Dataset.from_arrays(X, unequal=True)
    assert padded.lengths.tolist() == [4, 3]
    assert padded.n_missing == 1
    missing = Dataset.from_arrays([[1, 2, np.nan]], unequal=False)
    assert missing.lengths.tolist() == [3]
    assert missing.n_missing == 1


def test_a_series_is_as_long_as_its_longest_channel():
    dataset = Dataset.from_arrays([[[1, 2, 3, np.nan], [1, 2, np.nan, np.nan]]], unequal=True)
    assert dataset.lengths.tolist() == [3]
    assert dataset.n_missing == 1


def test_the_arrays_are_the_data_sets_own_and_frozen():
    X, y = np.ones((2, 3), dtype=np.float32), np.array([1, 2])
    dataset = Dataset.from_arrays(X, y)
    X[0] = 9
    assert dataset.series.max() == 1
    for array in (dataset.series, dataset.lengths, dataset.labels, dataset.take([0]).series):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        dataset.name = "other"


def test_sha256_depends_on_content_alone():
    X, y = np.arange(12.0).reshape(3, 4), ["a", "b", "a"]
    one = Dataset.from_arrays(X, y, name="one", provenance="here", split="train")
    two = Dataset.from_arrays(X.astype(np.float32)[:, None, :], y, name="two")
    assert one.sha256 == two.sha256
    # the very digest: it stands in saved models
    assert one.sha256 == "521fc8cbb5fb0bd086fbeeaf26e1692b14f11de71566b14d091458dd6c516a0d"
    others = [
        Dataset.from_arrays(X + 1, y),
        Dataset.from_arrays(X, ["a", "a", "b"]),
        Dataset.from_arrays(X, ["a", "c", "a"]),
        Dataset.from_arrays(X),
        Dataset.from_arrays(X.reshape(3, 2, 2), y),
    ]
    assert len({other.sha256 for other in [one, *others]}) == 6


def test_sha256_tells_missing_from_padding_but_not_nan_from_nan():
    other_nan = np.array([0x7FC00001], dtype=np.uint32).view(np.float32)[0]
    assert np.isnan(other_nan)
    X = [[1, np.nan, 2, np.nan], [1, 1, 1, 1]]
    Y = [[1, other_nan, 2, np.nan], [1, 1, 1, 1]]
    assert Dataset.from_arrays(X).sha256 == Dataset.from_arrays(Y).sha256
    assert Dataset.from_arrays(X).sha256 != Dataset.from_arrays(X, unequal=True).sha256


def test_take():
    dataset = Dataset.from_arrays([[1, 2], [3, 4, 5, 6], [7, 8, 9]], ["a", "b", "c"])
    some = dataset.take([2, 0])
    assert some.length == 3  # no padding behind the longest of them
    assert some.lengths.tolist() == [3, 2]
    assert some.labels is not None
    assert some.labels.tolist() == [2, 0]
    assert some.classes == ("a", "b", "c")
    assert some.series.flags.c_contiguous
    assert dataset.take(np.array([False, True, False])).lengths.tolist() == [4]
    assert not dataset.take([1]).is_unequal
    assert dataset.take([]).n_series == 0


def test_require_labels():
    with pytest.raises(DataError, match="mine: no labels, and this needs them"):
        Dataset.from_arrays(np.ones((2, 3)), name="mine").require_labels()
    with pytest.raises(
        DataError, match=r"mine: only one class \(7\); classification needs at least two"
    ):
        Dataset.from_arrays(np.ones((2, 3)), [7, 7], name="mine").require_labels()
    assert Dataset.from_arrays(np.ones((2, 3)), [7, 8]).require_labels().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("classes", "y", "labels"),
    [
        ((1, 2, 3), [3, 1], [2, 0]),
        ((1, 2), ["1", "2.0"], [0, 1]),
        (("1", "2"), [2, 1.0], [1, 0]),
        (("1.0", "1"), ["1"], [1]),
        (("b", "a"), ["a", "b"], [1, 0]),
        ((-1, 1), ["-1", "+1"], [0, 1]),
    ],
)
def test_with_classes_matches_spellings(classes, y, labels):
    dataset = Dataset.from_arrays(np.ones((len(y), 3)), y).with_classes(classes)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == labels
    assert dataset.classes == classes


def test_a_class_that_only_the_test_split_has_is_refused():
    test = Dataset.from_arrays(np.ones((3, 3)), ["a", "b", "z"], name="Mine")
    with pytest.raises(
        DataError, match=r"Mine, series 2: class z occurs only here; the training data have a, b\.$"
    ):
        test.with_classes(("a", "b"))
    # unless no series has it
    assert test.take([1]).with_classes(("a", "b")).require_labels().tolist() == [1]


def test_with_classes_of_unlabelled_data():
    dataset = Dataset.from_arrays(np.ones((3, 3))).with_classes((1, 2))
    assert dataset.labels is None
    assert dataset.classes == (1, 2)


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=5),
        st.lists(st.floats(), max_size=4),
        st.lists(
            st.lists(st.one_of(st.floats(), st.none(), st.text(max_size=2)), max_size=4), max_size=4
        ),
    ),
    st.one_of(
        st.none(),
        st.lists(st.one_of(st.integers(), st.text(max_size=2), st.none(), st.floats()), max_size=4),
    ),
)
def test_from_arrays_raises_nothing_but_its_own(X, y):
    try:
        dataset = Dataset.from_arrays(X, y)
    except TszooError:
        return
    assert dataset.n_series == len(X)
    assert np.isfinite(dataset.series[~np.isnan(dataset.series)]).all()


# ---- what a data set says of itself


def test_its_length_is_the_number_of_series():
    dataset = Dataset.from_arrays(np.ones((3, 2, 5)))
    assert len(dataset) == dataset.n_series == 3
    assert len(dataset.take([])) == 0


@pytest.mark.parametrize(
    ("dataset", "line"),
    [
        (
            Dataset.from_arrays(np.ones((4, 3)), list("abab"), name="Mine", split="train"),
            "<Dataset Mine, train: 4 series, 1 channel, 3 points, 2 classes>",
        ),
        (
            Dataset.from_arrays([np.ones((2, 3)), np.ones((2, 5))]),
            "<Dataset unnamed: 2 series, 2 channels, 3 to 5 points, no labels>",
        ),
        (
            Dataset.from_arrays([[1], [2]], ["a", "a"], name="a\nb\x1b"),
            "<Dataset a\ufffdb\ufffd: 2 series, 1 channel, 1 point, 1 class>",
        ),
    ],
)
def test_its_repr_is_one_line(dataset, line):
    assert repr(dataset) == line


def test_the_repr_of_nothing_and_of_much_is_short():
    empty = Dataset.from_arrays([[1, 2], [3]], ["a", "b"]).take([])
    assert repr(empty) == "<Dataset unnamed: 0 series, 1 channel, 2 points, 2 classes>"
    wide = Dataset.from_arrays(np.ones((100, 1000)), range(100), name="x" * 500)
    assert len(repr(wide)) < 200


def test_any_length_is_a_wish_and_no_content():
    X, y = [[1, 2, 3], [4, 5, 6]], ["a", "b"]
    plain = Dataset.from_arrays(X, y)
    asked = Dataset.from_arrays(X, y, unequal=True)
    assert (plain.any_length, asked.any_length) == (False, True)
    assert not Dataset.from_arrays(X, y, unequal=False).any_length
    assert not Dataset.from_arrays([[1, 2], [3]], y).any_length  # they differ in length themselves
    assert plain.sha256 == asked.sha256
    assert asked.take([1]).any_length
    assert asked.with_classes(("b", "a")).any_length
    assert not plain.take([1]).any_length
