"""What the browser tests are played on: homeservers with doors, and people who come in through them with a real browser."""
