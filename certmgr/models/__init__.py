"""What certmgr speaks of: frozen values without behaviour of their own, a module a noun."""
