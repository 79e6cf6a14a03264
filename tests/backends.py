"""On which databases a test runs: without a word on both, or on what the fixture `backend` of its module says."""

import pytest

on_one_database = pytest.mark.parametrize("backend", ["sqlite"])
"""For what no database decides."""
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"])
on_both_databases = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
