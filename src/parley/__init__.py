"""Parley: AI chat for Django whose answers survive."""

__version__ = "0.1.0"
