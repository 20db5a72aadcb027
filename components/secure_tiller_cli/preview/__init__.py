"""The meaning of a Pulumi preview for the teams and their Tillers: read, put into words, written as Markdown or JSON.

Pure: text in, text out. Nothing here runs Pulumi, asks a cluster or reads the clock.
"""
