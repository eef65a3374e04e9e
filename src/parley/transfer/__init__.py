"""Export and import: conversations as documents."""
