#!/bin/sh
# Build the wheel and the source distribution of a tag into dist/, or say why not: build.sh v0.3.0
set -eu
tag=$1
if examples=$(grep -ln 'https://example.org/secure-tiller' pyproject.toml docs/package.md); then
  echo "set the repository's address before the first release; it is an example in:" $examples >&2
  exit 1
fi
version=$(sed -n 's/^VERSION = "\(.*\)"$/\1/p' components/secure_tiller/version.py)
if test "$tag" != "v$version"; then
  echo "tag $tag: components/secure_tiller/version.py says $version; tag the commit that sets VERSION to ${tag#v}" >&2
  exit 1
fi
python -m build --no-isolation
python -m twine check --strict dist/*
