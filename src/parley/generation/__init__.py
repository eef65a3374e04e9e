"""How a reply comes to be."""
