"""Models for other runtimes: one file that has everything, from raw series to probabilities."""

from tszoo.exporting.export import Exported, export_model

__all__ = ["Exported", "export_model"]
