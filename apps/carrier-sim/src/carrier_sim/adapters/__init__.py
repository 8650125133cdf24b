"""Ways to an exchange, and what is kept between two runs."""
