"""The tool kit of defences: adversarial examples, augmentation, purification, certificates, GAN, denoiser."""
