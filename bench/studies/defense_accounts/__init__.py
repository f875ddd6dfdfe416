"""What a defence costs, and what it buys against attackers who know it and who do not."""
