"""What can be done, and by whom: each deed is permission, facts, rule, write."""
