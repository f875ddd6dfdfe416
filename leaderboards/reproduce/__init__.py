"""The papers: their tables from runs of ours, in their own shapes, with the published figures beside them."""
