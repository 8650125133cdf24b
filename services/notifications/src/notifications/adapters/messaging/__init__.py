"""The wire contracts notifications hears and speaks."""
