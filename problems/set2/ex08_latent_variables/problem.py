from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("2.8", version=1, topic="latent-variables", folder=Path(__file__).parent)
