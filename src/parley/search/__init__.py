"""Finding titles and messages by their words: one interface, and an index that each database keeps up to date."""
