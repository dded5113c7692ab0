"""Reports as text, HTML, CSV, JSON and calendars: facts in, text out, no clock."""
