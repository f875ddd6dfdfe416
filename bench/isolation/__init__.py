"""Components in a process of their own: a sandbox around it, a pipe to it, and what stands for it on this side."""
