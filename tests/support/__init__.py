"""What tests hold the product with: processes, people, databases."""
