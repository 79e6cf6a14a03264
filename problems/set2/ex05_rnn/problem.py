from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("2.5", version=1, topic="recurrent-networks", folder=Path(__file__).parent)
