"""`make demo`: two teams' Tillers on a real cluster, and proof of what each of them refuses."""
