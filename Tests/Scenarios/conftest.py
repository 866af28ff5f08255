"""Options of the suite, and what every scenario is given."""
