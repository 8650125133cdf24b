"""Stories: scenarios in the words of the business, acted out by the exchange in memory or live."""
