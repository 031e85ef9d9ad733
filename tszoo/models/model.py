"""The thing that predicts: an ensemble of networks, its preprocessing and its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tszoo.data.dataset import Dataset, Label
from tszoo.data.preprocess import prepare
from tszoo.errors import DataError, ModelError, OptionError
from tszoo.late import late
from tszoo.models.blocks import Block, blocks
from tszoo.models.config import ModelConfig
from tszoo.models.labels import label_array
from tszoo.models.prototypes import check_agreement
from tszoo.models.record import Base, Calibration
from tszoo.models.record.calibration import probabilities_at, sets_of
from tszoo.models.save import save_parts
from tszoo.nets.device import resolve_device
from tszoo.nets.network import Network, as_lengths
from tszoo.readout.levels import levels_for
from tszoo.similarity.prototypes import Prototypes
from tszoo.text import counted
from tszoo.training.threads import alone_in_threads

Progress = Callable[[int, int], None]
Series = Dataset | ArrayLike | Sequence[ArrayLike]

# Values of one of the network's widest maps for one batch: 16 MB, of which a handful are alive at a
# time.
VALUES_A_BATCH = 1 << 22
MOST_SERIES_A_BATCH = 4096


class Batch(NamedTuple):
    """Some series as networks take them.

    Attributes
    ----------
    rows : ndarray of int64, shape (batch,)
        Which series of the data set.
    x : Tensor of float32, shape (batch, n_channels, time)
        Prepared; zero in the padding.
    lengths : Tensor of int64, shape (batch,), or None
        Points of each series; None if nothing is padded.
    levels : Tensor or None
        What heads that read levels take; see ``tszoo.readout.levels.levels_for``.
    """

    rows: NDArray[np.int64]
    x: Tensor
    lengths: Tensor | None
    levels: Tensor | None


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """An ensemble of networks that classifies time series.

    Attributes
    ----------
    config : ModelConfig
        What the model is and where it came from.
    networks : tuple of Network
        The members; their class probabilities are averaged with equal weight.
    prototypes : Prototypes
        One typical training series a class.
    reference : Base or None
        Where on the Hub it came from, and the commit; None for any other model.

    Raises
    ------
    ModelError
        If the parts disagree: the number of members, of classes or of channels.
    """

    config: ModelConfig
    networks: tuple[Network, ...]
    prototypes: Prototypes
    reference: Base | None = None

    def __post_init__(self) -> None:
        config = self.config
        object.__setattr__(self, "networks", tuple(self.networks))
        if len(self.networks) != config.members:
            msg = f"{len(self.networks)} network(s), but the config says {config.members} members."
            raise ModelError(msg)
        for k, network in enumerate(self.networks):
            if network.head.out_features != config.n_classes:
                msg = (
                    f"member {k} has {network.head.out_features} outputs, the config "
                    f"{config.n_classes} classes."
                )
                raise ModelError(msg)
            network.eval()
        check_agreement(self.prototypes, config)

    @property
    def as_base(self) -> Base:
        """What a model that starts from this one says of its base."""
        return self.reference or Base(self.config.name)

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels, in the order of the columns of ``predict_proba``."""
        return self.config.classes

    def predict_proba(
        self,
        X: Series,
        *,
        batch_size: int | None = None,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Compute class probabilities: the mean of the members' softmax outputs.

        Those of a calibrated model have its temperature.

        Series are prepared and classified batch by batch, so the memory needed beside ``X`` does
        not grow with their number. Unless a batch size is given, a series' probabilities are those
        that it would get alone, to the last bit, on one machine with any number of threads.

        Parameters
        ----------
        X : Dataset, array-like or list of arrays
            Of shape (n_series, length) or (n_series, n_channels, length). The model's own
            preprocessing is applied to it. NaNs are missing values; at the ends of series, a model
            of series of unequal lengths takes them for padding.
        batch_size : int or None
            Series a batch; None takes blocks of one size, see ``tszoo.models.blocks``.
        device : str
            ``"cpu"``, ``"cuda"``, ``"cuda:N"``, or ``"auto"`` for CUDA where there is one. The
            networks stay there.
        progress : callable or None
            Called with (series done, series in all).

        Returns
        -------
        ndarray of float64, shape (n_series, n_classes)
            Rows sum to 1.

        Raises
        ------
        DataError
            If the series have another number of channels or points than the model takes, or are not
            usable at all.
        OptionError
            If the batch size is below 1 or there is no such device.
        ModelError
            If the weights give probabilities that are not numbers, or the model is universal and
            has no classes.
        """
        if self.config.is_universal:
            msg = (
                f"{self.config.name}: a universal body has no classes of its own, so it predicts "
                f'none. Make a model for your data from it: source="{self.config.name}".'
            )
            raise ModelError(msg)
        dataset = self.usable(X)
        if batch_size is None:
            probabilities = self._in_blocks(dataset, device, progress)
        else:
            probabilities = self._map(
                dataset, _mean_softmax, (self.config.n_classes,), batch_size, device, progress
            )
        overflown = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
        if len(overflown):
            msg = (
                f"{self.config.name}: the probabilities of series {overflown[0]} are not numbers; "
                "the weights overflow."
            )
            raise ModelError(msg)
        if self.config.calibration is not None:
            return probabilities_at(probabilities, self.config.calibration.temperature)
        return probabilities

    def predict_set(
        self,
        X: Series,
        coverage: float = 0.9,
        *,
        batch_size: int | None = None,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> NDArray[np.bool_]:
        """Say which classes each series may be of, so that its own is among them as often as asked.

        Split conformal prediction (Vovk et al. 2005; Angelopoulos & Bates 2021, section 1): for new
        series that are drawn as those of the calibration were, the set holds the class of a share
        of ``coverage`` or more. A set may be empty: the series is like none of the classes. Where a
        ridge readout's own series were left out one by one, in place of ``tszoo.calibrate``, that
        share is close to ``coverage``, but not proved.

        Parameters
        ----------
        X, batch_size, device, progress
            As for ``predict_proba``.
        coverage : float
            Between 0 and 1.

        Returns
        -------
        ndarray of bool, shape (n_series, n_classes)
            In the order of ``classes``.

        Raises
        ------
        ModelError
            If the model was never calibrated, or as ``predict_proba``.
        OptionError
            If ``coverage`` is out of range, or more than the calibration's series vouch for.
        DataError
            As ``predict_proba``.
        """
        calibration = self.required_calibration()
        calibration.threshold(coverage)  # before the work
        probabilities = self.predict_proba(
            X, batch_size=batch_size, device=device, progress=progress
        )
        return sets_of(probabilities, calibration, coverage)

    def required_calibration(self) -> Calibration:
        """Return what is known of how sure the model may be; ModelError if nothing is."""
        calibration = self.config.calibration
        if calibration is None:
            msg = (
                f"{self.config.name}: no scores to make prediction sets by. Calibrate the model "
                "first, with labelled series that it has not learnt (tszoo calibrate, "
                "tszoo.calibrate)."
            )
            raise ModelError(msg)
        return calibration

    def predict(
        self,
        X: Series,
        *,
        batch_size: int | None = None,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> NDArray[Any]:
        """Give each series its most probable label, as labels went in, shape (n_series,).

        See ``predict_proba``.
        """
        probabilities = self.predict_proba(
            X, batch_size=batch_size, device=device, progress=progress
        )
        labels: NDArray[Any] = label_array(self.classes)[probabilities.argmax(axis=1)]
        return labels

    def embed(
        self,
        X: Series,
        *,
        batch_size: int | None = None,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> NDArray[np.float32]:
        """Compute the members' pooled features, side by side.

        Float32 of shape (n_series, members * n_features). Those of a universal body are what a
        ridge head reads: poolings of all stages, of the series and of its first difference.

        See ``predict_proba`` for the arguments and for what is raised.
        """
        width = sum(network.head.in_features for network in self.networks)
        return self._map(X, _features, (width,), batch_size, device, progress).astype(np.float32)

    def explain(
        self,
        X: Series,
        *,
        method: str = "auto",
        label: Label | None = None,
        windows: Any = None,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> NDArray[np.float32]:
        """Compute how much each point of each series speaks for a class.

        Float32 of shape (n_series, n_channels, length), NaN behind the end of a shorter series. See
        ``tszoo.explanation.explain``, which gives the classes, too, for the arguments and for what
        is raised.
        """
        explanation = late("tszoo.explanation.explain", "explain")(
            self,
            X,
            method=method,
            label=label,
            windows=windows,
            device=device,
            progress=progress,
        )
        relevance: NDArray[np.float32] = explanation.relevance
        return relevance

    @classmethod
    def load(cls, reference: str | Path, zoo: Any = None, device: str = "cpu") -> Model:
        """Load a model.

        Parameters
        ----------
        reference : str or Path
            A name in the zoo (``"inception.GunPoint"``), a model folder, or a model of the Hub
            (``hf://ORG/NAME`` or ``hf://ORG/NAME@REVISION``).
        zoo : Zoo, str, Path or None
            Where names are looked up; None for the embedded zoo.
        device : str
            Where the networks are put: ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"auto"``.

        Raises
        ------
        ZooError
            If there is no such model, or it cannot be fetched.
        ModelError
            If its folder is damaged.
        """
        model: Model = late("tszoo.zoo.find", "load_model")(reference, zoo, device)
        return model

    @classmethod
    def from_network(cls, network: torch.nn.Module, target: Dataset, recipe: Any) -> Model:
        """Make a model of a module of ``tszoo.create_model`` that was trained since.

        See ``tszoo.transfer.from_network.model_from_network`` for the arguments and for what is
        raised.
        """
        model: Model = late("tszoo.transfer.from_network", "model_from_network")(
            network, target, recipe
        )
        return model

    def save(
        self,
        path: str | Path,
        *,
        dtype: str = "float16",
        overwrite: bool = False,
        picture: bytes | None = None,
    ) -> None:
        """Write the model's folder in one step: all its files, or nothing.

        See ``tszoo.models.save.save_parts`` for the arguments and for what is raised.
        """
        save_parts(
            path,
            self.config,
            self.networks,
            self.prototypes,
            dtype=dtype,
            overwrite=overwrite,
            picture=picture,
        )

    def push_to_hub(
        self,
        repo_id: str,
        *,
        commit_message: str | None = None,
        private: bool = True,
        tag: str | None = None,
        license: str | None = None,  # noqa: A002  # the Hub's word
        share_prototypes: bool = False,
    ) -> str:
        """Publish the model to the Hugging Face Hub, and return the address of its page.

        Parameters
        ----------
        repo_id : str
            ``ORG/NAME``; made if it is not there.
        commit_message : str or None
            None for one that names the model.
        private : bool
            What a repository that is made becomes; one that is there stays as it is.
        tag : str or None
            A name for this version.
        license : str or None
            What others may do with the model, as the Hub names licences (``"mit"``); None for what
            its config says, if anything.
        share_prototypes : bool
            Send the prototypes of classes with fewer than three training series too, which are
            such series, or near to them.

        Raises
        ------
        OptionError
            If the licence or the tag cannot be one.
        ModelError
            If the model claims what it does not reach.
        ZooError
            If the Hub refuses, or cannot be reached.
        """
        options = late("tszoo.publishing.options", "Options")(
            message=commit_message,
            private=private,
            tag=tag,
            license=license,
            share_prototypes=share_prototypes,
        )
        url: str = late("tszoo.publishing.publish", "publish_loaded")(self, repo_id, options)
        return url

    publish = push_to_hub

    @classmethod
    def from_pretrained(
        cls, repo_id: str | Path, *, revision: str | None = None, device: str = "cpu"
    ) -> Model:
        """Load a model by what the Hub calls it.

        Parameters
        ----------
        repo_id : str or Path
            ``ORG/NAME``, with or without ``hf://``; a folder that is there is loaded instead.
        revision : str or None
            A branch, a tag or a commit of the Hub; None for the newest.
        device : str
            As for ``load``.

        Raises
        ------
        OptionError
            If a revision is asked of a folder.
        ZooError, ModelError
            As ``load``.
        """
        reference: str | Path = late("tszoo.zoo.find", "pretrained")(repo_id, revision)
        return cls.load(reference, device=device)

    def __repr__(self) -> str:
        """Return one line: name, members, classes, length, accuracy."""
        config = self.config
        accuracy = ""
        if config.results.accuracy is not None:
            accuracy = f", accuracy {config.results.accuracy:.3f}"
        if config.is_universal:
            sets = counted(len(config.trained_on.parts), "data set")
            return f"<Model {config.name}: a universal body that has seen {sets}>"
        members = counted(config.members, "member")
        return (
            f"<Model {config.name}: {members}, {config.n_classes} classes, "
            f"length {config.length}{accuracy}>"
        )

    def _map(
        self,
        X: Series,
        function: Callable[[Sequence[Network], Tensor, Tensor | None, Tensor | None], Tensor],
        shape: tuple[int, ...],
        batch_size: int | None,
        device: str,
        progress: Progress | None,
    ) -> NDArray[np.float64]:
        """Apply a function of networks and series to all series, batch by batch."""
        dataset = self.usable(X)
        out = np.empty((dataset.n_series, *shape))
        with torch.inference_mode():
            for batch in self.batches(dataset, batch_size=batch_size, device=device):
                mapped = function(self.networks, batch.x, batch.lengths, batch.levels)
                out[batch.rows] = mapped.cpu().numpy()
                if progress is not None:
                    progress(int(batch.rows[-1]) + 1, dataset.n_series)
        return out

    def batches(
        self, dataset: Dataset, *, batch_size: int | None = None, device: str = "cpu"
    ) -> Iterator[Batch]:
        """Yield series as the networks take them, batch by batch.

        Parameters
        ----------
        dataset : Dataset
            What ``usable`` gives.
        batch_size : int or None
            Series a batch; None fits it to the series' length.
        device : str
            As for ``predict_proba``. The networks are moved there.

        Raises
        ------
        DataError
            If series have lengths that the model's preprocessing cannot take.
        OptionError
            If the batch size is below 1 or there is no such device.
        """
        where = self._placed(device)
        for rows in self._rows(dataset, batch_size):
            some = dataset.take(rows)
            yield self._batch(rows, some, as_lengths(some.lengths), where)

    def _in_blocks(
        self, dataset: Dataset, device: str, progress: Progress | None
    ) -> NDArray[np.float64]:
        """Compute the mean softmax outputs, block by block."""
        where = self._placed(device)
        out, done = np.empty((dataset.n_series, self.config.n_classes)), 0
        unequal = self.config.preprocessing.unequal
        cut = blocks(dataset, self._widest, unequal=unequal, kind=where.type)
        # on a CPU each network computes a block on one thread, whatever else is computed beside it
        n_threads = torch.get_num_threads() if where.type == "cpu" else 1
        with alone_in_threads(n_threads) as spread:
            while several := list(islice(cut, n_threads)):
                batches = [self._batch_of(block, where) for block in several]
                pairs = [(network, batch) for batch in batches for network in self.networks]
                answers = iter(spread(_softmax, pairs))
                for block in several:
                    members = torch.stack([next(answers) for _ in self.networks])
                    out[block.rows] = members.mean(dim=0)[: len(block.rows)].numpy()
                    done += len(block.rows)
                if progress is not None:
                    progress(done, dataset.n_series)
        return out

    def _batch_of(self, block: Block, where: torch.device) -> Batch:
        lengths = None
        if self.config.preprocessing.unequal:
            lengths = torch.tensor(block.dataset.lengths)
        return self._batch(block.rows, block.dataset, lengths, where)

    @property
    def _widest(self) -> int:
        return max(network.widest for network in self.networks)

    def _placed(self, device: str) -> torch.device:
        """Move the networks to a device."""
        where = resolve_device(device)
        for network in self.networks:
            network.to(where).eval()
        return where

    def _batch(
        self,
        rows: NDArray[np.int64],
        some: Dataset,
        lengths: Tensor | None,
        where: torch.device,
    ) -> Batch:
        x = prepare(some, self.config.preprocessing, self.config.length)
        if lengths is not None:
            lengths = lengths.to(where)
        levels = levels_for(self.networks, some, where)
        return Batch(rows, torch.from_numpy(x).to(where), lengths, levels)

    def usable(self, X: Series) -> Dataset:
        """Turn X into a data set that the model takes.

        A file, and a frame if the model has learnt a table with a header, are read as its training
        data were: columns are found by their names, and labels are left out.

        Raises
        ------
        DataError
            If it has another number of channels or points than the model takes.
        """
        config = self.config
        if not isinstance(X, Dataset):
            X = late("tszoo.data.like_training", "read_like_training")(X, config.like)
        if not isinstance(X, Dataset):
            # whether a NaN at an end is padding must not depend on the other series
            X = Dataset.from_arrays(X, name="X", unequal=config.preprocessing.unequal, layout="NCT")
        if X.n_channels != config.n_channels:
            msg = (
                f"{X.name}: {X.n_channels} channel(s), expected {config.n_channels} as "
                f"{config.name} was trained on."
            )
            if X.length == config.n_channels:
                msg += (
                    ' If time comes before channels, say so: Dataset.from_arrays(X, layout="NTC").'
                )
            raise DataError(msg)
        others = np.flatnonzero(X.lengths != config.length)
        if not config.preprocessing.unequal and len(others):
            msg = (
                f"{X.name}, series {others[0]}: {X.lengths[others[0]]} values, expected "
                f"{config.length}: {config.name} takes series of the length it was trained on."
            )
            raise DataError(msg)
        return X

    def _rows(self, dataset: Dataset, batch_size: int | None) -> Iterator[NDArray[np.int64]]:
        """Yield the indices of the series of each batch."""
        if batch_size is not None and batch_size < 1:
            msg = f"batch_size must be 1 or more, not {batch_size}."
            raise OptionError(msg)
        values = dataset.length * self._widest
        size = batch_size or max(1, min(MOST_SERIES_A_BATCH, VALUES_A_BATCH // max(1, values)))
        for start in range(0, dataset.n_series, size):
            yield np.arange(start, min(start + size, dataset.n_series))


@torch.inference_mode()
def _softmax(network_and_batch: tuple[Network, Batch]) -> Tensor:
    network, batch = network_and_batch
    # in double precision on the CPU, so that rows sum to 1 whatever the device
    logits: Tensor = network(batch.x, batch.lengths, batch.levels)
    return logits.cpu().double().softmax(dim=1)


def _mean_softmax(
    networks: Sequence[Network], x: Tensor, lengths: Tensor | None, levels: Tensor | None
) -> Tensor:
    batch = Batch(np.arange(len(x)), x, lengths, levels)
    return torch.stack([_softmax((network, batch)) for network in networks]).mean(dim=0)


def _features(
    networks: Sequence[Network], x: Tensor, lengths: Tensor | None, levels: Tensor | None
) -> Tensor:
    return torch.cat([network.features(x, lengths, levels) for network in networks], dim=1)
