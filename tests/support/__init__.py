"""Inputs and helpers that several packages of tests share."""
