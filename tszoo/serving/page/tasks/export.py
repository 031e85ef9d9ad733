"""Write the model as an ONNX file, which runs without tszoo."""

from __future__ import annotations

from tszoo.serving.page.desktop import Desktop

ONNX = "model.onnx"


def export(desktop: Desktop) -> None:
    """Write ``model.onnx``; raises as ``tszoo.exporting.export_model`` does."""
    from tszoo.exporting.export import export_model
    from tszoo.models.load import load_folder

    desktop.say("Writing the ONNX file, and comparing its answers with the model's")
    model = load_folder(desktop.work.model)
    export_model(model, desktop.work.file(ONNX), overwrite=True)
