"""Small working servers on loopback, each with a switch for what can go wrong."""
