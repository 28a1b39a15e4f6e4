"""The screen as a page of its own: served with Voilà to browsers on this machine, without a notebook."""
