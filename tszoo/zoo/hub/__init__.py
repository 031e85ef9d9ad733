"""Zoos and models on the Hugging Face Hub, read with its own client and cache, and checked before use.

Nothing is imported here: the client loads when something is fetched.
"""
