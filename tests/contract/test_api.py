"""The public names equal the committed list: a change of surface is a visible diff.

Renew it with `python tests/contract/public_names.py`.
"""

import importlib

from tests.contract import public_names


def test_the_surface_is_the_committed_one():
    assert public_names.surface() == public_names.LIST.read_text("utf-8")


def test_no_name_is_listed_twice():
    for package in public_names.PACKAGES:
        names = importlib.import_module(package).__all__
        assert len(names) == len(set(names)), package
