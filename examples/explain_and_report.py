"""Ask a model why, and write all that is known of it into one page.

    python examples/explain_and_report.py

The data are made up: noise with a step in it, and the class is where the step stands. So we know
what the model should look at.
"""

import numpy as np

import tszoo
from tszoo.data.synthetic import positions
from tszoo.explanation import explain
from tszoo.figures import plot_explanation
from tszoo.report import write_report


def main() -> None:
    train, test = positions(48, length=100, seed=0), positions(24, length=100, seed=1)
    model = tszoo.finetune(train, source="inception.universalA", head="ridge")

    shown = test.take([0, 1, 2])
    explanation = explain(model, shown)
    for series, relevance in zip(shown.series, explanation.relevance, strict=True):
        step = np.flatnonzero(series[0] > 0.5)
        print(f"step at {step[0]} to {step[-1]}, most relevant: point {relevance[0].argmax()}")
    plot_explanation(explanation, model, shown, "why.png")

    write_report(model, "report.html", test)
    print("wrote why.png and report.html: open them")


if __name__ == "__main__":
    main()
