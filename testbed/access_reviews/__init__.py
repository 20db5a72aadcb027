"""Compares what an API server allows with what it should: access reviews of everything that can be asked for.

`rules` says what RBAC rules allow (pure), `catalogue` what can be asked for, `walk` asks and compares.
"""

from testbed.access_reviews.catalogue import OTHER_NAME, Catalogue, Offer, discover
from testbed.access_reviews.rules import Grant, Request, Rule, Subject, allowed
from testbed.access_reviews.server import Server
from testbed.access_reviews.walk import Cell, Tally, grants_of_groups, in_sample, walk

__all__ = [
    "OTHER_NAME",
    "Catalogue",
    "Cell",
    "Grant",
    "Offer",
    "Request",
    "Rule",
    "Server",
    "Subject",
    "Tally",
    "allowed",
    "discover",
    "grants_of_groups",
    "in_sample",
    "walk",
]
