"""MLflow: runs, registered versions, and the aliases champion, challenger and previous."""
