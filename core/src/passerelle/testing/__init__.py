"""For plugin authors: the conformance suite and fixtures."""
