"""Facts about any Helm 2 Tiller, whoever installed it: how it runs, what it may do, who reaches it, what makes it safe.

Pure: nothing here asks a cluster, reads a file or knows Pulumi. Only `certificates` needs more than the standard
library.
"""
