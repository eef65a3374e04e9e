"""Compare the product's speed with that of a bare relay, which stores nothing."""
