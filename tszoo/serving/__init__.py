"""Answer over HTTP what ``tszoo predict`` answers, as SageMaker asks for it.

Nothing is imported here: what answers needs packages of the extra ``serve``.
"""
