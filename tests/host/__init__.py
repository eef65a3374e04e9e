"""Parley inside a Django project that knows nothing of the standalone one."""
