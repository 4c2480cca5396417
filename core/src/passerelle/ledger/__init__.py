"""Account determination and entries that balance or do not exist."""
