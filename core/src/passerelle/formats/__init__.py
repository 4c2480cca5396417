"""The format language: parse, compile, write, read back, explain."""
