"""The warehouse that the tests of this folder ask."""

from tests.filled import filled

__all__ = ["filled"]
