#!/bin/sh
# Build the wheel and the source distribution of a tag into dist/, or say why not: build.sh v0.3.0
set -eu
tag=$1
if grep -q '^Repository = "https://example.org/' pyproject.toml; then
  echo "pyproject.toml: project.urls: Repository is an example; set the repository's address before the first release" >&2
  exit 1
fi
version=$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' components/secure_tiller/version.py)
if test "$tag" != "v$version"; then
  echo "tag $tag: components/secure_tiller/version.py says $version; tag the commit that sets VERSION to ${tag#v}" >&2
  exit 1
fi
python -m build --no-isolation
python -m twine check --strict dist/*
