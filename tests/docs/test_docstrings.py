"""Docstrings as Markdown: formulas stay what they are."""

from docs.hooks.docstrings import to_markdown

TEXT = """KL(N(mean, scale**2) || N(0, 1)) in words.

KL = (mean**2 + scale**2 - 1) / 2 - log(scale)

To each element on its own:

    x = mean**2 * scale**2

Args:
    x: A value of `scale**2`, not a**2.
    **kwargs: Others.

Example:
    >>> 2**3 * 1**2
    8

Reference:
    Somebody, 2014."""

EXPECTED = r"""KL(N(mean, scale\*\*2) || N(0, 1)) in words.

KL = (mean\*\*2 + scale\*\*2 - 1) / 2 - log(scale)

To each element on its own:

    x = mean**2 * scale**2

Args:
    x: A value of `scale**2`, not a\*\*2.
    **kwargs: Others.

Examples:
    >>> 2**3 * 1**2
    8

Quote: Reference
    Somebody, 2014."""


def test_asterisks_are_escaped_in_prose_and_kept_in_code():
    assert to_markdown(TEXT) == EXPECTED
