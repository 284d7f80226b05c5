"""The demo: a blog site of our own, served on loopback."""
