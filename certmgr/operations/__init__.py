"""What certmgr does, by noun: one function a verb. The CLI, the TUI, the daemon and the server call the same ones."""
