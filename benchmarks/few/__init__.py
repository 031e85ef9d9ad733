"""Few labelled series a class: draws, methods, tables and the figure of ``fewshot.py``."""
