"""The workflow files and their scripts."""
