"""Real expense lines through the whole product; README.md says what is in them."""
