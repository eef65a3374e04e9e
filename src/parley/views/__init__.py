"""Pages and the verbs behind their forms."""
