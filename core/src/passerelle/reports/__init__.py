"""What employees declare: expenses, reports, and how they come in."""
