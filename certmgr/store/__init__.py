"""The only SQL: connection, migrations, one file per noun; models in and out."""
