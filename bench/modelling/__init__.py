"""The tool kit of victims: training loop, weights, features, pretrained models, a remote service."""
