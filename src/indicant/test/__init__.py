"""Cases with what is expected of the answers, and what no case exercises."""
