"""What goes wrong outside, with real servers and really killed processes; after each, a retry makes it right."""
