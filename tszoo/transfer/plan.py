"""A plan: everything that is decided before a model is fitted, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from os import PathLike
from typing import Any

from tszoo.data import Dataset
from tszoo.data.given import as_dataset
from tszoo.errors import DataError, ModelError
from tszoo.models.model import Model
from tszoo.recommendation.advice import Advice
from tszoo.similarity.prototypes import Prototypes
from tszoo.storage import checks
from tszoo.storage.strict_json import dump_json, parse_json
from tszoo.training.run import Run
from tszoo.transfer.ensemble import Ensemble
from tszoo.transfer.fit import fit_ensemble
from tszoo.transfer.page import page
from tszoo.transfer.planned import Alternative, Considered, PlannedSource, PlannedTarget
from tszoo.transfer.start import Start, start_from

FORMAT = "tszoo-plan"
VERSION = 1
MOST_REASON = 4000


@dataclass(frozen=True)
class Plan:
    """What will be done to make a model for a target, and why.

    ``print(plan)`` shows it on a page. ``plan.fit(target)`` does it. ``plan.to_json()`` keeps it.

    Attributes
    ----------
    target : PlannedTarget
    sources : tuple of PlannedSource
        Where members start, in turn; none for fresh weights.
    ensemble : Ensemble
        The members, their network, heads and recipe.
    seconds : float
        About how long fitting takes on this machine, by a short trial.
    reasons : dict of str to str
        By what was decided (``"source"``, ``"head"``, ``"members"``, ``"recipe"``): one sentence.
    alternatives : tuple of Alternative
        Other ways that were weighed, the best first.
    considered : tuple of Considered
        The sources that were looked at, the best first; none where the source was named.
    """

    target: PlannedTarget
    sources: tuple[PlannedSource, ...]
    ensemble: Ensemble
    seconds: float
    reasons: Mapping[str, str]
    alternatives: tuple[Alternative, ...] = ()
    considered: tuple[Considered, ...] = ()
    # what was loaded and computed while the plan was made, so that fitting need not do it again
    models: tuple[Model, ...] | None = field(default=None, compare=False, repr=False)
    prototypes: Prototypes | None = field(default=None, compare=False, repr=False)
    advice: Advice | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Show the plan on a page."""
        return page(
            self.target, self.sources, self.ensemble, self.seconds, self.reasons, self.alternatives
        )

    @property
    def head(self) -> str:
        """What stands on the bodies: ``"softmax"``, ``"ridge"``, or ``"both"``."""
        return self.ensemble.head

    def fit(
        self,
        target: Dataset | str | PathLike[str],
        *,
        test: Dataset | None = None,
        run: Run | None = None,
    ) -> Model:
        """Make the model.

        Parameters
        ----------
        target : Dataset, str or path
            The series that the plan was made for, or the file that holds them.
        test : Dataset or None
            Read once, when all members are done, to report their accuracy.
        run : Run or None
            Where and how; None is ``Run()``. It never changes what is done.

        Raises
        ------
        DataError
            If the target is another than the plan's, or the test series do not go with it.
        ModelError, ZooError
            If a source cannot be loaded, or has changed since.
        TrainingError
            If training fails.
        """
        target = as_dataset(target)
        if target.sha256 != self.target.sha256:
            msg = (
                f"{target.name}: the plan was made for other data ({self.target.name}, "
                f"{self.target.n_series} series). Make one for these: make_plan(target)."
            )
            raise DataError(msg)
        return fit_ensemble(
            self.ensemble,
            self._start(target),
            target,
            test=test,
            run=run,
            prototypes=self.prototypes,
        )

    def _start(self, target: Dataset) -> Start | None:
        """Load the sources, unless they are still here from when the plan was made."""
        models = self.models
        if models is None:
            models = tuple(source.load() for source in self.sources)
        if not models:
            return None
        return start_from(models, target)

    def to_dict(self) -> dict[str, Any]:
        """Give the plan as JSON values; ModelError if a source has no address to load it by."""
        for source in self.sources:
            if not source.reference:
                msg = (
                    f"{source.name}: a model that is in memory alone cannot stand in a file. Save "
                    "it, and name its folder as the source."
                )
                raise ModelError(msg)
        values = {
            "format": FORMAT,
            "version": VERSION,
            "target": asdict(self.target),
            "sources": [asdict(source) for source in self.sources],
            "ensemble": self.ensemble.to_dict(),
            "seconds": self.seconds,
            "reasons": dict(self.reasons),
            "alternatives": [asdict(alternative) for alternative in self.alternatives],
        }
        if self.considered:
            values["considered"] = [asdict(source) for source in self.considered]
        return values

    def to_json(self) -> str:
        """Write the plan as a JSON document, which ``from_json`` reads."""
        return dump_json(self.to_dict()).decode("utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """Read a plan that ``to_json`` wrote; ModelError, naming the field, for anything else."""
        if isinstance(text, str):
            text = text.encode("utf-8", "surrogatepass")
        values = parse_json(text)
        checks.keys(values, _KEYS | _OPTIONAL, "a plan", optional=_OPTIONAL)
        if (values["format"], values["version"]) != (FORMAT, VERSION):
            msg = f"a plan must have format {FORMAT!r} and version {VERSION}."
            raise ModelError(msg)
        checks.number(values["seconds"], "seconds")
        checks.mapped(values["reasons"], "reasons")
        for name, why in values["reasons"].items():
            checks.identifier(name, "a key of reasons")
            checks.name(why, f"reasons.{name}", most=MOST_REASON)
        considered = values.get("considered", [])
        lists = {"sources": values["sources"], "alternatives": values["alternatives"]}
        for key, listed in {**lists, "considered": considered}.items():
            checks.listed(listed, key)
        return cls(
            PlannedTarget.from_dict(values["target"]),
            tuple(PlannedSource.from_dict(source) for source in values["sources"]),
            Ensemble.from_dict(values["ensemble"]),
            float(values["seconds"]),
            values["reasons"],
            tuple(Alternative.from_dict(other) for other in values["alternatives"]),
            tuple(Considered.from_dict(source) for source in considered),
        )


_KEYS = {
    "format",
    "version",
    "target",
    "sources",
    "ensemble",
    "seconds",
    "reasons",
    "alternatives",
}
_OPTIONAL = frozenset({"considered"})
