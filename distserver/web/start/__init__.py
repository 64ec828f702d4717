"""The start page: what is under way, what failed, what needs mending."""
