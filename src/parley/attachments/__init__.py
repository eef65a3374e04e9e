"""Read files of strangers: what a file is, and its text or picture, made by a process that has limits of its own."""
