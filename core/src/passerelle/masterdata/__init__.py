"""What is known of a company: entities, employees, accounts, VAT rules, axes, journals, exports, destinations."""
