"""Run the Python blocks of a bundle's README, in the bundle."""

import os
import re


def run_readme(directory, name="latent"):
    """Return what each block leaves under a name."""
    blocks = re.findall(r"```python\n(.*?)```", (directory / "README.md").read_text(), re.DOTALL)
    before = os.getcwd()
    os.chdir(directory)
    try:
        results = []
        for block in blocks:
            names = {}
            exec(compile(block, "README.md", "exec"), names)
            results.append(names[name])
        return results
    finally:
        os.chdir(before)
