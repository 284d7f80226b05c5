"""The shelf `blogs`: where translations go back; a file's name is its name in the file."""
