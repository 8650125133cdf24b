"""How notifications meets the world: tables, contracts, the policy pack, mail, words and paper."""
