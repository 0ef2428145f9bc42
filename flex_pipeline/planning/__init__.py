"""What the pipeline does for a day, between the warehouse and the engines: read, judge, forecast, plan."""
