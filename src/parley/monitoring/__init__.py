"""What operators see: health, and metrics for Prometheus."""
