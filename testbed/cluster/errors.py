"""The one error of the local cluster."""


class ClusterError(Exception):
    """The cluster could not be started, reached or removed. The text is complete: it is shown without a traceback."""
