from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("2.10", version=1, topic="variational-autoencoders", folder=Path(__file__).parent)
