"""Rules for whoever deploys a Tiller with Pulumi; docs/policies.md describes them.

They judge any program, so they know nothing of the package secure_tiller and import nothing of it. All but `adapter` is
plain Python on plain values, and runs without Pulumi.
"""
