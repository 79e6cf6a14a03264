from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("1.2", version=1, topic="minibatch-sgd", folder=Path(__file__).parent)
