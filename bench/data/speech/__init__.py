"""eSpeak NG, run as a separate program and made repeatable: what the embedded corpus and noises are spoken with."""
