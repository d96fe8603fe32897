"""Docstrings as Markdown: formulas stay what they are."""

from docs.hooks.docstrings import to_markdown

TEXT = """KL(N(mean, scale**2) || N(0, 1)) in words.

KL = (mean**2 + scale**2 - 1) / 2 - log(scale)
At beta = 1 it is a bound.

To each element on its own:

    x = mean**2 * scale**2

Args:
    x: A value of `scale**2`, not a**2.
    **kwargs: Others.

Returns:
    Nats, elementwise: the shape of x.

Example:
    >>> 2**3 * 1**2
    8

Reference:
    Somebody, 2014."""

EXPECTED = r"""KL(N(mean, scale\*\*2) || N(0, 1)) in words.

KL = (mean\*\*2 + scale\*\*2 - 1) / 2 - log(scale){BREAK}
At beta = 1 it is a bound.

To each element on its own:

    x = mean**2 * scale**2

Args:
    x: A value of `scale**2`, not a\*\*2.
    **kwargs: Others.

Returns:
    Nats, elementwise&#58; the shape of x.

Examples:
    >>> 2**3 * 1**2
    8

Quote: Reference
    Somebody, 2014.""".replace("{BREAK}", "  ")


def test_asterisks_are_escaped_in_prose_and_kept_in_code():
    assert to_markdown(TEXT) == EXPECTED
