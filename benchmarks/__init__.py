"""How fast the product is, beside a bare relay that stores nothing."""
