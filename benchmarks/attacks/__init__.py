"""What `benchmarks/attack.py` attacks the package with."""
