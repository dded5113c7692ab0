"""What the backend hands to the screens, by kind of thing; lists and certificates are in tui.views."""
