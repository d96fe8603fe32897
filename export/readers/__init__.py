"""Readers of exported artifacts: one a format, each runs files in that format's own runtime."""
