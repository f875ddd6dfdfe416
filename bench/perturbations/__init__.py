"""What attacks that ask once share: how an utterance's sound, words and times are changed."""
