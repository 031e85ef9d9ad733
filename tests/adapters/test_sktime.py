"""The classifier passes sktime's own checks, where sktime is installed."""

from __future__ import annotations

import pytest

pytest.importorskip("sktime")


@pytest.mark.filterwarnings("ignore")  # what sktime's checks provoke is theirs
def test_all_of_its_checks_pass() -> None:
    from sktime.utils.estimator_checks import check_estimator

    from tszoo.adapters.sktime import TszooClassifier

    outcomes = check_estimator(TszooClassifier, verbose=False)
    failed = {name: str(how) for name, how in outcomes.items() if how != "PASSED"}
    assert len(outcomes) > 100
    assert {name for name, how in failed.items() if not how.startswith("SKIP")} == set()
