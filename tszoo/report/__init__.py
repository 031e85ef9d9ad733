"""A model in one file that anybody can read."""

from tszoo.report.report import write_report

__all__ = ["write_report"]
