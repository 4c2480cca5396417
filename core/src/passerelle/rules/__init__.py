"""The expense policy judged: verdicts that explain themselves. Pure: expenses in, judgements out."""
