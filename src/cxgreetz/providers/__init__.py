"""The shelf `providers`: who mails; a file's name is its name in the workspace file."""
