"""tszoo: pretrained models and transfer learning for time series classification."""
