"""The only room that speaks SQL: tables, migrations, bulk paths, locks."""
