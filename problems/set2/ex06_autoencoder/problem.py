from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("2.6", version=1, topic="autoencoders", folder=Path(__file__).parent)
