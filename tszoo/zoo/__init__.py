"""A zoo: a folder of model folders, with a catalogue that answers for all of them.

Looking at a zoo takes no PyTorch; nothing is imported here.
"""
