"""Dialogs over a screen; each ends with an answer."""
