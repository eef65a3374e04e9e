"""Bringing HTML to browsers: the log of a reply, the feed of a person, and the sockets that send both."""
