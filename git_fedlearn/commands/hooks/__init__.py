"""What git's hooks and those of the pre-commit framework do; `plumbing/hook.py` finds the function."""
