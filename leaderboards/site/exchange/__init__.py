"""Figures as others have them: a page on the Hub, Every Eval Ever, Croissant, evidence, PNG and PDF."""
