"""One module per use case: load, decide purely, save. The only room that opens a transaction."""
