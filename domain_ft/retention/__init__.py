"""What may go: an inventory of what lies on disk, a plan by rules, and the removal of what the plan names."""
