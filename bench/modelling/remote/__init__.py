"""What the victim `http` asks with: a service that is asked once about each sound, and never twice."""
