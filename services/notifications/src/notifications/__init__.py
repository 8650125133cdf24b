"""What people are told: notices, by e-mail or on paper, in their language, once each."""
