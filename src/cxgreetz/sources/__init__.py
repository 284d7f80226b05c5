"""The shelf `sources`: where posts are read; a file's name is its name in the workspace file."""
