"""The best times to power flexible assets, as a Dagster pipeline on PostgreSQL."""
