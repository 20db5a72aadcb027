"""The catalogue of tiller_facts as policies of Pulumi; docs/policies.md describes how to use them.

Nothing here knows what a good Tiller is: `resources` makes facts of a program's resources, `verdict` decides what the
pack does with what is found, and `adapter`, the one module that needs Pulumi's policy SDK, reports it.
"""
