"""Tiller's records of releases: where they are kept, and what they say."""

from secure_tiller_cli.releases.record import Kind, Record, Release, Status, Unreadable

__all__ = ["Kind", "Record", "Release", "Status", "Unreadable"]
