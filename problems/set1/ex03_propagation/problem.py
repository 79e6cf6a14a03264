from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("1.3", version=1, topic="propagation", folder=Path(__file__).parent)
