from pathlib import Path

from problems.statements import statement_problem

problem = statement_problem("2.2", version=1, topic="convolutional-networks", folder=Path(__file__).parent)
