"""Train and serve as SageMaker's containers do: ``python -m tszoo.serving.sagemaker train|serve``.

The folders and files are those of "Use your own training algorithms" and "Use your own inference
code" in Amazon's documentation. Nothing here talks to AWS.
"""
