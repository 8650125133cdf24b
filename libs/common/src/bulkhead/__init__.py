"""The chassis of the exchange's services. It holds no business rule of an exchange."""
