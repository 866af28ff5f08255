"""What the scenarios are played with: homeservers, people, proxies, a foreign peer, and what checks them."""
