"""How everything stands: the items of `status`, and the checks of `doctor`."""
