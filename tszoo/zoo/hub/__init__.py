"""Zoos and models on the Hugging Face Hub, read with its client and cache, and checked.

Nothing is imported here: the client loads when something is fetched.
"""
