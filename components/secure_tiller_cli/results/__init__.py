"""The results of `secure-tiller check`, and the document in which they travel to the report."""
