"""A trained model: what it is, what it predicts, and the folder it is kept in.

Nothing is imported here: configs, prototypes and cards are read without loading PyTorch.
"""
