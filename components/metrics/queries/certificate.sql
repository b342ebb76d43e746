SELECT name, expires - extract(epoch FROM now()) AS remaining_seconds FROM (VALUES {{certificates}}) AS known (name, expires)
