"""What a carrier does: fetch, answer, send, certify."""
