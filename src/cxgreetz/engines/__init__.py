"""The shelf `engines`: who translates; a file's name is its name in the workspace file."""
