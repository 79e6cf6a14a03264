from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("1.1", version=1, topic="gradients", folder=Path(__file__).parent)
