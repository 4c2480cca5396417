"""Passerelle: expense reports in, proven accounting entries out."""
