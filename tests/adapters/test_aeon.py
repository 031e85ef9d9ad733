"""The classifier passes aeon's own checks, where aeon is installed."""

from __future__ import annotations

import pytest

pytest.importorskip("aeon")


@pytest.mark.filterwarnings("ignore")  # what aeon's checks provoke is theirs
def test_all_of_its_checks_pass() -> None:
    from aeon.testing.estimator_checking import check_estimator

    from tszoo.adapters.aeon import TszooClassifier

    outcomes = check_estimator(TszooClassifier)
    failed = {name: str(how) for name, how in outcomes.items() if how != "PASSED"}
    assert len(outcomes) > 20
    assert {name for name, how in failed.items() if not how.startswith("SKIP")} == set()
