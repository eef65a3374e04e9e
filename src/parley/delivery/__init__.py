"""How HTML reaches browsers."""
