"""Signed questions over HTTP to machines of others. The ground floor: it knows neither registers nor messages."""
