"""The version of the package, kept free of imports so that the build can read it."""

VERSION = "0.3.0"
