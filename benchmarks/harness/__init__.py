"""Runs benchmarks, each in a process of its own, keeps what they measured, and compares it with earlier runs."""
