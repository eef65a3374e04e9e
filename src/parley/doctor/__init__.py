"""Ask everything that a site needs whether it works, for ``manage.py parley_check``."""
