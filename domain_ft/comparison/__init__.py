"""Ways to have the same questions answered, compared item by item: is the tuned model better, and by enough?"""
