"""Talent apartments 人才公寓: the stock, rounds and draws, offers, leases and their rent."""
