"""A bundle: artifacts, golden vectors, a README and the manifest that lists them."""
