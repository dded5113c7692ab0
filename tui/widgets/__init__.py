"""Parts of screens; they show what they are given and ask nobody."""
