"""Making models: pretraining sources, fine-tuning them for targets."""
