"""The interactive screen: what it stands at, what it shows while something moves and at rest, and its page."""
