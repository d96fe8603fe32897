"""One module a contestant: `make(variant)` returns an object whose methods are its tasks."""
