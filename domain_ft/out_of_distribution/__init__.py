"""How strange a query is to a model's domain: distances to what it was trained on, and a threshold for them."""
