"""Classify a DataFrame in long form: a row is a point of time, and machines have several sensors.

    python examples/long_frame.py

The data are made up: six machines, two sensors, and a state that is either "idle" or "busy".
"""

import numpy as np
import pandas as pd

import tszoo

POINTS = 600  # of each machine


def record(machine: int) -> pd.DataFrame:
    """Make up what one machine records: busy ones shake faster, and half of the time they are."""
    rng = np.random.default_rng(machine)
    at = np.arange(POINTS)
    state = np.where((at // 150) % 2 == machine % 2, "idle", "busy")
    cycles = np.cumsum(np.where(state == "busy", 0.12, 0.04))
    return pd.DataFrame(
        {
            "machine": f"m{machine}",
            "second": at,
            "shake": np.sin(2 * np.pi * cycles) + 0.3 * rng.standard_normal(POINTS),
            "noise": rng.standard_normal(POINTS),
            "state": state,
        }
    )


def to_dataset(frame: pd.DataFrame) -> tszoo.Dataset:
    """Cut the recordings into windows of 50 seconds; each lies within one state."""
    return tszoo.Dataset.from_frame(
        frame, id="machine", time="second", label="state", channels=["shake", "noise"], window=50
    )


def main() -> None:
    frame = pd.concat([record(machine) for machine in range(6)])
    print(frame.head(3))
    is_known = frame["machine"].isin(["m0", "m1", "m2", "m3"])
    train, test = to_dataset(frame[is_known]), to_dataset(frame[~is_known])
    print(train)

    model = tszoo.finetune(train, source="inception.universalA", head="ridge")
    scores = tszoo.evaluate(model, test)
    print(f"right on {scores.accuracy:.1%} of the windows of machines that it has never seen")
    for name, (start, end), label in zip(test.ids, test.spans, model.predict(test), strict=True):
        print(name, f"seconds {start} to {end}:", label)


if __name__ == "__main__":
    main()
