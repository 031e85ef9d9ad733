"""tszoo's classifier in the base classes of other libraries of time series.

Each module needs its library: ``tszoo.adapters.aeon`` and ``tszoo.adapters.sktime``.
"""
