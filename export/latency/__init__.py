"""How fast a bundle's artifacts are, each format in a process of its own."""
